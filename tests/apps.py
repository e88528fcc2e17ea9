"""The apps as a user runs them, on toy settings."""

import importlib.util
import math
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukgan.data.sources.smears import render_smears

ROOT = Path(__file__).parents[1]
PIXELS = "{_target_: leukgan.features.ModuleFeatures, name: pixels, "
PIXELS += "module: {_target_: torch.nn.PixelUnshuffle, downscale_factor: 8}}"
# Of generated images: pixels, as a network would take most of the time of a toy study.
FEATURES = (f"quality.features={PIXELS}", f"quality.track_features={PIXELS}")
TOY = (
    "data.image_size=32",
    "data.count=24",
    "split.test_fraction=0.25",
    "generator_steps=5",
    "checkpoint_every=2",
    "quality.track_every=4",
    "batch_size=4",
    "gan.critic_width=4",
    "gan.generator_width=16",
    "gan.n_critic=2",
    "generation.per_class=6",
    "classifier.weights=random",
    *FEATURES,
    "classifier.vgg16.epochs=2",
    "trainer=cpu",
    "logger=csv",
)


def run_app(name, folder, *arguments):
    """Run an app's real main in `folder` and return its exit code."""
    spec = importlib.util.spec_from_file_location(f"experiments_{name}", ROOT / "experiments" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", [f"{name}.py", *arguments])
        patch.setattr("leukgan.presentation.console.SETTLED", math.inf)  # a slow machine says nothing more
        try:
            module.main()
        except SystemExit as stop:
            return stop.code
    return 0


def refusal_of(name, folder, *arguments):
    """Run an app that must end with one sentence and exit code 1, changing nothing in `folder`; return the sentence.

    Decoded images that are kept for the next time are no change.
    """
    before = contents_of(folder)
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as error:
        code = run_app(name, folder, *arguments)
    sentence = error.getvalue()
    assert code == 1, sentence
    assert output.getvalue() == ""
    assert sentence.startswith("error: "), sentence
    assert sentence.count("\n") == 1, sentence
    assert contents_of(folder) == before
    return sentence


def contents_of(folder):
    """Each path below `folder` but the cache of images, and the bytes of those that are files."""
    cache = (folder / "runs", folder / "runs" / ".cache")
    paths = [path for path in folder.rglob("*") if path not in cache and cache[1] not in path.parents]
    return {path: path.read_bytes() if path.is_file() else None for path in paths}


@contextmanager
def undrawn():
    """Figures are laid out and not rendered, which takes most of a report's time: for tests of words and tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", lambda figure, buffer, **how: buffer.write(b"undrawn"))
        yield


def write_tiffs(folder, per_class=12, size=40):
    """A folder in ALL-IDB2's layout with rendered cells."""
    folder.mkdir(parents=True)
    cells = render_smears(image_size=64, count=2 * per_class, seed=1)
    for number, (pixels, label) in enumerate(zip(cells.images, cells.labels, strict=True), start=1):
        image = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).resize((size, size))
        image.save(folder / f"Im{number:03d}_{label}.tif")
    return folder


def write_class_folders(folder, per_class=12):
    """A folder for each class with rendered cells."""
    cells = render_smears(image_size=32, count=2 * per_class, seed=1)
    for number, (pixels, label) in enumerate(zip(cells.images, cells.labels, strict=True), start=1):
        path = folder / cells.classes[label] / f"cell-{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.transpose(1, 2, 0)).save(path)
    return folder


def write_bloodmnist(folder, per_class=12):
    """A small file in MedMNIST's format with images of 64 pixels, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    arrays = {}
    for part in ("train", "val", "test"):
        coarse = rng.integers(0, 256, (8 * per_class, 8, 8, 3), dtype=np.uint8)
        arrays[f"{part}_images"] = coarse.repeat(8, axis=1).repeat(8, axis=2)
        arrays[f"{part}_labels"] = np.arange(8 * per_class, dtype=np.uint8)[:, None] % 8
    np.savez(folder / "bloodmnist_64.npz", **arrays)
    return folder
