"""Ten thousand damaged images: each is read or refused with a sentence; no crash, no hang, no unbounded memory.

Run as a script it is the process that reads them, so that a crash, or a message from a library in C, shows.
"""

import faulthandler
import io
import json
import os
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from data.image_files import chunk, png, saved, tiff
from PIL import Image

import leukgan

COUNT = 10_000
SECONDS_AN_IMAGE = 120
MEMORY = 2 * 2**30  # bytes of address space above what the interpreter takes
PEAK = 3 * 2**29  # bytes of memory in use above that: what 64 million pixels of JPEG 2000 take, and some


def originals() -> dict[str, bytes]:
    """Small whole files of every format, compression and kind of pixels."""
    rng = np.random.default_rng(0)
    sixteen = rng.integers(0, 2**16, (20, 24, 4), dtype=np.uint16)
    smooth = np.add.outer(np.arange(20) * 5, np.arange(24) * 3)[..., None] + np.array([0, 40, 80, 60])
    eight = (smooth + rng.integers(0, 9, smooth.shape)).astype(np.uint8)
    colours = Image.fromarray(eight[..., :3])
    files = {}

    def of_mode(mode: str) -> Image.Image:
        return Image.fromarray(sixteen[..., 0]) if mode == "I;16" else colours.convert(mode)

    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma", "group4"):
        image = colours.convert("1") if compression == "group4" else colours
        files[f"{compression or 'raw'}.tif"] = saved(image, "TIFF", compression=compression)
    for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F"):
        files[f"{mode}.tif"] = saved(Image.new("LAB", (24, 20)) if mode == "LAB" else colours.convert(mode), "TIFF")
    for order in "<>":
        files[f"grey16{order}.tif"] = tiff(sixteen[..., 0], byteorder=order)
        files[f"rgb16{order}.tif"] = tiff(sixteen[..., :3], byteorder=order, photometric="rgb")
        files[f"rgba16{order}.tif"] = tiff(sixteen, byteorder=order, photometric="rgb", extrasamples=["unassalpha"])
        files[f"deflate16{order}.tif"] = tiff(
            sixteen[..., :3], byteorder=order, photometric="rgb", compression="zlib", predictor=True
        )
    for compression in (None, "zlib"):
        files[f"tiled {compression}.tif"] = tiff(
            eight[..., :3], photometric="rgb", tile=(16, 16), compression=compression
        )
        files[f"planes {compression}.tif"] = tiff(
            eight[..., :3].transpose(2, 0, 1), photometric="rgb", planarconfig="separate", compression=compression
        )
    files["big.tif"] = tiff(eight[..., :3], photometric="rgb", bigtiff=True)
    files["pages.tif"] = saved(colours, "TIFF", save_all=True, append_images=[colours] * 2)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        files[f"{mode}.png"] = saved(of_mode(mode), "PNG")
    files["transparent.png"] = saved(colours.convert("P"), "PNG", transparency=bytes(range(9)))
    files["rgb16.png"] = png(24, 20, 16, 2, sixteen[..., :3].astype(">u2"))
    files["frames.png"] = saved(colours, "PNG", save_all=True, append_images=[colours.convert("L").convert("RGB")])
    exif = Image.Exif()
    exif[0x0112] = 6
    for mode in ("L", "RGB", "CMYK"):
        files[f"{mode}.jpg"] = saved(colours.convert(mode), "JPEG", exif=exif)
    files["progressive.jpg"] = saved(colours, "JPEG", progressive=True, icc_profile=bytes(200))
    files["phone.jpg"] = saved(colours, "MPO", save_all=True, append_images=[colours])
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        files[f"{mode}.bmp"] = saved(colours.convert(mode), "BMP")
    files["lossy.webp"] = saved(colours, "WEBP")
    files["lossless.webp"] = saved(colours.convert("RGBA"), "WEBP", lossless=True, exif=exif)
    files["frames.webp"] = saved(colours, "WEBP", save_all=True, append_images=[colours.rotate(180)])
    files["grey.gif"] = saved(colours.convert("L"), "GIF")
    files["palette.gif"] = saved(colours.convert("P"), "GIF", transparency=3)
    files["frames.gif"] = saved(colours, "GIF", save_all=True, append_images=[colours.rotate(180)])
    for mode in ("1", "L", "RGB", "I;16"):
        files[f"{mode}.ppm"] = saved(of_mode(mode), "PPM")
    files["plain.ppm"] = b"P3 24 20 255\n" + " ".join(map(str, eight[..., :3].ravel())).encode() + b"\n"
    for mode in ("L", "LA", "RGB", "RGBA", "I;16"):
        files[f"{mode}.jp2"] = saved(of_mode(mode), "JPEG2000")
    files["lossy.j2k"] = saved(colours, "JPEG2000", irreversible=True, no_jp2=True, tile_size=(16, 16))
    return files


def damaged(whole: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """A file with one kind of damage; each kind keeps enough in order for some of it to get far into a decoder."""
    data, kind = bytearray(whole), rng.integers(10)
    if kind == 0:  # cut
        return whole[: rng.integers(len(whole))]
    if kind == 1:  # another file's end
        place = rng.integers(8, 200)
        return whole[:place] + other[place:]
    if kind == 2:  # a piece lost, doubled or blank
        start, stop = sorted(rng.integers(0, len(data) + 1, 2))
        data[start:stop] = data[start:stop] * int(rng.integers(3)) or bytes(int(stop - start) * int(rng.integers(2)))
    elif kind == 3:  # a header of another format
        data[: rng.integers(2, 12)] = other[: rng.integers(2, 12)]
    elif kind in (4, 5):  # bits flipped anywhere
        for place in rng.integers(0, len(data), 1 + int(rng.exponential(3))):
            data[place] ^= 1 << rng.integers(8)
    elif kind in (6, 7):  # bytes changed in the header
        for place in rng.integers(0, min(len(data), 256), 1 + int(rng.exponential(2))):
            data[place] = rng.integers(256)
    elif whole[:2] in (b"II", b"MM") and whole[2:4] not in (b"+\0", b"\0+"):  # an entry of the TIFF's directory
        order = "<" if whole[:2] == b"II" else ">"
        at = struct.unpack_from(order + "I", whole, 4)[0]
        at += 2 + 12 * int(rng.integers(struct.unpack_from(order + "H", whole, at)[0]))
        field, form = ((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "H"))[rng.integers(5)]
        struct.pack_into(order + form, data, at + field, extreme(rng, form))
    else:  # a number in the header
        order, form = "<>"[rng.integers(2)], "HI"[rng.integers(2)]
        struct.pack_into(order + form, data, int(rng.integers(min(len(data), 256) - 4)), extreme(rng, form))
    return with_checksums(bytes(data)) if rng.random() < 0.8 else bytes(data)


def extreme(rng: np.random.Generator, form: str) -> int:
    small = [0, 1, 2, 3, 7, 8, 16, 64, 255, 256, 1000, 4000, 8000, 2**14, 2**15, 2**16 - 1, int(rng.integers(400))]
    return int(rng.choice(small + [2**20, 2**24, 2**31 - 1, 2**31, 2**32 - 1] * (form == "I")))


def with_checksums(data: bytes) -> bytes:
    """A PNG's chunks with checksums that fit, so that damage is not found by them; other files as they are."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        size = min(struct.unpack_from(">I", data, at)[0], len(data) - at - 12)
        content = data[at + 4 : at + 8 + size]
        parts.append(data[at : at + 4] + content + struct.pack(">I", zlib.crc32(content)))
        at += 12 + size
    return b"".join(parts)


def directory(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """A directory of a little-endian TIFF; entries are tag, type, count and value."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def bombs() -> dict[str, bytes]:
    """Small files that claim to be large, or that unpack to much."""
    zeros = zlib.compress(bytes(2**27), 9)
    blank = np.zeros((16, 48), np.uint8)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Im001_0.tif", bytes(2**20))
    files = {"zip": buffer.getvalue()}
    for side in (7, 8000, 8001, 20_001, 40_000, 2**16, 2**31 - 1):
        name, size = f" {side}", struct.pack("<II", side, side)
        files["png" + name] = png(side, side, 8, 2, blank)
        plain, packed = struct.pack("<HH", 1, 24) + bytes(24), struct.pack("<HHI", 1, 8, 1) + bytes(1044) + b"\0\1"
        for kind, start, body in (("bmp", 54, plain), ("rle", 1078, packed)):
            files[kind + name] = b"BM" + bytes(8) + struct.pack("<II", start, 40) + size + body
        files["ppm" + name] = f"P6 {side} {side} 255\n".encode()
        files["plain" + name] = f"P3 {side} {side} 255\n".encode()
        for strip in (side, 2**32 - 1, 1):
            entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
            entries += [(273, 4, 1, 122), (277, 3, 1, 1), (278, 4, 1, strip), (279, 4, 1, len(zeros))]
            files[f"deflate{name} {strip}"] = b"II*\0" + struct.pack("<I", 8) + directory(entries) + zeros
        jpeg = bytearray(saved(Image.new("RGB", (16, 16)), "JPEG", progressive=True))
        struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc2") + 5, min(side, 65535), min(side, 65535))
        files["jpeg" + name] = bytes(jpeg)
        stream = bytearray(saved(Image.new("RGB", (16, 16)), "JPEG2000", no_jp2=True))
        struct.pack_into(">II", stream, stream.index(b"\xff\x51") + 6, side, side)
        files["j2k" + name] = bytes(stream)
        struct.pack_into(">II", stream, stream.index(b"\xff\x51") + 22, side, side)
        files["j2k tile" + name] = bytes(stream)
        gif = bytearray(saved(Image.new("L", (16, 16)), "GIF"))
        struct.pack_into("<HH", gif, 6, min(side, 65535), min(side, 65535))
        files["gif" + name] = bytes(gif)
        canvas = struct.pack("<I", min(side, 2**24) - 1)[:3] * 2
        frame = saved(Image.new("RGB", (16, 16)), "WEBP")[12:]
        for flags in (0, 2):
            body = b"WEBPVP8X" + struct.pack("<II", 10, flags) + canvas + frame
            files[f"webp{name} {flags}"] = b"RIFF" + struct.pack("<I", len(body)) + body
    for name, start in (("zTXt", b"a\0\0"), ("iCCP", b"a\0\0"), ("iTXt", b"a\0\1\0\0\0")):
        files[name] = png(16, 16, 8, 2, blank, chunk(name.encode(), start + zeros))
        many = [chunk(name.encode(), start + zlib.compress(bytes(10**6)))] * 99
        files[f"{name} many"] = png(16, 16, 8, 2, blank, *many)
    files["wide"] = png(20_000, 8, 8, 2, np.zeros((8, 60_000), np.uint8))
    files["tall"] = png(8, 20_000, 8, 2, np.zeros((20_000, 24), np.uint8))
    files["frames"] = png(16, 16, 8, 2, blank, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    files["pixels"] = png(16, 16, 8, 2, np.zeros((16, 2**22), np.uint8))
    sizes, head = [(256, 4, 1, 16), (257, 4, 1, 16)], b"II*\0" + struct.pack("<I", 8)
    files["tags"] = head + directory([(40000, 2, 2**31, 8)] * 65535)
    files["one tag"] = head + directory([*sizes, (273, 4, 2**31, 8)])
    files["pages"] = head + directory(sizes + [(40000, 3, 2, 8)] * 65533) + bytes(12)
    return files


def in_use() -> int:
    """The most memory that this process has had in use, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def read_all(seed: int, count: int) -> None:
    """Reads damaged files within limits, and prints what became of them; the last number printed is the culprit's."""
    from leukgan.data.decoding import decode, resize_to_square
    from leukgan.errors import InputError

    faulthandler.enable()
    files, special = list(originals().values()), list(bombs().values())
    decode(files[0], Path("warm up"))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    before, found, odd, slowest = in_use(), Counter[str](), [], 0.0
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        whole, other = (files[i] for i in rng.integers(len(files), size=2))
        data = special[number] if number < len(special) else damaged(whole, other, rng)
        path = Path(f"Im{number}.tif")
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        faulthandler.dump_traceback_later(SECONDS_AN_IMAGE, exit=True)
        start = time.perf_counter()
        try:
            images = resize_to_square(decode(data, path).pixels, 32)
            found["read"] += 1
            assert images.shape == (3, 32, 32)
            assert images.dtype == np.uint8
        except InputError as error:
            message = str(error)
            found["refused"] += 1
            found[message.removeprefix(f"the file {path} ")] += 1
            whole_sentence = message.startswith(f"the file {path} ") and message.endswith(".") and message.isprintable()
            if not whole_sentence or "0x" in message or "MemoryError" in message:
                odd.append((number, message))
        except Exception as error:
            odd.append((number, repr(error)))
        slowest = max(slowest, time.perf_counter() - start)
        faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(json.dumps({"found": found, "odd": odd, "memory": in_use() - before, "slowest": slowest}))


@pytest.mark.slow
def test_ten_thousand_damaged_files_are_read_or_refused_in_a_sentence():
    folders = (Path(leukgan.__file__).parents[1], Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", __file__, "0", str(COUNT)],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, ""), f"image {lines[-1:]} of seed 0"
    result = json.loads(lines[-1])
    assert result["odd"] == []
    assert result["found"]["read"] + result["found"]["refused"] == COUNT
    assert 0.2 * COUNT < result["found"]["read"] < 0.6 * COUNT
    assert len(result["found"]) > 100  # many kinds of damage, and not one
    assert result["memory"] < PEAK


if __name__ == "__main__":
    read_all(int(sys.argv[1]), int(sys.argv[2]))
