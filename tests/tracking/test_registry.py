"""Laws of the registry: every file of conf/logger names a logger, and one of the user's own is told everything."""

import json
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from apps import ROOT, TOY, refusal_of, run_app
from omegaconf import OmegaConf
from PIL import Image

from leukgan.tracking.registry import LOGGERS, register_logger, registered_targets
from leukgan.tracking.stages import TrackedRun, Tracking


class ToyLogger(Tracking):
    """Writes a line for all that it is told, also from the processes that train."""

    @contextmanager
    def run(self, folder, stage):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{stage.key}.toy").open("a") as file:
            yield ToyRun(file)
            file.write(json.dumps({"ended": stage.name}) + "\n")


class ToyRun(TrackedRun):
    def __init__(self, file):
        self.file = file

    def log(self, entry):
        told = asdict(entry) | {
            "pictures": {name: size(picture) for name, picture in entry.pictures.items()},
            "tables": {name: len(table) for name, table in entry.tables.items()},
            "pages": {name: page.name for name, page in entry.pages.items()},
        }
        self.file.write(json.dumps(told) + "\n")

    def keep(self, kind, files):
        assert all(path.exists() for path in files.values())
        self.file.write(json.dumps({"kind": kind, "files": sorted(files)}) + "\n")


def size(picture):
    """Height and width."""
    if isinstance(picture, np.ndarray):
        return picture.shape[1:]
    with Image.open(picture) as image:
        return image.size[::-1]


def told_in(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr("leukgan.tracking.registry.LOGGERS", dict(LOGGERS))
    register_logger("toy", ToyLogger)
    return f"logger._target_={ToyLogger.__module__}.ToyLogger"


def test_a_logger_of_one_s_own_is_told_metrics_pictures_tables_and_files_of_every_stage(registered, tmp_path):
    few = ("classifiers=[svm]", "training_sets=[real,real+gen]", "split.validation_fraction=0.3")
    assert run_app("study", tmp_path, *TOY, *few, "trainer.log_every=2", registered, "name=toy") == 0
    folder = tmp_path / "runs" / "toy"
    split = folder / "split-00"

    for name in ("healthy", "leukemia"):
        *rows, kept, end = told_in(split / f"00-gan-{name}.toy")
        metrics = pd.read_csv(split / "gan" / name / "metrics.csv").set_index("generator_step")["train/critic_loss"]
        losses = {row["step"]: row["values"].get("train/critic_loss") for row in rows}
        assert {step: losses[step] for step in metrics.index} == pytest.approx(metrics.to_dict())
        assert {"samples", "interpolation"} <= set(rows[-1]["pictures"])
        assert kept == {"kind": "model", "files": ["best.ckpt", "last.ckpt"]}
        assert end == {"ended": f"toy-00-gan-{name}"}

    *grids, kept, _ = told_in(split / "00-generation.toy")
    assert [grid["pictures"] for grid in grids] == [{f"generated/{name}": [64, 64]} for name in ("healthy", "leukemia")]
    assert (kept["kind"], len(kept["files"])) == ("dataset", 2 * (6 + 1))

    scores, _ = told_in(split / "00-classifiers.toy")
    assert scores["tables"]["scores"] == len(pd.read_csv(split / "scores.csv"))

    report, kept, _ = told_in(folder / "report.toy")
    assert report["tables"]["table2"] == len(pd.read_csv(folder / "tables" / "table2.csv"))
    assert set(report["pictures"]) == {path.stem for path in folder.glob("figures/*.png")}
    assert report["pages"] == {"report": "report.html"}
    assert "tables/table2.csv" in kept["files"]


def test_a_logger_that_is_not_registered_is_refused(tmp_path):
    sentence = refusal_of("study", tmp_path, *TOY, "logger._target_=leukgan.tracking.stages.TrackedRun")
    assert sentence.startswith("error: logger._target_ must name")


def test_every_file_of_conf_logger_names_the_registered_logger_of_its_name():
    files = {path.stem: OmegaConf.load(path)._target_ for path in (ROOT / "conf" / "logger").glob("*.yaml")}
    assert files.keys() == LOGGERS.keys()
    assert set(files.values()) == registered_targets()
