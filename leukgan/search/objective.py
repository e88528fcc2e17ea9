"""The objective of a search: one number of a trained GAN, read from the files of its run folder."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from leukgan.config import KID, StudySettings
from leukgan.errors import InputError
from leukgan.run_folder.files import read_rows
from leukgan.run_folder.paths import GANFolder, RunFolder, SplitFolder


class Objective(NamedTuple):
    """A value and the ends of its 95% interval, if it has one."""

    value: float
    low: float | None
    high: float | None


def objective_of_run(config: StudySettings) -> Objective:
    """The objective of the GANs that a command with these settings has trained."""
    run = RunFolder(config.run(config.name))
    splits = [run.split(index).path for index in config.split.chosen()]
    return objective_of(splits, config.objective, checkpoint=config.generation.checkpoint)


def objective_of(splits: Sequence[Path], name: str, *, checkpoint: str = "best") -> Objective:
    """The mean of an objective over all GANs of some splits.

    Args:
        splits: Folders of trained splits.
        name: val/kid, the kernel distance to validation images with its interval; or a column of metrics.csv, such as
            val/critic_loss, whose last value counts.
        checkpoint: best: the smallest distance of each training, biased low as the best of several; or last.

    Raises:
        InputError: A GAN does not have it, or it is not finite.
    """
    folders = sorted(gan.path for split in splits for gan in SplitFolder(split).gans())
    if not folders:
        raise InputError(f"there is no trained GAN in {', '.join(map(str, splits))}, so that {name} is not known.")

    found = [_checkpoint_kid(folder, checkpoint) if name == KID else _last_metric(folder, name) for folder in folders]
    mean = sum(estimate.value for estimate in found) / len(found)
    if not math.isfinite(mean):
        raise InputError(f"objective={name} is {mean} in {folders[0].parents[1]}; take another objective.")

    ends = [estimate for estimate in found if estimate.low is not None and estimate.high is not None]
    if len(ends) < len(found):
        return Objective(mean, None, None)

    # The GANs are trained on different images, so that their errors add up as independent ones.
    below, above = (
        math.sqrt(sum(distance**2 for distance in distances)) / len(found)
        for distances in ([e.value - e.low for e in ends], [e.high - e.value for e in ends])  # type: ignore[operator]
    )
    return Objective(mean, mean - below, mean + above)


def _checkpoint_kid(folder: Path, checkpoint: str) -> Objective:
    rows = kids_in(folder)
    if not rows:
        raise InputError(
            f"{folder} has no distance to validation images; give quality.track_every above 0 and a "
            "split.validation_fraction that holds out two images of each class or more."
        )
    return min(rows.values()) if checkpoint == "best" else rows[max(rows)]


def kids_in(folder: Path) -> dict[int, Objective]:
    """The distances of a training so far, by generator step."""
    path = GANFolder(folder).kid
    if not path.exists():
        return {}
    table = read_rows(path)
    name = next(column for column in map(str, table) if column.startswith("kid_"))
    rows = table[["generator_step", name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
    return {int(step): Objective(value, low, high) for step, value, low, high in rows}


def mean_kids(folders: Sequence[Path]) -> dict[int, float]:
    """The mean distance of several trainings, by generator step, at the steps that all of them have measured."""
    known = [kids_in(folder) for folder in folders]
    steps = sorted(set.intersection(*map(set, known))) if known else []
    return {step: sum(kids[step].value for kids in known) / len(known) for step in steps}


def _last_metric(folder: Path, name: str) -> Objective:
    table = read_rows(GANFolder(folder).metrics)
    if name not in table or "/" not in name:
        known = [KID, *(column for column in map(str, table) if "/" in column)]
        raise InputError(f"objective must be one of {', '.join(known)}, got {name}.")
    return Objective(float(table[name].iloc[-1]), None, None)
