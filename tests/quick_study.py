"""A toy study as its command does it, but for Hydra's start, processes for the trainings, and figures."""

import importlib.util
from pathlib import Path

import hydra
from apps import ROOT, TOY

from leukgan.cli import CONF
from leukgan.config import as_override, read_config
from leukgan.presentation.images import read_image
from leukgan.report.reading import read_run
from leukgan.run_folder.files import read_rows
from leukgan.study.audit import audit

STUDY = (*TOY, "name=toy", "classifiers=[logistic_regression]", "training_sets=[real,real+gen]", "generator_steps=4")
STUDY += ("data.count=32", "split.validation_fraction=0.3")


def load_study():
    """The function of experiments/study.py, which takes settings, and those of STUDY."""
    spec = importlib.util.spec_from_file_location("study", ROOT / "experiments" / "study.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with hydra.initialize_config_dir(CONF, version_base="1.3"):
        config = read_config(hydra.compose("study", overrides=[as_override(argument) for argument in STUDY]))
    return module.main.__wrapped__, config


def be_quick(patch):
    """Let studies train in this process, choose a best checkpoint, and read for a report without drawing it."""
    patch.setattr("leukgan.study.split_study.train_in_parallel", train_here)
    patch.setattr("leukgan.study.trained_gans.kid_sees_faults", lambda *_: True)
    patch.setattr("leukgan.report.write_report", read_as_the_report)


def train_here(jobs, **_):
    """Train in this process, one job after the other."""
    for job in jobs:
        job.training.fit(job.gan, job.data, job.folder, progress=lambda *_: None, validation=job.validation)


def read_as_the_report(folder, **_):
    """Read and check all files of which a report is made."""
    for split in read_run(folder).splits:
        audit(split.folder.path)
        for path in sorted(split.folder.path.rglob("*_*.png")):  # those of training steps, of pairs, generated ones
            read_image(path)
        for gan in split.gans().values():
            for path in filter(Path.exists, (gan.metrics, gan.kid)):
                read_rows(path)
    return folder
