"""Image files of every kind, as bytes, of Pillow, of another writer and written by hand."""

import io
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image


def saved(image: Image.Image, kind: str = "TIFF", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def tiff(values: np.ndarray, **options: object) -> bytes:
    """A TIFF of a writer that is not Pillow."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, metadata=None, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, bits: int, kind: int, values: np.ndarray, *before: bytes) -> bytes:
    """A PNG written by hand: kinds are 0 grey, 2 colours, 4 and 6 with alpha; chunks may go before the pixels."""
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
