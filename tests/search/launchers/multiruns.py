"""A multirun of two jobs that train a GAN of a toy split, as a user starts it."""

import json
import os
import subprocess
import sys

from apps import ROOT, TOY

JOBS = ("jobs/trial-000", "jobs/trial-001")
SETTINGS = (*TOY, "quality.track_every=0", "objective=train/critic_loss", "class_name=healthy")
MULTIRUN = ("-m", *SETTINGS, "name=jobs", "generation.per_class=6,7")  # which no training knows of
ALONE = (*SETTINGS, "name=alone")


def command(*arguments):
    return [sys.executable, str(ROOT / "experiments" / "train_gan.py"), *arguments]


def environment(**changes):
    """This process's environment, as a user has it: the number of threads is not set."""
    return {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | changes


def run(folder, *arguments, before=(), first=None, **changes):
    """Run train_gan.py in a process of its own, which must succeed, and return what it printed.

    Args:
        folder: Where runs/ comes to lie.
        arguments: Of the command.
        before: A command that is given this one.
        first: What the process does before anything else.
        changes: Of the environment.
    """
    done = subprocess.run(
        [*before, *command(*arguments)],
        cwd=folder,
        env=environment(**changes),
        preexec_fn=first,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def metrics(run_folder):
    return (run_folder / "split-00" / "gan" / "healthy" / "metrics.csv").read_bytes()


def provenance(run_folder):
    return json.loads((run_folder / "split-00" / "provenance.json").read_text())


def check_jobs(folder, alone, launcher):
    """Both jobs have the numbers of a run alone on one thread, had one thread, and tell their command."""
    for job in JOBS:
        run_folder = folder / "runs" / job
        assert metrics(run_folder) == metrics(alone)
        assert provenance(run_folder)["device"].endswith(", 1 threads")
        assert {launcher, f"name={job}"} < set(provenance(run_folder)["command"].split())
        status = json.loads((folder / "runs" / "jobs" / job / "status.json").read_text())
        assert status["state"] == "complete"
