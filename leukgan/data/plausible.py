"""What pictures of cells do not look like: values of another range, and masks, overlays and thumbnails beside them."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from leukgan.errors import InputError

WORDS = (  # of files and folders that show no cell, as programs for labelling and viewing name them
    *("mask", "masks", "seg", "segmentation", "segmentations", "overlay", "overlays", "contour", "contours"),
    *("thumb", "thumbs", "thumbnail", "thumbnails", "preview", "previews", "annotated", "annotation", "annotations"),
)
SUFFIX = re.compile(rf"(.+)([-_. ](?:{'|'.join(WORDS)}))", re.IGNORECASE)
DARK, BRIGHT, FLAT = 64, 191, 16  # 14 bits in files of 16 end below 64
GREY = 16  # values that the colours of a grey pixel differ by, less than
NEAR = 8  # values from an image's darkest or brightest that count as one of the two of a mask
PARTS = (0.8, 0.03)  # of a mask's pixels: near one of the two values at least, and near either


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse files that look like masks, overlays or thumbnails beside images, by their names in their folder.

    Raises:
        InputError: Two files share folder and name but for ending or suffix, or a folder is called masks or the like.
    """
    own = {PurePosixPath(name).with_suffix(""): name for name in names}
    found: list[tuple[str, str]] = []  # what is suspected, and the pattern that leaves it out
    for name in names:
        path = PurePosixPath(name)
        suffix = SUFFIX.fullmatch(path.stem)
        if (other := own[path.with_suffix("")]) != name:
            ending = min((path.suffix, PurePosixPath(other).suffix), key=lambda ending: ending.lower() == ".png")
            found.append((f"{name} beside {other}", f"*{ending}"))
        elif suffix and (beside := own.get(path.with_name(suffix[1]))):
            found.append((f"{name} beside {beside}", f"!*{suffix[2]}.*"))
        elif path.parent.name.lower() in WORDS:
            found.append((name, f"!{path.parent.name}/*"))
    if found:
        example, pattern = found[0]
        raise InputError(
            f"{where} has {len(found)} files that may be masks, overlays or thumbnails, such as {example}; say which "
            f"files show the cells, for example with data.pattern='{pattern}', or '*' for all."
        )


def check_values(images: NDArray[np.uint8], where: str, *, levels: object, chosen: bool) -> None:
    """Refuse images uint8 (N, 3, H, W) whose values are no picture of a cell's.

    Args:
        images: All images of a data set.
        where: Their origin.
        levels: The rule that has scaled them; with one, their range is the user's choice.
        chosen: Whether the user has chosen the files; with it, masks among them are the user's choice.

    Raises:
        InputError: All are dark, bright or flat, or some are nearly binary.
    """
    counts = np.bincount(images.ravel(), minlength=256).cumsum() / images.size
    low, high = (int(np.searchsorted(counts, share)) for share in (0.001, 0.999))
    faults = {
        "are all dark, as 12-bit values in 16-bit files are": high < DARK,
        "are all bright": low > BRIGHT,
        "hardly differ": high - low < FLAT,
    }
    for fault in [fault for fault, holds in faults.items() if holds and levels is None]:
        raise InputError(
            f"the values of the images of {where} {fault} ({low} to {high} of 255 but for one in a thousand); with "
            "data=folder, set data.levels=12bit, minmax or the like, or data.levels=stored if that is right."
        )

    binary = int(nearly_binary(images).sum())
    if binary and not chosen:
        raise InputError(
            f"{binary} of the {len(images)} images of {where} have nearly two values only, as masks have; say which "
            "files show the cells, for example with data.pattern='*.bmp', or '*' for all."
        )


def nearly_binary(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each of images uint8 (N, 3, H, W) is grey and has two values but for blurred edges, as a mask: (N,)."""
    values = images.reshape(len(images), 3, -1).astype(np.int16)
    grey = np.abs(values - values[:, :1]).max((1, 2), initial=0) < GREY
    values = values[:, 0]
    low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
    dark, bright = (values - low < NEAR).mean(1), (high - values < NEAR).mean(1)
    contrast = (high - low)[:, 0] > DARK
    found: NDArray[np.bool_] = grey & contrast & (dark + bright > PARTS[0]) & (np.minimum(dark, bright) > PARTS[1])
    return found
