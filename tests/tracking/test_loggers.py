"""Laws of the registry: every file of conf/logger names a logger, and one of the user's own is told everything."""

import json
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from apps import ROOT, TOY, refusal_of, run_app
from omegaconf import OmegaConf

from leukgan.run_folder.paths import CLASSIFIED, MEASURED
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
            "pictures": {
                name: picture.shape if isinstance(picture, np.ndarray) else str(picture.resolve())
                for name, picture in entry.pictures.items()
            },
            "tables": {name: table.shape for name, table in entry.tables.items()},
            "pages": {name: page.name for name, page in entry.pages.items()},
        }
        self.file.write(json.dumps(told) + "\n")

    def keep(self, kind, files):
        assert all(path.exists() for path in files.values())
        self.file.write(json.dumps({"kind": kind, "files": sorted(files)}) + "\n")


def told_in(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The folder of a finished toy study whose logger is a toy."""
    folder = tmp_path_factory.mktemp("study")
    few = ("classifiers=[svm]", "training_sets=[real,real+gen]", "split.validation_fraction=0.3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leukgan.tracking.registry.LOGGERS", dict(LOGGERS))
        register_logger("toy", ToyLogger)
        target = f"logger._target_={ToyLogger.__module__}.ToyLogger"
        assert run_app("study", folder, *TOY, *few, "trainer.log_every=2", target, "name=toy") == 0
    return folder / "runs" / "toy"


@pytest.mark.parametrize("name", ["healthy", "leukemia"])
def test_a_training_tells_the_rows_pictures_and_checkpoints_of_its_files_once_a_generator_step(study, name):
    folder = study / "split-00" / "gan" / name
    *rows, kept, end = told_in(study / "split-00" / f"00-gan-{name}.toy")
    assert [row["step"] for row in rows] == [2, 4, 5]
    assert kept == {"kind": "model", "files": ["best.ckpt", "last.ckpt"]}
    assert end == {"ended": f"toy-00-gan-{name}"}

    told = {row["step"]: row["values"] for row in rows}
    losses = ("critic_loss", "wasserstein", "gradient_penalty", "real_score", "fake_score")
    assert {f"{part}/{loss}" for part in ("train", "val") for loss in losses} <= told[2].keys()
    assert {"train/critic_gradient_norm", "train/generator_gradient_norm"} <= told[2].keys()
    for file, prefix in (("metrics", ""), ("kid", "val/"), ("speed", "train/")):
        for step, row in pd.read_csv(folder / f"{file}.csv").set_index("generator_step").iterrows():
            assert {key: told[step][f"{prefix}{key}"] for key in row.index} == pytest.approx(row.to_dict())

    for row in rows:
        assert row["pictures"]["samples"] == str((folder / "samples" / f"step_{row['step']:06d}.png").resolve())
        assert "interpolation" in row["pictures"]


def test_the_other_stages_tell_their_pictures_tables_pages_and_files(study):
    split = study / "split-00"
    *grids, kept, _ = told_in(split / "00-generation.toy")
    assert [grid["pictures"] for grid in grids] == [
        {f"generated/{name}": [3, 64, 64]} for name in ("healthy", "leukemia")
    ]
    generated = split / "generated"
    assert kept == {"kind": "dataset", "files": sorted(str(p.relative_to(generated)) for p in generated.rglob("*.*"))}
    assert len(kept["files"]) == 2 * (6 + 1)

    scores, _ = told_in(split / "00-classifiers.toy")
    names = (*MEASURED, *CLASSIFIED)
    assert scores["tables"] == {name: list(pd.read_csv(split / f"{name}.csv").shape) for name in names}

    report, kept, _ = told_in(study / "report.toy")
    for name in ("table1", "table2", "quality", "tests"):
        assert report["tables"][name] == list(pd.read_csv(study / "tables" / f"{name}.csv").shape)
    assert report["pictures"] == {path.stem: str(path) for path in (study / "figures").resolve().glob("*.png")}
    assert report["pages"] == {"report": "report.html"}
    files = [path for pattern in ("report.html", "tables/*.*", "figures/*.*") for path in study.glob(pattern)]
    assert kept == {"kind": "report", "files": sorted(str(path.relative_to(study)) for path in files)}


def test_a_logger_that_is_not_registered_is_refused(tmp_path):
    sentence = refusal_of("study", tmp_path, *TOY, "logger._target_=leukgan.tracking.stages.TrackedRun")
    assert sentence.startswith("error: logger._target_ must name")


def test_every_file_of_conf_logger_names_the_registered_logger_of_its_name():
    files = {path.stem: OmegaConf.load(path)._target_ for path in (ROOT / "conf" / "logger").glob("*.yaml")}
    assert files.keys() == LOGGERS.keys()
    assert set(files.values()) == registered_targets()
