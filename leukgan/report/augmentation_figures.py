"""What the named augmentations make of one image, for the GANs and for the classifiers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukgan.data.augmentation import copies
from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import quantity
from leukgan.presentation.images import panel, read_images
from leukgan.report.results import Run

USERS = {"gan": "the GANs", "classifiers": "the classifiers' training sets with +aug"}
IN_A_ROW = 8


def turned_images(run: Run) -> list[Figure]:
    """The figures of a run, of its first real image of the positive class; none where it kept no image."""
    split = run.groups()[0][0]
    images = read_images(split.folder / "real" / run.classes[1], 1)
    augmentation = split.config.get("augmentation")
    return [] if images is None or augmentation is None else turned_figures(augmentation, images[0], split.leaky)


def turned_figures(augmentation: dict[str, str], image: NDArray[np.uint8], leaky: bool = False) -> list[Figure]:
    """A figure for each user of an augmentation, gan and classifiers: one image and the copies made of it.

    Args:
        augmentation: The name of each user's augmentation.
        image: uint8 (H, W, 3).
        leaky: Whether the run is.
    """
    figures = []
    for user, name in augmentation.items():
        made = copies(name, image.transpose(2, 0, 1)[None])[:, 0].transpose(0, 2, 3, 1)  # (K, H, W, 3)
        title = f"{name}: {quantity(len(made), 'image')} of one, for {USERS[user]}"
        caption = "The image itself first. Corners that a turn by 45 degrees leaves empty are filled by reflection."
        figures.append(panel(f"augmentation_{user}", title, caption, [("", made)], IN_A_ROW, leaky))
    return figures
