"""From an image file to RGB pixels of the study's size by stated rules, or to a refusal in one sentence.

Pixels are stored values: colour profiles are left out, transparency is dropped, and of more than eight bits a channel
the upper eight are kept, or a given range becomes 0 to 255. Whatever Pillow leaves undone, guesses or gets wrong
without a word is refused here.
"""

import ctypes
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from leukgan.errors import InputError

RULES = 1  # one more when this module makes other pixels of a file: decoded images are cached
FORMATS = ("TIFF", "PNG", "JPEG", "BMP", "WEBP", "GIF", "PPM", "JPEG2000")  # Pillow's names; no other parser is run
EIGHT_BIT_MODES = ("RGB", "RGBA", "RGBX", "L", "LA", "P", "PA", "1", "CMYK", "YCbCr")  # Pillow's names
TIFF_COMPRESSIONS = ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "zstd", "lzma")
TURNS: dict[object, Image.Transpose] = {  # by EXIF's orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Range = tuple[int, int]  # of stored values
_ORIENTATION = 0x0112  # EXIF's tag
_OF_A_CELL = "that a picture of one cell may have"
MOST_PIXELS = 64_000_000
SIDES = range(8, 20_001)
MOST_PAGES = 50

# libtiff prints what it finds to the console, and Pillow logs; the sentence of the InputError says it all. libtiff is
# looked up through Pillow's own library; where that hides it, as on Windows, its messages stay.
if _silence := getattr(ctypes.CDLL(Image.core.__file__), "TIFFSetErrorHandler", None):
    _silence.argtypes, _silence.restype = [ctypes.c_void_p], ctypes.c_void_p
    _silence(None)
logging.getLogger("PIL").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Picture:
    """A decoded image file."""

    pixels: NDArray[np.uint8]  # uint8 (H, W, 3), RGB, upright and at its own size
    format: str  # Pillow's name of the file's format, such as TIFF
    mode: str  # Pillow's name of the pixels in the file, such as RGB, P or CMYK; RGB;16 with sixteen bits a channel
    conversions: tuple[str, ...]  # what was done to the stored values, in words
    range: Range  # the smallest and the largest stored value, of colours of sixteen bits their upper eight


def read(path: Path) -> bytes:
    """The bytes of an image file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"the file {path} cannot be read ({error.strerror}); replace or remove it.") from error


def decode(data: bytes, path: Path, levels: Range | None = None) -> Picture:
    """The picture in an image file, whose path messages name.

    `levels` are the stored values that become 0 and 255; None: 0 and the largest that the file can hold.

    Raises:
        InputError: No image, a damaged one, several full pages or frames, too many or too few pixels, pixels whose
            range is unknown, or values that do not fit `levels`.
    """
    if not data:
        raise InputError(f"the file {path} is empty; replace or remove it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata; damaged pixels are errors
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _picture(image, data, levels)
    except InputError as error:
        raise InputError(f"the file {path} {error}") from None
    except UnidentifiedImageError as error:
        raise InputError(f"the file {path} is no image; replace or remove it.") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"the file {path} has more pixels than the 64 million {_OF_A_CELL}; crop it.") from error
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = " ".join(str(error).split()).rstrip(".")
        if " " not in reason or "0x" in reason or "\\" in reason or not reason.isprintable() or len(reason) > 150:
            reason = type(error).__name__
        raise InputError(f"the file {path} is damaged ({reason}); replace or remove it.") from error


def _picture(image: ImageFile.ImageFile, data: bytes, levels: Range | None) -> Picture:
    """The picture in an opened file; the messages lack their start."""
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    further = _choose_page(image)
    width, height = image.size

    # Sizes and modes that no cell has, before anything is decoded.
    if width * height > MOST_PIXELS:
        raise InputError(f"has {width} x {height} pixels, more than the 64 million {_OF_A_CELL}; crop it.")
    if width not in SIDES or height not in SIDES:
        raise InputError(
            f"has {width} x {height} pixels, and a picture of one cell has 8 to 20,000 a side; replace it."
        )
    if not (image.mode in EIGHT_BIT_MODES or image.mode.startswith("I;16") or (kind, image.mode) == ("PPM", "I")):
        raise InputError(f"has pixels of Pillow's mode {image.mode}; save it as RGB with 8 bits a channel.")

    # What the header says has to be read before loading, which changes or removes it.
    mode, bits = _stored(image, data)
    inverted = isinstance(image, TiffImageFile) and not image.tag_v2.get(262, 0)  # white is zero
    _check_whole(image, data, bits)
    turned = image.getexif().get(_ORIENTATION) in TURNS
    image.load()
    transparent = image.info.pop("transparency", None) is not None or mode.split(";")[0] in ("LA", "PA", "RGBA")

    turn = TURNS.get(image.getexif().get(_ORIENTATION))  # Pillow turns a TIFF on loading, and removes the tag
    upright = image if turn is None else image.transpose(turn)

    if mode.startswith("I;"):  # Pillow's own conversion makes every value above 255 white
        values: NDArray[Any] = np.asarray(upright).astype(np.uint16)
        grey = _scaled(values, levels) if levels else (values >> (bits - 8)).astype(np.uint8)
        pixels = np.repeat((255 - grey if inverted else grey)[..., None], 3, axis=2)
    else:
        if levels and bits > 8:
            raise InputError("has colours of 16 bits, which data.levels can't scale; save it with 8 bits a channel.")
        values = np.asarray(upright.convert("RGB"))
        pixels = _scaled(values, levels) if levels else values

    conversions = {
        further: bool(further),
        f"the upper eight of {'sixteen' if bits == 16 else bits} bits kept": bits > 8 and not levels,
        f"values {levels} scaled to eight bits": bool(levels),
        "palette looked up": mode in ("P", "PA"),
        "CMYK converted": mode.startswith("CMYK"),
        "YCbCr converted": mode == "YCbCr",
        "transparency dropped": transparent,
        "colour profile left out": bool(image.info.get("icc_profile")),
        "turned upright by its EXIF orientation": turned,
    }
    told = tuple(words for words, happened in conversions.items() if happened)
    return Picture(pixels, kind, mode, told, (int(values.min()), int(values.max())))


def _scaled(values: NDArray[Any], levels: Range) -> NDArray[np.uint8]:
    low, high = levels
    if values.max() > high or (values.dtype == np.uint8 and high > 255):
        has = f"values up to {values.max()}" if values.max() > high else "8 bits a channel"
        raise InputError(f"has {has}, which data.levels takes for values up to {high}; give the rule that fits.")
    return np.round((values.astype(np.float64) - low) * 255 / max(high - low, 1)).astype(np.uint8)


def _choose_page(image: ImageFile.ImageFile) -> str:
    """Goes to the one full page, and tells what is left out; the copies that cameras and scanners add are no pages."""
    if not isinstance(image, TiffImageFile):
        if image.format == "MPO":  # a JPEG, and what a phone's camera appends to it
            return "further pictures behind the first left out"
        if (frames := getattr(image, "n_frames", 1)) > 1:
            raise InputError(f"has {frames} frames; save the one that shows the cell as a file of its own.")
        return ""

    # A TIFF: the pages that are no copy of reduced resolution.
    full, pages = [], 0
    for page in range(MOST_PAGES + 1):
        try:
            image.seek(page)
        except EOFError:
            break
        pages += 1
        if not image.tag_v2.get(254, 0) & 1 and image.tag_v2.get(255) != 2:  # no copy of reduced resolution
            full.append(page)

    if len(full) != 1 or pages > MOST_PAGES:
        many = f"more than {MOST_PAGES}" if pages > MOST_PAGES else len(full)
        has = f"{many} pages" if full else "no page but smaller copies"
        raise InputError(f"has {has}; save the one that shows the cell as a file of its own.")
    image.seek(full[0])
    return "smaller copies in further pages left out" if pages > 1 else ""


def _stored(image: ImageFile.ImageFile, data: bytes) -> tuple[str, int]:
    """Pillow's name of the pixels in the file, and their bits a channel; eight stands for less, too."""
    name, bits = image.mode.split(";")[0], 8
    if isinstance(image, TiffImageFile):
        bits = max(image.tag_v2.get(258, (1,)))
    elif image.format == "PNG" and str(image.tile[0].args).endswith(";16B"):
        name, bits = str(image.tile[0].args)[:-4], 16
    elif image.format == "PPM":
        bits = 16 if image.mode == "I" else 8
        if image.tile[0].codec_name != "raw":  # Pillow would round, and take a number cut short for another
            raise InputError("is a PPM file in plain text or of uncommon levels; save it as PNG.")
    elif image.format == "JPEG2000":
        size = data.index(b"\xff\x4f\xff\x51")  # the codestream's first markers
        if b"\xff\xd9" not in data[size:]:  # its last, which stands nowhere else
            raise InputError("is damaged (it ends too early); replace or remove it.")
        bits = 16 if image.mode == "I;16" else (data[size + 42] & 127) + 1
        if image.mode != "I;16" and bits != 8:  # Pillow would round
            raise InputError(f"is a JPEG 2000 file of {bits} bits a channel; save it with 8 bits a channel.")
    return f"{name};{bits}" if bits > 8 else image.mode, bits


def _check_whole(image: ImageFile.ImageFile, data: bytes, bits: int) -> None:
    """Refuses what Pillow would read without a word, and not rightly."""
    pixels, planes, short = image.width * image.height, 1, False
    if image.format in ("JPEG", "MPO"):
        short = 512 * len(data) < pixels  # fewer than one bit for each block of 8 x 8 pixels
    if isinstance(image, TiffImageFile):
        tags, compression = image.tag_v2, image.info["compression"]
        if compression not in TIFF_COMPRESSIONS:
            raise InputError(f"is a TIFF compressed as {compression}; save it without compression.")
        if compression == "raw":  # the others are checked by libtiff
            samples = tags.get(277, 1)
            planes = samples if tags.get(284, 1) == 2 else 1
            sizes = tags.get(279) or tags.get(325) or ()
            short = bool(sizes) and sum(sizes) < -(-tags[256] * samples * bits // 8) * tags[257]
        if planes > 1 and bits > 8:
            raise InputError(f"has uncompressed planes of {bits} bits; save it with a pixel's colours side by side.")
    parts = [tile.extents or (0, 0, 0, 0) for tile in image.tile]  # a WebP's are made on loading
    covered = sum((right - left) * (lower - upper) for left, upper, right, lower in parts)
    if short or (parts and covered != pixels * planes):
        raise InputError("is damaged (its parts do not make up the picture); replace or remove it.")


def resize_to_square(pixels: NDArray[np.uint8], image_size: int) -> NDArray[np.uint8]:
    """Pixels (H, W, 3) resized with antialiasing: uint8 (3, image_size, image_size).

    A picture that is not square, such as a crop at a photograph's border, is first made square by reflecting its edges:
    no cell changes its shape.
    """
    height, width = pixels.shape[:2]
    side = max(height, width)
    left, above = (side - width) // 2, (side - height) // 2
    beside, over = ((0, 0), (left, side - width - left), (0, 0)), ((above, side - height - above), (0, 0), (0, 0))
    blocks = np.array_split(pixels, -(-height * side // 2**24))  # the square around a long strip would take gigabytes
    narrow = [_resize(np.pad(block, beside, mode="symmetric"), image_size, len(block)) for block in blocks]
    square = np.pad(np.concatenate(narrow), over, mode="symmetric")  # (side, image_size, 3)
    return _resize(square, image_size, image_size).transpose(2, 0, 1)


def _resize(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
