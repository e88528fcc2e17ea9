"""Laws of a row: its numbers follow from the two times, the work and the machine's rate; and of the command."""

import json

import pytest
from apps import refusal_of, run_app

from leukgan.errors import InputError
from leukgan.presentation.console import silent
from leukgan.tools.benchmark import machine, measuring
from leukgan.tools.benchmark.measuring import text_of
from leukgan.tools.benchmark.settings import BenchmarkSettings, Case, parse_case

CASE = Case(image_size=32, width=4, precision="bf16")


@pytest.fixture
def benchmark_with():
    def make(**arguments):
        node = {"_target_": "leukgan.gans.WGANGP", "latent_size": 8, "n_critic": 3} | arguments
        fixed = {"cases": [str(CASE)], "output": None, "device": "cpu", "threads": None}
        return BenchmarkSettings(**fixed, gan=node, batch_size=2, repeats=3)

    return make


@pytest.fixture
def measured(monkeypatch, benchmark_with):
    """Measures a toy where our step takes 4 ms, the plain one 10 ms, at 50 GFLOP/s, 0.06 GFLOP and 123 MiB."""

    def run(**arguments):
        times = iter([4.0, 10.0, 900.0, 10.0, 3.0, 900.0] if not arguments else [4.0, 3.0, 900.0])
        monkeypatch.setattr(
            measuring, "seconds_of", lambda step, device, calls=1: next(times) / 1000 if calls == 1 else 0.0
        )
        monkeypatch.setattr(measuring, "best_convolution_rate", lambda device, precision: 50.0)
        monkeypatch.setattr(measuring, "needed_flops", lambda gan, batch_size: 60_000_000)
        monkeypatch.setattr(measuring, "peak_resident_mebibytes", lambda settings, case: 123.0)
        return measuring.measure(benchmark_with(**arguments), CASE, silent)

    return run


def test_a_row_follows_from_what_was_measured(measured):
    row = measured()
    assert (row.image_size, row.width, row.batch_size, row.precision, row.device) == (32, 4, 2, "bf16", "cpu")
    assert (row.milliseconds, row.plain_milliseconds) == (4.0, 10.0)  # medians, in turns
    assert row.ratio == pytest.approx(10 / 4)
    assert row.images_per_second == pytest.approx(3 * 2 / 0.004)
    assert row.gflop == pytest.approx(0.06)
    assert row.share_of_peak == pytest.approx(0.06 / 0.004 / 50)
    assert row.peak_mebibytes == 123.0


def test_a_row_without_a_plain_step_has_dashes(measured):
    row = measured(lecam_weight=0.1)
    assert (row.milliseconds, row.plain_milliseconds, row.ratio) == (4.0, None, None)
    assert text_of([row]).splitlines()[-1].split()[1:] == ["cpu", "4.0", "1500", "-", "-", "0.06", "30%", "123"]


def test_steps_take_turns_after_the_warm_up():
    order = []
    steps = [lambda: order.append("ours"), lambda: order.append("plain")]
    measuring.medians(steps, "cpu", 3, lambda done: None)
    warm = measuring.WARM_UP
    assert order == ["ours"] * warm + ["plain"] * warm + ["ours", "plain"] * 3


def test_the_generator_is_four_times_as_wide_unless_told(benchmark_with):
    assert benchmark_with().build_gan(CASE).hparams["generator_width"] == 16
    gan = benchmark_with(generator_width=32).build_gan(CASE)
    assert (gan.hparams["generator_width"], gan.hparams["critic_width"], gan.hparams["image_size"]) == (32, 4, 32)


def test_a_measured_gan_is_as_in_training(benchmark_with):
    gan = benchmark_with().build_gan(CASE)
    assert gan.critic.training
    assert gan.generator.training
    assert not gan.average_generator.training


def test_a_case_is_image_size_width_and_precision():
    assert parse_case("64-16-bf16") == Case(image_size=64, width=16, precision="bf16")
    assert str(parse_case("64-16-bf16")) == "64-16-bf16"


@pytest.mark.parametrize(
    "text", ["", "64", "64-16", "48-16-fp32", "64-0-fp32", "64-16-fp64", "64-16-fp32-cpu", "-64-16-fp32", "64-w16-fp32"]
)
def test_a_malformed_case_is_refused_with_what_is_allowed(text):
    with pytest.raises(InputError) as refused:
        parse_case(text)
    message = str(refused.value)
    assert message.endswith(f"got {text}.")
    assert all(allowed in message for allowed in ("64-16-fp32", "32, 64, 128, 256", "at least 1", "fp32 or bf16"))


def test_half_precision_is_refused_for_its_range():
    with pytest.raises(InputError, match=r"can't have fp16, got 64-16-fp16: its range ends at 65504 .* take bf16"):
        parse_case("64-16-fp16")


TOY = ("cases=[32-4-fp32]", "batch_size=2", "repeats=1", "device=cpu", "gan.n_critic=1")


def test_the_rows_are_shown_and_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(machine, "SHAPES", machine.SHAPES[3:4])
    monkeypatch.setitem(machine.IMAGES, "cpu", 1)
    assert run_app("benchmark", tmp_path, *TOY, "output=here/speed.json") == 0
    captured = capsys.readouterr()
    (row,) = json.loads((tmp_path / "here" / "speed.json").read_text())
    assert " ".join(row) == (
        "image_size width batch_size precision device milliseconds plain_milliseconds ratio images_per_second gflop "
        "share_of_peak peak_mebibytes"
    )
    assert list(row.values())[:5] == [32, 4, 2, "fp32", "cpu"]
    assert row["ratio"] == pytest.approx(row["plain_milliseconds"] / row["milliseconds"])
    assert row["images_per_second"] == pytest.approx(2 / row["milliseconds"] * 1000)
    assert row["peak_mebibytes"] > 100
    header, _, line, last = captured.out.splitlines()
    assert header.split("  ")[0] == "case"
    assert line.startswith("32-4-fp32  cpu")
    assert last == "The result is in here/speed.json"
    assert captured.err == "Measuring 32-4-fp32 on cpu, case 1 of 1\n"


def test_without_a_file_the_table_is_all(measured, tmp_path, capsys, monkeypatch):
    rows = measured()
    monkeypatch.setattr("leukgan.tools.benchmark.measuring.measure", lambda settings, case, progress: rows)
    assert run_app("benchmark", tmp_path, *TOY) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("32-4-bf16  cpu")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
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
        (["gan._target_=os.getcwd"], "gan._target_=os.getcwd names code that settings may not run"),
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
    assert shown.startswith("benchmark ")
    for told in ("always fp32", "best convolution rate", "most memory", "cases:", "gan:"):
        assert told in shown
    assert "${" not in shown
