"""Trained GANs side by side: how far their images are from held-out cells, and how far they have overfitted."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.sources.registry import load_unchanged
from leukgan.errors import InputError
from leukgan.features import Features, PooledEfficientNet, PooledVGG16
from leukgan.gans.compare.curves import final_mean, has_diverged, lead_by_step, overfitting_gap
from leukgan.gans.compare.figures import SHOWN, gap_figure, images_figure
from leukgan.gans.compare.runs import TrainedGAN, changed_settings, read_trained, select_parts
from leukgan.gans.registry import gan_title, load_gan
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views
from leukgan.presentation.console import Progress
from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import LEAKY, NONE, number, quantity, with_error
from leukgan.presentation.images import Pixels
from leukgan.presentation.tables import Column, Table
from leukgan.run_folder.files import write_atomic

NOTES = (
    "KID: kernel inception distance of generated images to held-out real ones, lower is better, ± its standard error "
    "over cells and generated images. Floor: the same of the real training images, which no generator can be expected "
    "to undercut; the estimate has no bias, so values near 0 also fall below it. Only distances of one table, with "
    "the same weights, can be compared, and one training tells little about a setting: seeds differ too.",
    "Gap: how far held-out images have sunk, in the critic's eyes, from training images (0) to generated ones (1), "
    "over the last fifth of the logged steps, ± its standard error over those steps.",
    "Wasserstein: the critic's estimate on training and on held-out images, where it has one.",
)


@dataclass(frozen=True)
class Compared:
    """A GAN beside the others."""

    row: dict[str, Any]  # its numbers, a row of the table
    lead: pd.DataFrame  # as `lead_by_step` gives it
    drawn: Pixels  # its first images
    real: Pixels  # the first held-out images of its class


def write_gan_comparison(
    runs: Sequence[Path], folder: Path, *, weights: str | None, images: int, seed: int, progress: Progress
) -> Path:
    """Write comparison.csv, comparison.md and the figures of the GANs of some runs into a folder, and return it.

    The runs are of train_gan or study, all of the same images and splits. The distance is measured in features of VGG16
    with `weights` (imagenet, random, or a file), or in those of EfficientNet-lite0 for None.

    Raises:
        InputError: A run is missing or cannot be compared, the images are not there, or a setting is wrong.
    """
    if not runs or len(set(runs)) < len(runs) or folder in runs:
        named = [run.name for run in runs]
        raise InputError(f"runs must name run folders, each once and none as name={folder.name}, got {named}.")
    if images < SHOWN or seed < 0:
        raise InputError(f"images must be at least {SHOWN} and seed at least 0, got {images} and {seed}.")

    gans = read_trained(runs)
    first = next(gan for gan in gans if gan.run == runs[0])
    features = PooledEfficientNet() if weights is None else PooledVGG16(weights)
    compared = list(_compare(gans, first, features, images, seed, progress))

    rows, kid = pd.DataFrame([one.row for one in compared]), f"kid_{features.name}"
    table, figures = _table(rows, kid, images), _figures_of_first_split(rows, kid, compared)
    pictures = [f"\n![{figure.title}]({figure.name}.png)\n\n{figure.caption}\n" for figure in figures]
    write_atomic(folder / "comparison.csv", table.csv())
    write_atomic(folder / "comparison.md", "".join([table.markdown(), *pictures]))
    for figure in figures:
        for path, content in figure.files(folder).items():
            write_atomic(path, content)
    return folder


def _compare(
    gans: Sequence[TrainedGAN],
    first: TrainedGAN,
    features: Features,
    count: int,
    seed: int,
    progress: Progress,
) -> Iterator[Compared]:
    """Measure each GAN; the real images of a split and class are measured once for all GANs of them."""
    images = load_unchanged(first.config["data"], first.fingerprint, first.run)
    kid = f"kid_{features.name}"
    for (split, class_name), members in groupby(gans, key=lambda gan: (gan.split, gan.class_name)):
        group = list(members)
        progress(f"{split}, {class_name}: real images")
        held_out, train = (select_parts(images, group[0], *parts) for parts in (("test", "validation"), ("train",)))
        real = extract_view_features(features, seeded_views(held_out.images, count, seed))
        training = extract_view_features(features, seeded_views(train.images, count, seed))
        floor = kernel_distance(real, training, seed)

        for gan in group:
            progress(f"{split}, {class_name}: {gan.run.name}", gans.index(gan), len(gans))
            module, metrics = load_gan(gan.folder.last_checkpoint), gan.metrics()
            drawn = module.sample(count, seed, label=gan.label)
            distance, gap = kernel_distance(real, features(drawn)[None], seed), overfitting_gap(metrics)
            row = {
                "run": gan.run.name,
                "split": split,
                "class": class_name,
                "gan": type(module).__name__,
                "protocol": "paper" if gan.has_seen(held_out) else "clean",
                "generator_steps": module.generator_step,
                "changed": changed_settings(gan, first),
                kid: distance.value,
                f"{kid}_std": distance.standard_error,
                f"{kid}_floor": floor.value,
                f"{kid}_floor_std": floor.standard_error,
                "gap": gap.value,
                "gap_std": gap.standard_error,
                "wasserstein_training": final_mean(metrics, "train/wasserstein"),
                "wasserstein_held_out": final_mean(metrics, "val/wasserstein"),
                "losses": "diverged" if has_diverged(metrics) else "finite",
            }
            yield Compared(row, lead_by_step(metrics), _pixels(drawn), _pixels(held_out.images))


def _table(rows: pd.DataFrame, kid: str, images: int) -> Table:
    """The GANs side by side, a row each, by their distance in the column `kid`, of so many generated images."""
    columns = (
        *(Column(name.capitalize(), name) for name in ("split", "class") if rows[name].nunique() > 1),
        Column("GAN", "gan", gan_title),
        Column("Steps", "generator_steps", "{:,}".format),
        Column("Changed against the first run", "changed", lambda changed: changed.replace("; ", ", ") or NONE),
        Column("KID", (kid, f"{kid}_std"), with_error),
        Column("Floor", (f"{kid}_floor", f"{kid}_floor_std"), with_error),
        Column("Gap", ("gap", "gap_std"), with_error),
        Column("Wasserstein", ("wasserstein_training", "wasserstein_held_out"), _pair),
        Column("Losses", "losses"),
    )
    run = Column("Run", ("run", "protocol"), lambda run, protocol: run if protocol == "clean" else f"{run} ({LEAKY})")
    leaks = [f"{LEAKY} (protocol=paper): the GAN had seen the held-out images; its row is no evidence."]
    notes = (*(leaks if (rows["protocol"] == "paper").any() else []), *NOTES)
    title = f"GANs side by side ({kid}, {quantity(images, 'generated image')} each)"
    return Table("comparison", title, rows, columns, notes, grouped_by=run)


def _pair(training: float, held_out: float) -> str:
    return NONE if math.isnan(training) else f"{number(training, 2)} / {number(held_out, 2)}"


def _figures_of_first_split(rows: pd.DataFrame, kid: str, compared: Sequence[Compared]) -> list[Figure]:
    split = rows["split"].iloc[0]
    rows = rows[rows["split"] == split]
    shown = [compared[place] for place in rows.index]
    real = {one.row["class"]: one.real for one in shown}
    caption = (
        f"The first {SHOWN} held-out images of {split} and the first {SHOWN} that each GAN draws, not picked for looks."
    )
    return [
        images_figure(rows, kid, real, [one.drawn for one in shown], caption),
        gap_figure(rows, [one.lead for one in shown]),
    ]


def _pixels(images: NDArray[np.uint8]) -> Pixels:
    """The first images of (N, 3, H, W) as (N, H, W, 3)."""
    return np.ascontiguousarray(images[:SHOWN].transpose(0, 2, 3, 1))
