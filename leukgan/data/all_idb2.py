"""ALL-IDB2 and folders in its layout: ImNNN_Y.tif, Y = 1 for the positive class."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from leukgan.data.images import CellImages, check_classes, check_image_size
from leukgan.errors import InputError

NAME = re.compile(r"Im\d{3}_([01])\.tif", re.IGNORECASE)
EIGHT_BIT_MODES = ("RGB", "RGBA", "RGBX", "L", "LA", "P", "PA", "1", "CMYK", "YCbCr")  # Pillow's names


def load_all_idb2(
    *, image_size: int, root: str | None = None, classes: Sequence[str] = ("healthy", "leukemia")
) -> CellImages:
    """The images ImNNN_Y.tif of a folder, each decoded and resized once.

    Args:
        image_size: Height and width to resize to.
        root: The folder with the images.
        classes: Names of the classes Y = 0 and Y = 1.

    Raises:
        InputError: No such folder, no image in it, a file that is no image or has another name, one class only.
    """
    check_image_size(image_size)
    names = check_classes(classes)
    if not root:
        raise InputError("data=all_idb2 needs the folder with its images; write data.root=<folder>.")
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise InputError(f"data.root={root} is not a folder; give the folder that holds Im001_1.tif and the others.")
    paths = sorted(path for path in folder.iterdir() if not path.is_dir() and not path.name.startswith("."))
    tiffs = [path for path in paths if path.suffix.lower() in (".tif", ".tiff")]
    if not tiffs:
        raise InputError(
            f"data.root={root} has no image named like Im001_0.tif; give the folder that holds the .tif files."
        )
    matches = [NAME.fullmatch(path.name) for path in tiffs]
    wrong = [path.name for path, match in zip(tiffs, matches, strict=True) if match is None]
    if wrong:
        raise InputError(
            f"data.root={root} has {len(wrong)} .tif file(s) not named like Im001_0.tif or Im001_1.tif, the first is "
            f"{wrong[0]!r}; rename or remove them."
        )
    labels = np.array([int(match.group(1)) for match in matches if match], dtype=np.int64)
    if len(set(labels.tolist())) < 2:
        raise InputError(
            f"data.root={root} has images of one class only ({len(tiffs)} named Im..._{labels[0]}.tif); "
            "both classes are needed."
        )
    contents = [read(path) for path in tiffs]
    return CellImages(
        images=np.stack([decode(data, path, image_size) for data, path in zip(contents, tiffs, strict=True)]),
        labels=labels,
        names=tuple(path.name for path in tiffs),
        sha256=tuple(hashlib.sha256(data).hexdigest() for data in contents),
        classes=names,
    )


def read(path: Path) -> bytes:
    """The bytes of an image file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"the file {path} cannot be read ({error.strerror}); replace or remove it.") from error


def decode(data: bytes, path: Path, image_size: int) -> NDArray[np.uint8]:
    """The first page of an image file as RGB, resized with antialiasing: uint8 (3, image_size, image_size).

    A crop that is not square, as at a photograph's border, is first made square by reflecting its edges, so that no
    cell changes its shape. Of sixteen bits a value the upper eight are kept; transparency is dropped.
    """
    if not data:
        raise InputError(f"the file {path} is empty; replace or remove it.")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("ignore")  # about metadata; damaged pixels are errors
            pixels = rgb(image)  # (H, W, 3)
    except InputError as error:
        raise InputError(f"the file {path} {error}") from None
    except UnidentifiedImageError as error:
        raise InputError(f"the file {path} is no image; replace or remove it.") from error
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = str(error).rstrip(".") or type(error).__name__
        raise InputError(f"the file {path} is damaged ({reason}); replace or remove it.") from error
    height, width = pixels.shape[:2]
    side = max(height, width)
    before = ((side - height) // 2, (side - width) // 2)
    after = (side - height - before[0], side - width - before[1])
    square = np.pad(pixels, ((before[0], after[0]), (before[1], after[1]), (0, 0)), mode="symmetric")
    resized = Image.fromarray(square).resize((image_size, image_size), Image.Resampling.BICUBIC)
    return np.asarray(resized).transpose(2, 0, 1)


def rgb(image: Image.Image) -> NDArray[np.uint8]:
    """An image's pixels as uint8 (H, W, 3)."""
    if image.mode.startswith("I;16"):  # Pillow's own conversion makes every value above 255 white
        upper = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(upper[..., None], 3, axis=2)
    if image.mode not in EIGHT_BIT_MODES:
        raise InputError(f"has pixels of Pillow's mode {image.mode}; save it as RGB with 8 bits a channel.")
    return np.asarray(image.convert("RGB"))
