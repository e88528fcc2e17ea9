"""Laws of the environment: commands work from a notebook, without a home, and say what may not be written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from apps import ROOT, TOY, refusal_of, run_app

from leukgan.cli import _set_environment
from leukgan.errors import InputError
from leukgan.tracking.weights_and_biases import WeightsAndBiases

CHECK = ("data=smears", "data.count=24", "data.image_size=32", "split.test_fraction=0.25", "overlaps=false", "name=x")


def test_a_command_works_in_a_notebook_and_without_a_home(tmp_path):
    """Jupyter exports a backend that needs IPython."""
    environment = os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    del environment["HOME"]
    command = [sys.executable, str(ROOT / "experiments" / "check_data.py"), *CHECK]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "runs/x/check/check.html").exists()


def test_a_user_without_home_gets_one_in_the_cache(tmp_path, monkeypatch):
    def no_user(uid):
        raise KeyError(uid)

    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "MPLBACKEND", "HYDRA_FULL_ERROR"):  # to be restored after the test
        monkeypatch.setenv(name, "")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", no_user)
    _set_environment()
    assert Path.home() == tmp_path / "runs" / ".cache" / "home"


def test_an_unknown_mode_of_weights_and_biases_is_refused_before_any_work(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offlin")
    with pytest.raises(InputError, match="WANDB_MODE=offlin; it must be online or offline or disabled or shared"):
        WeightsAndBiases()


def test_uploads_that_nobody_waits_for_are_refused():
    with pytest.raises(InputError, match=r"^logger.wandb.upload_seconds must be at least 1, got 0; use 300\.$"):
        WeightsAndBiases(upload_seconds=0)


@pytest.mark.parametrize(
    ("name", "blocked", "said"),
    [
        ("x", "runs", "Not a directory: runs/"),
        ("x", "runs/x", "Not a directory: runs/x/"),
        ("n" * 300, None, "File name too long: runs/n"),
    ],
)
def test_a_run_folder_that_can_not_be_made_is_a_sentence(tmp_path, capsys, name, blocked, said):
    if blocked:
        (tmp_path / blocked).parent.mkdir(exist_ok=True)
        (tmp_path / blocked).touch()
    assert run_app("train_gan", tmp_path, *TOY, f"name={name}") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert said in error


def test_a_working_folder_that_was_deleted_is_a_sentence(tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.setattr(pytest.MonkeyPatch, "chdir", lambda patch, folder: (os.chdir(folder), gone.rmdir()))
    try:
        assert run_app("study", gone) == 1
    finally:
        os.chdir(tmp_path)
    assert capsys.readouterr().err.startswith("error: the working folder has been deleted")


def test_a_name_in_another_encoding_is_a_sentence(tmp_path):
    said = refusal_of("check_data", tmp_path, "data=folder", os.fsdecode(b"data.root=zellen_\xe4"))
    assert said.startswith(r"error: 'data.root=zellen_\udce4' is no text in the encoding of this machine; ")


@pytest.mark.parametrize("arguments", [["leukgan", "--help"], ["leukgan", "study", "--help"]])
def test_a_reader_that_has_enough_ends_the_help_quietly(tmp_path, arguments):
    """As `leukgan study --help | head -1` does."""
    code = f"import sys; sys.argv = {arguments}; from leukgan.cli import main; sys.stdin.readline(); main()"
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as process:
        process.stdout.close()
        process.stdin.write("\n")
        process.stdin.close()
        assert process.stderr.read() == ""
    assert process.returncode == 128 + signal.SIGPIPE
