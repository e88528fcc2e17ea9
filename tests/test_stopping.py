"""Laws of signals: a command stops cleanly, says so, leaves no process behind, and ends with the signal's code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apps import ROOT, TOY, run_app
from processes import left_of_session

from leukgan.cli.stopping import SIGNALS, Stopped, stop_by_signals

LONG = (*TOY, "generator_steps=1000000", "checkpoint_every=20", "quality.track_every=0")
LONG += ("class_name=healthy", "name=toy")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_what_the_code_and_the_sentence_come_from(number):
    given = signal.signal(number, signal.default_int_handler)  # a shell's background jobs ignore SIGINT
    with pytest.raises(Stopped, match="the same command continues") as stopped, stop_by_signals():
        signal.raise_signal(number)
    assert stopped.value.exit_code == {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}[signal.Signals(number).name]
    assert signal.signal(number, given) is signal.default_int_handler


def test_a_signal_before_the_work_is_a_sentence_too(tmp_path, monkeypatch, capsys):
    given = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("leukgan.cli.check_code", lambda *_: signal.raise_signal(signal.SIGINT))
    assert run_app("study", tmp_path) == 130
    assert capsys.readouterr().err == "error: stopped by Ctrl-C; the same command continues.\n"
    signal.signal(signal.SIGINT, given)


def ended(folder, *command):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", [["experiments/study.py"], ["-c", "import leukgan.cli"]])
def test_ctrl_c_while_a_command_is_imported_is_a_sentence_too(tmp_path, command):
    (tmp_path / "hydra.py").write_text("raise KeyboardInterrupt")  # before Hydra's own
    start = [str(ROOT / command[0])] if len(command) == 1 else command
    assert ended(tmp_path, *start) == (130, "error: stopped by Ctrl-C; the same command continues.\n")


def test_ctrl_c_in_the_help_is_a_sentence_and_another_error_a_traceback(tmp_path):
    shown = "import sys, leukgan.cli as cli\ndef stop(*_): raise {}\n"
    shown += "cli.print_help = stop\nsys.argv = ['study', '--help']\n"
    shown += "cli.app('study')(lambda config: None)()"
    stopped = (130, "error: stopped by Ctrl-C; the same command continues.\n")
    assert ended(tmp_path, "-c", shown.format("KeyboardInterrupt")) == stopped
    code, error = ended(tmp_path, "-c", shown.format("ZeroDivisionError"))
    assert code == 1
    assert error.startswith("Traceback")


def test_a_signal_that_was_ignored_stays_so():
    """As by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_by_signals():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(not Path("/proc/1").is_dir(), reason="processes are counted in /proc")
def test_a_training_that_is_told_to_stop_does_so_in_a_sentence_and_leaves_no_process(tmp_path, capsys):
    command = [sys.executable, str(ROOT / "experiments" / "train_gan.py"), *LONG]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("runs/toy/split-00/gan/*/last.ckpt")):
        assert process.poll() is None
        time.sleep(0.1)

    assert run_app("train_gan", tmp_path, *LONG) == 1
    assert "another process works in runs/toy/split-00" in capsys.readouterr().err
    os.kill(process.pid, signal.SIGTERM)
    _, error = process.communicate()
    assert process.returncode == 143
    assert error.splitlines()[-1] == "error: stopped by SIGTERM; the same command continues."
    assert "Traceback" not in error
    assert json.loads((tmp_path / "runs/toy/split-00/status.json").read_text())["state"] == "stopped"
    assert left_of_session(process.pid) == []
