"""Images without their central cell, and the cell alone: does a classifier look at the cell?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukgan.data.images import CellImages
from leukgan.metrics.segmentation import Field, Masks, segment

COVERED = 0.99  # share of the cells that lie wholly within the disc, if the cap allows
HALO = 0.02  # of the image's side: the blurred rim around a cell is covered too
LARGEST_RADIUS = 0.5  # of the image's side: the four corners, a fifth of the image, always remain

Images = NDArray[np.uint8]
Colour = NDArray[np.uint8]


@dataclass(frozen=True)
class MaskedParts:
    """A split's training and test part, seen in one way only.

    Attributes:
        parts: (training, test) by name: background, cell.
        description: How the images were masked, for provenance.json: share of the training images where a cell was
            `found`, `radius` of the disc that hides it as a share of the image's side, share of the training images'
            cells `covered` wholly by the disc, `colour` of the fill.
    """

    parts: Mapping[str, tuple[CellImages, CellImages]]
    description: Mapping[str, Any]


def masked_parts(train: CellImages, test: CellImages) -> MaskedParts | None:
    """The images without their cells, and the cells alone; None where colour shows no cell in any training image.

    Disc and colour are chosen on the training part and used on both.
    """
    train_masks, test_masks = segment(train.images), segment(test.images)
    if not train_masks.found.any():
        return None

    radius, colour = covered_radius(train_masks), border_colour(train.images)
    both = ((train, train_masks), (test, test_masks))
    background = [replace(part, images=background_only(part.images, radius, colour)) for part, _ in both]
    cell = [replace(part, images=cell_only(part.images, masks, colour)) for part, masks in both]

    found, covered = float(train_masks.found.mean()), covered_share(train_masks, radius)
    return MaskedParts(
        parts={"background": (background[0], background[1]), "cell": (cell[0], cell[1])},
        description={"found": found, "radius": radius, "covered": covered, "colour": colour.tolist()},
    )


def covered_radius(masks: Masks) -> float:
    """The radius, as a share of the image's side, of the central disc that hides nearly every cell, of at least one."""
    # From the image's centre to each cell's farthest pixel.
    distance = _off_centre(masks.cell.shape[1])
    farthest = [distance[cell].max() for cell in masks.cell[masks.found]]
    return min(float(np.quantile(farthest, COVERED)) + HALO, LARGEST_RADIUS)


def covered_share(masks: Masks, radius: float) -> float:
    """The share of the found cells that lie wholly within the central disc; what sticks out may tell the class."""
    outside = _off_centre(masks.cell.shape[1]) > radius
    return float(1 - (masks.cell[masks.found] & outside).any(axis=(1, 2)).mean())


def border_colour(images: Images) -> Colour:
    """The mean colour (3,) of the outermost pixels of images (N, 3, H, W): a fill for both kinds of masked image."""
    inside = np.zeros(images.shape[2:], dtype=bool)
    inside[1:-1, 1:-1] = True
    rim = images[:, :, ~inside]  # (N, 3, border pixels)
    return np.rint(rim.mean(axis=(0, 2))).astype(np.uint8)


def background_only(images: Images, radius: float, colour: Colour) -> Images:
    """The images with the same central disc painted over in the same colour.

    One disc for all: a mask of each cell's own shape would tell the cell's size and shape, which are the cell's and
    not the background's, and a colour of each image's own would tell its stain twice.
    """
    hidden = _off_centre(images.shape[2]) <= radius
    return np.where(hidden, colour[:, None, None], images)


def cell_only(images: Images, masks: Masks, colour: Colour) -> Images:
    """The images with everything but the cell painted over in one colour, and wholly if no cell was found.

    Such an image shows a classifier nothing; it stays in the set, so that scores with and without masks are of the same
    images.
    """
    return np.where(masks.cell[:, None], images, colour[:, None, None])


def _off_centre(side: int) -> Field:
    """The distance of each pixel (side, side) from the image's centre, as a share of the side."""
    place = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    return np.hypot(place[:, None], place)
