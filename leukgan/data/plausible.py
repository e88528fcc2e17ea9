"""What pictures of cells do not look like: values of another range, and masks, overlays and thumbnails beside them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from leukgan.errors import InputError

WORDS = (  # of files and folders that show no cell, as programs for labelling and viewing name them
    *("mask", "masks", "seg", "segmentation", "segmentations", "overlay", "overlays", "contour", "contours"),
    *("thumb", "thumbs", "thumbnail", "thumbnails", "preview", "previews", "annotated", "annotation", "annotations"),
)
SUFFIX = re.compile(rf"(.+)([-_. ](?:{'|'.join(WORDS)}))", re.IGNORECASE)
ADDED = re.compile(r"(?P<of>.+)(?P<end>[-_. ][^\W\d]\w+)|(?P<start>[^\W\d]\w+[-_. ])(?P<after>.+)")  # to a name
SEVERAL = 3  # files made from others by one program, at least
DARK, BRIGHT, FLAT = 64, 191, 16  # 14 bits in files of 16 end below 64
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
    found = found or _derived(own)
    if found:
        example, pattern = found[0]
        raise InputError(
            f"{where} has {len(found)} files that may be masks, overlays or thumbnails, such as {example}; say which "
            f"files show the cells, for example with data.pattern='{pattern}', or '*' for all."
        )


def _derived(own: Mapping[PurePosixPath, str]) -> list[tuple[str, str]]:
    """Files called as others beside them or above, but for a word that several share, and the pattern without them."""
    found: dict[str, list[str]] = {}
    for path, name in own.items():
        added = ADDED.fullmatch(path.name)
        if above := own.get(path.parent.with_name(path.name)):
            found.setdefault(f"!{path.parent.name}/*", []).append(f"{name} beside {above}")
        elif added and (beside := own.get(path.with_name(added["of"] or added["after"]))):
            pattern = f"!*{added['end']}.*" if added["end"] else f"!{added['start']}*"
            found.setdefault(pattern, []).append(f"{name} beside {beside}")
    return [
        (example, pattern) for pattern, examples in found.items() if len(examples) >= SEVERAL for example in examples
    ]


def check_values(images: NDArray[np.uint8], names: Sequence[str], where: str, *, levels: object, chosen: bool) -> None:
    """Refuse images uint8 (N, 3, H, W) whose values are no picture of a cell's.

    If a rule of `levels` has scaled them, their range is the user's choice, and if the user has `chosen` the files, so
    are masks among them.

    Raises:
        InputError: Some are dark, bright, flat or nearly binary.
    """
    low, high = _ranges(images)
    faults = {
        "are all dark, as 12-bit values in 16-bit files are": high < DARK,
        "are all bright": low > BRIGHT,
        "hardly differ": high - low < FLAT,
    }
    for fault, of_image in faults.items():
        if of_image.any() and levels is None:
            first = int(of_image.argmax())
            raise InputError(
                f"the values of {of_image.sum()} of the {len(images)} images of {where} {fault} (in {names[first]} "
                f"{low[first]} to {high[first]} of 255 but for one in a thousand); remove the images if they are "
                "faulty, or with data=folder set data.levels=12bit, minmax or the like, or data.levels=stored if that "
                "is right."
            )

    binary = int(nearly_binary(images).sum())
    if binary and not chosen:
        raise InputError(
            f"{binary} of the {len(images)} images of {where} have nearly two values only, as masks have; say which "
            "files show the cells, for example with data.pattern='*.bmp', or '*' for all."
        )


def _ranges(images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The lowest and the highest value of each image but for one in a thousand, (N,) both."""
    shares = np.stack([np.bincount(image.ravel(), minlength=256).cumsum() / image.size for image in images])
    return (shares >= 0.001).argmax(1), (shares >= 0.999).argmax(1)


def nearly_binary(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each of images uint8 (N, 3, H, W) has two colours but for blurred edges, as a mask: (N,)."""
    values = images.reshape(len(images), 3, -1).astype(np.int16)
    low, high = values.min(2, keepdims=True), values.max(2, keepdims=True)
    dark, bright = (values - low < NEAR).mean(2), (high - values < NEAR).mean(2)  # (N, 3)
    contrast = (high - low)[..., 0]

    # Each of red, green and blue is one value or two, and not all of them one.
    two = (contrast > DARK) & (dark + bright > PARTS[0]) & (np.minimum(dark, bright) > PARTS[1])
    found: NDArray[np.bool_] = (two | (contrast < FLAT)).all(1) & two.any(1)
    return found
