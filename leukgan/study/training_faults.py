"""What went wrong in a training, read from the files that it left, each fault with the setting to change."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leukgan.gans.pictures import SAMPLES
from leukgan.presentation.images import read_image
from leukgan.run_folder.files import damaged, read_rows
from leukgan.run_folder.paths import GANFolder

OVERFITTED = 0.5  # of the way from the critic's scores of training images to those of generated ones
FEWEST = 4  # rows of metrics.csv that say something together
BEGUN = 100  # generator steps; until then every generator's images are alike
COLLAPSED = 5.0  # levels of 0 to 255; images of cells differ by some tens


def find_training_faults(folder: GANFolder) -> list[str]:
    """A sentence for each fault that a training's metrics, distances and last samples show.

    Raises:
        InputError: One of these files is damaged.
    """
    return [*_rising_distance(folder), *_overfitted_critic(folder), *_collapsed_generator(folder)]


def _rising_distance(folder: GANFolder) -> Iterator[str]:
    """The distance to validation images fell, and rose again by more than chance explains."""
    if not folder.kid.exists():
        return
    name, best, last = _read_distances(folder)
    if _has_risen(name, best, last):
        yield (
            f"the distance to validation images rose from {best[name]:.2f} at generator step "
            f"{best['generator_step']:,.0f} to {last[name]:.2f} at {last['generator_step']:,.0f}; take "
            f"generator_steps={best['generator_step']:.0f}, or lower gan.critic_learning_rate and "
            "gan.generator_learning_rate."
        )


def _read_distances(folder: GANFolder) -> tuple[str, pd.Series, pd.Series]:
    """The name of a training's distance to validation images, and its rows where that was least and last."""
    table = read_rows(folder.kid)
    name = next(str(column) for column in table if str(column).endswith("_high")).removesuffix("_high")
    return name, table.iloc[int(table[name].argmin())], table.iloc[-1]


def _has_risen(name: str, best: pd.Series, last: pd.Series) -> bool:
    return bool(last[f"{name}_low"] > best[f"{name}_high"])


def _overfitted_critic(folder: GANFolder) -> Iterator[str]:
    """The critic takes real images that it has not seen for generated ones (Karras et al., 2020, equation 1)."""
    if not folder.metrics.exists():
        return
    table = read_rows(folder.metrics)
    if "val/real_score" not in table or len(table) < 4 * FEWEST:
        return

    late = table.tail(len(table) // 4).mean()
    whole = late["train/real_score"] - late["train/fake_score"]
    share = (late["train/real_score"] - late["val/real_score"]) / whole if whole > 0 else 0.0
    if share <= OVERFITTED:
        return

    # Fewer steps are no advice where the images have not suffered.
    advice = "take 'gan.augmentation=[translation,cutout]', or fewer generator_steps."
    if folder.kid.exists() and not _has_risen(*_read_distances(folder)):
        advice = (
            "the distance to validation images has not risen with it; should it in a longer training, take "
            "'gan.augmentation=[translation,cutout]'."
        )
    yield (
        "the critic has learned its training images by heart: it scores real images that it has not seen "
        f"{100 * min(share, 1.0):.0f}% of the way down to generated ones; {advice}"
    )


def _collapsed_generator(folder: GANFolder) -> Iterator[str]:
    """All latents give one image."""
    grids = sorted(folder.samples.glob("*.png"))
    if not grids or grids[-1] < folder.sample(BEGUN):
        return
    grid = read_image(grids[-1])  # (H, W, 3)
    side = len(grid) // SAMPLES
    if grid.shape != (SAMPLES * side, SAMPLES * side, 3):
        raise damaged(grids[-1], "it is no grid of samples")
    images = grid.reshape(SAMPLES, side, SAMPLES, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    spread = float(np.sqrt(images.var(axis=0).mean()))
    if spread < COLLAPSED:
        yield (
            f"the generator draws one image whatever the latent: its last samples differ by {spread:.1f} of 255 "
            "levels; take gan=r3gan, or gan.minibatch_std=true and lower learning rates."
        )
