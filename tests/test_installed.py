"""Laws of the installed package: what a wheel holds is enough, from any folder."""

import os
import shutil
import subprocess
import sys
import tomllib

import pytest
from apps import ROOT

from leukgan import cli


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Runs `leukgan` from the files of a wheel, in a folder of its own."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    site, folder = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    for name in wheel["only-include"]:
        kept = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, site / wheel["sources"].get(name, name), ignore=kept, dirs_exist_ok=True)

    def run(*arguments):
        command = [sys.executable, "-c", "from leukgan.cli import main; main()", *arguments]
        environment = os.environ | {"PYTHONPATH": str(site)}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_wheel_s_command_does_its_work_from_any_folder(installed):
    done = installed("verify_table", "output=matrices.csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("The result is in matrices.csv\n")


def test_a_wheel_names_its_commands_as_they_are_started(installed):
    done = installed("study", "sweep=lr_random")
    assert done.stderr == "error: a sweep needs -m: leukgan train_gan -m sweep=lr_random trials=20.\n"


def test_leukgan_lists_the_commands(monkeypatch, capsys):
    for arguments in ([], ["--help"]):
        monkeypatch.setattr("sys.argv", ["leukgan", *arguments])
        cli.main()
        shown = capsys.readouterr().out
        for path in (ROOT / "experiments").glob("*.py"):
            assert f"\n  {path.stem} " in shown


@pytest.mark.parametrize(
    ("typed", "meant"), [("stduy", "did you mean study? "), ("check-data", "did you mean check_data? "), ("fly", "")]
)
def test_leukgan_answers_an_unknown_command_with_the_nearest_and_all(monkeypatch, typed, meant):
    monkeypatch.setattr("sys.argv", ["leukgan", typed])
    with pytest.raises(SystemExit) as refused:
        cli.main()
    told = str(refused.value)
    assert told.startswith(f"error: there is no command '{typed}'; {meant}choose from benchmark, ")
