"""A GAN, a classifier, a data source, a metric and a logger of one's own go through a whole study and its report.

Each is one class or function, one registration and one YAML: nothing in leukgan knows of them. The classifier is the
one that README has as its example; the others are all here.
"""

import json
import re
import textwrap
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from apps import ROOT, TOY, run_app, undrawn

from leukgan.classification import registry as classifiers
from leukgan.data.images import CellImages
from leukgan.data.sources import registry as sources
from leukgan.data.sources.registry import register_source
from leukgan.gans import WGANGP, register_gan
from leukgan.gans import registry as gans
from leukgan.metrics import registry as metrics
from leukgan.metrics.registry import register_metric
from leukgan.run_folder.paths import CLASSIFIED, MEASURED
from leukgan.statistics.intervals import Estimate
from leukgan.tracking import registry as loggers
from leukgan.tracking.registry import register_logger
from leukgan.tracking.stages import TrackedRun, Tracking


class HingeGAN(WGANGP):
    """A GAN whose generator minimises twice the study's loss."""

    title = "Hinge GAN"

    def generator_loss(self, fake_scores, score_real):
        return -2 * fake_scores.mean()


def tinted_noise(*, image_size: int, per_class: int = 12) -> CellImages:
    """Noise, brighter in the second class."""
    rng = np.random.default_rng(0)
    labels = np.arange(2 * per_class) % 2
    pixels = rng.integers(0, 200, (2 * per_class, 3, image_size, image_size)) + 55 * labels[:, None, None, None]
    return CellImages(
        images=pixels.astype(np.uint8),
        labels=labels,
        names=tuple(f"noise-{i}" for i in range(2 * per_class)),
        sha256=tuple(f"{i:064x}" for i in range(2 * per_class)),
        classes=("dim", "bright"),
    )


def brightness(comparison) -> Estimate:
    """Mean pixel value of the candidates."""
    return Estimate(float(comparison.candidate_pixels.mean()))


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


MODULE = HingeGAN.__module__
YAML = {
    "gan/hinge_gan": f"_target_: {MODULE}.HingeGAN\nimage_size: ${{data.image_size}}\n",
    "data/tinted_noise": f"_target_: {MODULE}.tinted_noise\nimage_size: 64\n",
    "logger/toy": f"toy:\n  _target_: {MODULE}.ToyLogger\n",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run folder of a study of all five."""
    folder = tmp_path_factory.mktemp("extended")
    files = {f"conf/{name}.yaml": text for name, text in YAML.items()}
    readme = (ROOT / "README.md").read_text()
    for name, text in re.findall(r"(?ms)^    # ((?:mypackage|conf)/\S+)\n(.*?)(?=^\S|^    #)", readme):
        files[name] = textwrap.dedent(text)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    register_gan("hinge_gan", HingeGAN)
    register_source("tinted_noise", tinted_noise, "noise in two tints", rendered=True)
    register_metric("brightness", "Brightness", "as real", brightness, needs_features=False)
    register_logger("toy", ToyLogger)

    chosen = [
        "gan=hinge_gan",
        "data=tinted_noise",
        "logger=toy",
        "split.validation_fraction=0.3",
        "trainer.log_every=2",
    ]
    chosen += ["classifier=[svm,forest]", "classifiers=[svm,forest]", "training_sets=[real,real+gen]"]
    toy = [setting for setting in TOY if not setting.startswith(("data.count", "logger"))]
    chosen += [*toy, "trust=[mypackage]", "name=toy"]
    with pytest.MonkeyPatch.context() as patch, undrawn():
        patch.syspath_prepend(folder)
        assert run_app("study", folder, "--config-dir", str(folder / "conf"), *chosen) == 0
    yield folder / "runs" / "toy"

    # Other tests hold the registries against the files of conf/.
    registered = {"hinge_gan": gans.GANS, "forest": classifiers.CLASSIFIERS, "tinted_noise": sources._SOURCES}
    registered |= {"brightness": metrics.METRICS, "toy": loggers.LOGGERS}
    for name, registry in registered.items():
        del registry[name]


def test_the_gan_trains_draws_and_is_named(run):
    provenance = json.loads((run / "split-00" / "provenance.json").read_text())
    assert provenance["gan"]["name"] == "HingeGAN"
    assert len(list((run / "split-00" / "generated" / "bright").glob("*.png"))) == 6
    assert "Hinge GAN" in (run / "report.html").read_text()


def test_the_classifier_is_scored_and_stands_in_both_tables(run):
    scores = pd.read_csv(run / "split-00" / "scores.csv")
    assert set(scores["classifier"]) == {"svm", "forest"}
    for table in ("table1", "table2"):
        assert "Random forest" in (run / "tables" / f"{table}.md").read_text()


def test_the_source_is_described(run):
    assert "noise in two tints" in (run / "report.html").read_text()


def test_the_metric_stands_in_the_table_of_quality(run):
    quality = pd.read_csv(run / "split-00" / "quality.csv")
    value = quality.loc[quality["metric"] == "brightness", "value"]
    assert value.between(0, 255).all()
    assert len(value) > 0
    assert "Brightness" in (run / "tables" / "quality.md").read_text()


@pytest.mark.parametrize("name", ["dim", "bright"])
def test_a_training_tells_the_rows_pictures_and_checkpoints_of_its_files_once_a_generator_step(run, name):
    folder = run / "split-00" / "gan" / name
    *rows, kept, end = told_in(run / "split-00" / f"00-gan-{name}.toy")
    assert [row["step"] for row in rows] == [2, 4, 5]
    assert kept == {"kind": "model", "files": ["last.ckpt"]}  # toy features have no power to choose the best
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


def test_the_other_stages_tell_their_pictures_tables_pages_and_files(run):
    split = run / "split-00"
    *grids, kept, _ = told_in(split / "00-generation.toy")
    assert [grid["pictures"] for grid in grids] == [{f"generated/{name}": [3, 64, 64]} for name in ("dim", "bright")]
    generated = split / "generated"
    assert kept == {"kind": "dataset", "files": sorted(str(p.relative_to(generated)) for p in generated.rglob("*.*"))}
    assert len(kept["files"]) == 2 * (6 + 1)

    scores, _ = told_in(split / "00-classifiers.toy")
    names = (*MEASURED, *CLASSIFIED)
    assert scores["tables"] == {name: list(pd.read_csv(split / f"{name}.csv").shape) for name in names}

    report, kept, _ = told_in(run / "report.toy")
    for name in ("table1", "table2", "quality", "tests"):
        assert report["tables"][name] == list(pd.read_csv(run / "tables" / f"{name}.csv").shape)
    assert report["pictures"] == {path.stem: str(path) for path in (run / "figures").resolve().glob("*.png")}
    assert report["pages"] == {"report": "report.html"}
    files = [path for pattern in ("report.html", "tables/*.*", "figures/*.*") for path in run.glob(pattern)]
    assert kept == {"kind": "report", "files": sorted(str(path.relative_to(run)) for path in files)}
