"""The benchmark as a user runs it."""

import json

import pytest
from apps import ROOT, refusal_of, run_app

TOY = ("cases=[32-4-fp32]", "batch_size=2", "repeats=1", "device=cpu", "gan.n_critic=1")
KEYS = [
    "image_size",
    "width",
    "batch_size",
    "precision",
    "device",
    "milliseconds",
    "plain_milliseconds",
    "ratio",
    "images_per_second",
    "gflop",
    "share_of_peak",
    "peak_mebibytes",
]


def test_the_rows_are_shown_and_written(tmp_path, capsys):
    assert run_app("benchmark", tmp_path, *TOY, "output=here/speed.json") == 0
    captured = capsys.readouterr()
    (row,) = json.loads((tmp_path / "here" / "speed.json").read_text())
    assert list(row) == KEYS
    assert [row[key] for key in KEYS[:5]] == [32, 4, 2, "fp32", "cpu"]
    assert row["ratio"] == pytest.approx(row["plain_milliseconds"] / row["milliseconds"])
    assert row["images_per_second"] == pytest.approx(2 / row["milliseconds"] * 1000)
    assert row["peak_mebibytes"] > 100
    header, _, line, last = captured.out.splitlines()
    assert header.split("  ")[0] == "case"
    assert line.startswith("32-4-fp32  cpu")
    assert last == "The result is in here/speed.json"
    assert captured.err == "Measuring 32-4-fp32 on cpu\n"


def test_without_a_file_the_table_is_all(tmp_path, capsys):
    assert run_app("benchmark", tmp_path, *TOY, "gan.lecam_weight=0.1") == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last.split()[4:6] == ["-", "-"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cases=[32-4]"], "cases must be written like 64-16-fp32"),
        (["cases=[32-4-fp32,32-4-fp16]"], "cases can't have fp16"),
        (["cases=[]"], "cases must name at least one"),
        (["cases=[32-1-fp32]"], "gan.generator_width must be at least 16"),
        (["repeats=0"], "repeats must be at least 1, got 0."),
        (["batch_size=1"], "batch_size must be at least 2, got 1."),
        (["threads=0"], "threads must be at least 1, got 0."),
        (["device=tpu"], "device must be auto or cpu or cuda, got 'tpu'."),
        (["output=."], "output must be a file"),
        (["gan.image_size=64"], "gan.image_size is each case's own"),
        (["gan.critic_width=64"], "gan.critic_width is each case's own"),
        (["gan.widht=64"], "there is no setting 'gan.widht'"),
        (["gan.n_critic=0"], "gan.n_critic must be at least 1, got 0."),
        (["gan._target_=os.getcwd"], "gan._target_ must name a class or function of leukgan"),
        (["name=study"], "there is no setting 'name'"),
        (["+name=study"], "there is no setting 'name'"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_work(arguments, said, tmp_path):
    assert said in refusal_of("benchmark", tmp_path, *TOY, *arguments)


def test_a_missing_gpu_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "take device=cpu" in refusal_of("benchmark", tmp_path, *TOY, "device=cuda")


def test_help_explains_the_columns(tmp_path, capsys):
    assert run_app("benchmark", tmp_path, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("experiments/benchmark.py ")
    for told in ("always fp32", "best convolution rate", "most memory", "cases:", "gan:"):
        assert told in shown
    assert "${" not in shown


def test_the_app_is_about_fifty_lines_without_tensors():
    text = (ROOT / "experiments" / "benchmark.py").read_text()
    assert text.count("\n") <= 60
    assert "torch" not in text
