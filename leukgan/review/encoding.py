"""Images as text in a page: all encoded alike, and within the size that a mail takes."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukgan.data.images import png_bytes
from leukgan.errors import InputError

LIMIT = 24_000_000  # characters of all images of a page
QUALITIES = (95, 90, 80, 70)  # of JPEG, where PNG takes more than the limit


def encode_alike(images: NDArray[np.uint8], *, equal_lengths: bool) -> tuple[str, list[str]]:
    """Images uint8 (N, 3, H, W) by one encoder with one setting, no metadata: PNG, or JPEG where that is too large.

    Gives their media type, and each image in base64.

    With equal lengths, each image's bytes are filled up to those of the longest by random ones, after the image's end,
    where decoders stop: smooth images compress better, and generated ones may be smoother.

    Raises:
        InputError: There are too many images for a page.
    """
    for mime, quality in (("image/png", 0), *(("image/jpeg", quality) for quality in QUALITIES)):
        files = [png_bytes(image) if mime == "image/png" else _jpeg_bytes(image, quality) for image in images]
        longest = max(map(len, files))
        if equal_lengths:
            filling = np.random.default_rng(0)
            files = [file + filling.bytes(longest - len(file)) for file in files]
        encoded = [base64.b64encode(file).decode() for file in files]
        if sum(map(len, encoded)) <= LIMIT:
            return mime, encoded
    raise InputError(
        f"{len(images)} images of {images.shape[-1]} pixels take more than {LIMIT // 10**6} MB; lower images=."
    )


def _jpeg_bytes(image: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(buffer, format="JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
