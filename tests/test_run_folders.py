"""Laws of where runs lie: below the folder that runs= names, and nowhere else."""

import pytest
from apps import TOY, refusal_of, run_app

from leukgan.gans.parallel_training import Display
from leukgan.presentation.console import status, stderr_console
from leukgan.study import SplitStudy


@pytest.fixture
def prepares(monkeypatch):
    """Let train_gan do all that comes before a training."""
    monkeypatch.setattr("leukgan.study.train_gans", lambda study, *_, **__: SplitStudy(study, 0).prepare() or [])


@pytest.mark.parametrize("runs", ["else where/[1] runs", "~/mine"])
def test_runs_lie_where_runs_says(tmp_path, prepares, monkeypatch, runs):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    chosen = (f"runs={runs}", "name=toy", "objective=none")
    root = tmp_path / runs.replace("~", "home")
    assert run_app("train_gan", tmp_path, *chosen, *TOY) == 0
    assert run_app("train_gan", tmp_path, "-m", "seed=1,2", *chosen[:1], "name=sweep", *TOY, "objective=none") == 1
    assert all(root in path.parents for path in tmp_path.rglob("*") if path.is_file())
    found = {path.relative_to(root).parent.as_posix() for path in root.rglob("split.json")}
    assert found == {"toy/split-00", "sweep/trial-000/split-00", "sweep/trial-001/split-00"}


@pytest.mark.parametrize(
    "command",
    [
        *(f"study name={name}" for name in ("../../x", "/abs", "a/../../b", "..", ".cache", "a/.cache")),
        *("study -m seed=1,2 name=../../x", "report name=../../x", "compare_smears name=../../x"),
    ],
)
def test_no_name_leads_out_of_the_folder_of_runs(tmp_path, command):
    app, *arguments = command.split()
    said = refusal_of(app, tmp_path, *arguments)
    assert said.startswith("error: name must be a folder name of letters, ")


def test_a_sweep_has_one_folder_of_runs(tmp_path):
    assert "runs can't be swept" in refusal_of("train_gan", tmp_path, "-m", "runs=a,b", *TOY)


def test_what_the_user_names_is_shown_as_it_is(capsys):
    stderr_console().print("split.indices=[0,1] [red]x[/red] [/]")
    with status("reading [/data/a]") as show:
        show("[/b]")
    Display(["[/blast]"], 10, None).update_bar("[/blast]", 5, {})
    said = capsys.readouterr().err
    assert "split.indices=[0,1] [red]x[/red] [/]\n" in said
    assert "GAN [/blast]: 5 of 10 generator steps\n" in said
