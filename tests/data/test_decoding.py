"""Laws of decoding and resizing: which pixels a file's values become, and that bad input is one sentence."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from data.image_files import png, saved, tiff
from PIL import Image, PngImagePlugin, TiffImagePlugin

from leukgan.data.decoding import decode, read, resize_to_square
from leukgan.errors import InputError

COLOUR = (200, 100, 50)
PATH = Path("Im001_0.tif")
UPPER = "the upper eight of sixteen bits kept"
TURNED = "turned upright by its EXIF orientation"
MOST = "the 64 million that a picture of one cell may have; crop it."


def with_entry(data, tag, value, place=8):
    """A little-endian TIFF whose directory has another value for a tag, or at place 4 another count."""
    data = bytearray(data)
    at = struct.unpack_from("<I", data, 4)[0]
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        if struct.unpack_from("<H", data, entry)[0] == tag:
            struct.pack_into("<I", data, entry + place, value)
            return bytes(data)
    raise LookupError(tag)


def sixteen_bit_png(values, kind):
    """A PNG of sixteen bits, which Pillow reads and cannot write."""
    return png(values.shape[1], values.shape[0], 16, kind, values.astype(">u2"))


def noise(*shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def sentence_of(data):
    """Why a file is refused: one line that names it and ends with a full stop, less the name."""
    with pytest.raises(InputError) as caught:
        decode(data, PATH)
    message = str(caught.value)
    assert message.startswith(f"the file {PATH} ")
    assert message.endswith(".")
    assert "\n" not in message
    assert "0x" not in message
    return message.removeprefix(f"the file {PATH} ")


def refused(data, expected):
    """Whether a file is refused; one that is read has the pixels expected."""
    try:
        pixels = decode(data, PATH).pixels
    except InputError:
        return True
    np.testing.assert_array_equal(pixels, expected)
    return False


LOSSLESS = [
    *(("TIFF", {"compression": name}) for name in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd", "lzma")),
    *((kind, {}) for kind in ("PNG", "BMP", "GIF", "PPM", "JPEG2000")),
    ("WEBP", {"lossless": True}),
]


@pytest.mark.parametrize(("kind", "options"), [*LOSSLESS, ("TIFF", {"compression": "jpeg"}), ("JPEG", {})])
def test_a_file_cut_anywhere_is_refused_or_whole(kind, options, capfd):
    whole = saved(Image.fromarray(noise(12, 12, 3)), kind, **options)
    expected = decode(whole, PATH).pixels
    count = sum(refused(whole[:length], expected) for length in range(1, len(whole)))
    assert count == pytest.approx(len(whole), rel=0.05)
    assert capfd.readouterr() == ("", "")


DAMAGES = [
    *(SyntaxError, OverflowError, ZeroDivisionError, RecursionError, MemoryError, KeyError, TypeError, AttributeError),
    *(struct.error, zlib.error, EOFError, OSError, AssertionError, UnicodeDecodeError),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_pillow_raises_becomes_a_sentence(damage, monkeypatch):
    whole = saved(Image.new("RGB", (9, 9)))
    for words in ("<at 0x7f00>\n", "279", "a\0b c", 99 * "long "):

        def fail(self, words=words):
            raise damage("utf-8", b"", 0, 1, "\nat 0x7f") if damage is UnicodeDecodeError else damage(words)

        for stage in ("load", "_open"):
            monkeypatch.setattr(TiffImagePlugin.TiffImageFile, stage, fail)
            sentence = f"is damaged ({damage.__name__}); replace or remove it."
            assert sentence_of(whole) in (sentence, "is no image; replace or remove it.")
        monkeypatch.undo()


def test_an_interrupt_is_no_damage(monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode(saved(Image.new("RGB", (9, 9))), PATH)


def test_other_files_and_formats_out_of_use_are_no_image():
    pcx = saved(Image.new("RGB", (32, 32)), "PCX")
    for content in (b"no image at all", b"PK\3\4" + bytes(99), b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\0\0\1\0" * 9, pcx):
        assert sentence_of(content) == "is no image; replace or remove it."
    assert sentence_of(b"") == "is empty; replace or remove it."


def test_a_file_that_is_gone_is_named(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"abc")
    assert read(tmp_path / "a.tif") == b"abc"
    with pytest.raises(
        InputError, match=r"gone.tif cannot be read \(No such file or directory\); replace or remove it\.$"
    ):
        read(tmp_path / "gone.tif")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "YCbCr"])
def test_colour_images_of_every_kind_keep_their_colours(mode):
    picture = decode(saved(Image.new("RGB", (32, 32), COLOUR).convert(mode)), PATH)
    np.testing.assert_allclose(picture.pixels.mean(axis=(0, 1)), COLOUR, atol=1.5)
    conversions = {"RGB": (), "RGBA": ("transparency dropped",)}.get(mode, (f"{mode} converted",))
    assert (picture.format, picture.mode, picture.conversions) == ("TIFF", mode, conversions)


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_formats_without_loss_keep_every_pixel(kind, options):
    pixels = noise(20, 24, 3) // 64 * 64  # so few colours that they fit in a palette
    picture = decode(saved(Image.fromarray(pixels), kind, **options), PATH)
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert (picture.format, picture.mode) == (kind, "P" if kind == "GIF" else "RGB")
    assert picture.pixels.dtype == np.uint8


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB")])
def test_formats_with_loss_nearly_keep_a_colour(kind, mode):
    picture = decode(saved(Image.new("RGB", (32, 32), COLOUR).convert(mode), kind), PATH)
    np.testing.assert_allclose(picture.pixels.mean(axis=(0, 1)), COLOUR, atol=3)
    assert (picture.format, picture.mode) == (kind, mode)


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "BMP", "GIF"])
def test_a_palette_is_looked_up(kind):
    image = Image.new("P", (32, 32), 7)
    image.putpalette([*[0] * 21, *COLOUR])
    picture = decode(saved(image, kind), PATH)
    np.testing.assert_array_equal(picture.pixels, np.full((32, 32, 3), COLOUR))
    assert (picture.mode, picture.conversions) == ("P", ("palette looked up",))


@pytest.mark.parametrize(("kind", "transparency"), [("PNG", 0), ("PNG", bytes(8)), ("GIF", 0)])
def test_the_transparency_of_a_palette_is_dropped(kind, transparency):
    image = Image.new("P", (32, 32), 0)
    image.putpixel((1, 1), 1)
    image.putpalette([*COLOUR, 1, 2, 3])
    picture = decode(saved(image, kind, transparency=transparency), PATH)
    assert picture.pixels[0, 0].tolist() == list(COLOUR)
    assert picture.pixels[1, 1].tolist() == [1, 2, 3]
    assert picture.conversions == ("palette looked up", "transparency dropped")


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WEBP", "JPEG2000"])
def test_transparency_is_dropped(kind):
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    picture = decode(saved(Image.new("RGBA", (32, 32), (*COLOUR, 0)), kind, **options), PATH)
    np.testing.assert_array_equal(picture.pixels, np.full((32, 32, 3), COLOUR))
    assert (picture.mode, picture.conversions) == ("RGBA", ("transparency dropped",))


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "JPEG2000"])
def test_grey_becomes_three_equal_channels(kind):
    grey, clear = (decode(saved(Image.new(*of), kind), PATH) for of in (("L", (9, 9), 77), ("LA", (9, 9), (77, 0))))
    np.testing.assert_array_equal(grey.pixels, np.full((9, 9, 3), 77))
    np.testing.assert_array_equal(clear.pixels, grey.pixels)
    assert (grey.mode, grey.conversions, clear.mode) == ("L", (), "LA")
    assert clear.conversions == ("transparency dropped",)


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "BMP", "PPM"])
def test_one_bit_is_black_or_white(kind):
    values = noise(11, 13) > 127
    picture = decode(saved(Image.fromarray(values), kind), PATH)
    np.testing.assert_array_equal(picture.pixels, np.repeat(255 * values[..., None], 3, axis=2))
    assert (picture.mode, picture.conversions) == ("1", ())


LAYOUTS = [
    *({}, {"rowsperstrip": 5}, {"tile": (16, 16)}, {"compression": "zlib"}),
    *({"compression": "zlib", "predictor": True}, {"compression": "zlib", "planarconfig": "separate"}),
]
SAMPLES = {1: {"photometric": "minisblack"}, 3: {"photometric": "rgb"}}
SAMPLES[4] = {"photometric": "rgb", "extrasamples": ["unassalpha"]}


@pytest.mark.parametrize("options", LAYOUTS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_keep_the_upper_eight_in_a_tiff(channels, order, options):
    values = noise(20, 24, channels, dtype=np.uint16)
    planes = values.transpose(2, 0, 1) if "planarconfig" in options else values
    if channels == 1:
        planes, options = values[..., 0], {key: value for key, value in options.items() if key != "planarconfig"}
    picture = decode(tiff(planes, byteorder=order, **SAMPLES[channels], **options), PATH)
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(values[..., :3] >> 8, (20, 24, 3)))
    assert picture.mode == {1: "I;16", 3: "RGB;16", 4: "RGBA;16"}[channels]
    assert picture.conversions == (UPPER, "transparency dropped")[: 1 + (channels == 4)]


@pytest.mark.parametrize(("channels", "kind", "mode"), [(3, 2, "RGB;16"), (2, 4, "LA;16"), (4, 6, "RGBA;16")])
def test_sixteen_bits_keep_the_upper_eight_in_a_png(channels, kind, mode):
    values = noise(20, 24, channels, dtype=np.uint16)
    picture = decode(sixteen_bit_png(values, kind), PATH)
    colours = values[..., :1] if channels == 2 else values[..., :3]
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(colours >> 8, (20, 24, 3)))
    assert (picture.mode, picture.conversions) == (mode, (UPPER, "transparency dropped")[: 1 + (channels != 3)])


@pytest.mark.parametrize("kind", ["PNG", "PPM", "JPEG2000", "TIFF"])
def test_sixteen_bits_of_grey_keep_the_upper_eight(kind):
    values = noise(20, 24, dtype=np.uint16)
    picture = decode(saved(Image.fromarray(values), kind), PATH)
    np.testing.assert_array_equal(picture.pixels, np.repeat((values >> 8)[..., None], 3, axis=2))
    assert (picture.mode, picture.conversions) == ("I;16", (UPPER,))


def test_of_twelve_bits_the_upper_eight_are_kept():
    values = noise(16, 16, dtype=np.uint16) >> 4
    pairs = values.reshape(-1, 2).astype(np.uint32)
    packed = np.stack([pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], axis=1)
    whole = tiff(packed.astype(np.uint8).reshape(16, 24), photometric="minisblack")
    picture = decode(with_entry(with_entry(whole, 256, 16), 258, 12), PATH)
    np.testing.assert_array_equal(picture.pixels, np.repeat((values >> 4)[..., None], 3, axis=2))
    assert (picture.mode, picture.conversions) == ("I;12", ("the upper eight of 12 bits kept",))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_zero_is_white_where_the_file_says_so(dtype, compression):
    values = noise(16, 16, dtype=dtype)
    picture = decode(tiff(values, photometric="miniswhite", compression=compression), PATH)
    upper = values >> 8 * (values.itemsize - 1)
    np.testing.assert_array_equal(picture.pixels, np.repeat(255 - upper[..., None], 3, axis=2))


@pytest.mark.parametrize(
    "options", [{"tile": (16, 16)}, {"planarconfig": "separate"}, {"bigtiff": True}, {"byteorder": ">"}]
)
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_the_layout_of_a_tiff_changes_no_pixel(options, compression):
    pixels = noise(20, 24, 3)
    planes = pixels.transpose(2, 0, 1) if "planarconfig" in options else pixels
    picture = decode(tiff(planes, photometric="rgb", compression=compression, **options), PATH)
    np.testing.assert_array_equal(picture.pixels, pixels)


def test_planes_that_pillow_misreads_are_refused():
    data = tiff(noise(3, 20, 24, dtype=np.uint16), photometric="rgb", planarconfig="separate")
    assert sentence_of(data) == "has uncompressed planes of 16 bits; save it with a pixel's colours side by side."


@pytest.mark.parametrize(("tag", "value"), [(278, 9), (279, 1439)])
def test_strips_that_do_not_make_up_the_picture_are_refused(tag, value):
    whole = saved(Image.fromarray(noise(20, 24, 3)))
    np.testing.assert_array_equal(decode(with_entry(whole, 279, 1440), PATH).pixels, noise(20, 24, 3))
    assert "its parts do not make up the picture" in sentence_of(with_entry(whole, tag, value))


@pytest.mark.parametrize(
    ("kind", "marker", "skip", "form"), [("GIF", b"GIF89a", 6, "<HH"), ("JPEG", b"\xff\xc0", 5, ">HH")]
)
def test_a_size_that_is_not_filled_is_refused(kind, marker, skip, form):
    """A GIF's frame may be smaller than its canvas, and libjpeg makes the rest of a short file grey."""
    data = bytearray(saved(Image.new("L", (16, 16)), kind).replace(b"GIF87a", b"GIF89a"))
    struct.pack_into(form, data, data.index(marker) + skip, 2000, 2000)
    assert "its parts do not make up the picture" in sentence_of(bytes(data))


def test_a_compression_out_of_use_is_refused():
    assert sentence_of(saved(Image.new("1", (32, 32)), compression="group4")) == (
        "is a TIFF compressed as group4; save it without compression."
    )


ORIENTED = {  # by EXIF's orientation: how the upright picture lies in the file
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}
CARRIERS = [("TIFF", None), ("TIFF", "tiff_lzw"), ("PNG", None), ("JPEG", None), ("WEBP", None)]


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize(("kind", "compression"), CARRIERS)
def test_every_orientation_is_turned_upright_once(kind, compression, orientation):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16], upright[:16, 32:] = (255, 0, 0), (0, 255, 0)  # tells all eight apart, and survives JPEG
    image = Image.fromarray(np.ascontiguousarray(ORIENTED[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    if compression:
        options["compression"] = compression
    picture = decode(saved(image, kind, exif=exif, **options), PATH)
    np.testing.assert_allclose(picture.pixels.astype(int), upright, atol=8 if kind == "JPEG" else 0)
    assert picture.conversions == (TURNED,) * (orientation > 1)


@pytest.mark.parametrize("orientation", [3, 6])
def test_grey_of_sixteen_bits_is_turned_too(orientation):
    values = noise(16, 24, dtype=np.uint16)
    picture = decode(tiff(values, extratags=[(274, "H", 1, orientation, True)]), PATH)
    upright = {3: values[::-1, ::-1], 6: np.rot90(values, -1)}[orientation]
    np.testing.assert_array_equal(picture.pixels[..., 0], upright >> 8)
    assert picture.conversions == (UPPER, TURNED)


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
def test_an_orientation_told_twice_is_turned_once(kind):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16] = 255
    exif, xmp = Image.Exif(), b'<rdf:Description tiff:Orientation="6"/>'
    exif[0x0112] = 6
    image = Image.fromarray(np.ascontiguousarray(np.rot90(upright)))
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    options = {"TIFF": {"tiffinfo": {700: xmp, 274: 6}}, "JPEG": {"xmp": xmp, "exif": exif}}
    picture = decode(saved(image, kind, **options.get(kind, {"pnginfo": info, "exif": exif})), PATH)
    np.testing.assert_allclose(picture.pixels.astype(int), upright, atol=8 if kind == "JPEG" else 0)


def test_a_colour_profile_is_left_out():
    pixels = noise(16, 16, 3)
    picture = decode(saved(Image.fromarray(pixels), "PNG", icc_profile=bytes(99)), PATH)
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.conversions == ("colour profile left out",)


def pages(*subfile_types):
    """A TIFF of pages of decreasing size, and the pixels of each."""
    sides = [40 - min(i, 9) for i in range(len(subfile_types))]
    buffer, pixels = io.BytesIO(), [noise(side, side, 3, seed=i) for i, side in enumerate(sides)]
    with tifffile.TiffWriter(buffer) as writer:
        for page, subfile_type in zip(pixels, subfile_types, strict=True):
            writer.write(page, photometric="rgb", subfiletype=subfile_type, metadata=None)
    return buffer.getvalue(), pixels


@pytest.mark.parametrize(("types", "full"), [((0, 1, 1), 0), ((1, 0), 1), ((0,), 0)])
def test_smaller_copies_in_further_pages_are_left_out(types, full):
    data, pixels = pages(*types)
    picture = decode(data, PATH)
    np.testing.assert_array_equal(picture.pixels, pixels[full])
    assert picture.conversions == ("smaller copies in further pages left out",) * (len(types) > 1)


@pytest.mark.parametrize(
    ("types", "has"), [((0, 0, 0), "3 pages"), ((0, 1, 0), "2 pages"), ((1,), "no page but smaller copies")]
)
def test_several_full_pages_are_refused(types, has):
    assert sentence_of(pages(*types)[0]) == f"has {has}; save the one that shows the cell as a file of its own."


@pytest.mark.parametrize("further", [0, 1])
def test_very_many_pages_are_not_counted(further):
    assert sentence_of(pages(0, *[further] * 59)[0]).startswith("has more than 50 pages; save the one that shows")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_frames_are_refused(kind):
    frames = [Image.fromarray(noise(16, 16, 3, seed=i)) for i in range(3)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert sentence_of(data) == "has 3 frames; save the one that shows the cell as a file of its own."


def test_a_phones_jpeg_is_its_first_picture():
    first, second = (Image.fromarray(noise(16, 16, 3, seed=i)) for i in range(2))
    picture = decode(saved(first, "MPO", save_all=True, append_images=[second]), PATH)
    np.testing.assert_array_equal(picture.pixels, decode(saved(first, "JPEG"), PATH).pixels)
    assert (picture.format, picture.conversions) == ("JPEG", ("further pictures behind the first left out",))


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((8001, 8000), f"has 8001 x 8000 pixels, more than {MOST}"),
        ((40_000, 40_000), f"has more pixels than {MOST}"),
        ((7, 100), "has 7 x 100 pixels, and a picture of one cell has 8 to 20,000 a side; replace it."),
        ((100, 20_001), "has 100 x 20001 pixels, and a picture of one cell has 8 to 20,000 a side; replace it."),
    ],
)
def test_sizes_that_no_cell_has_are_refused_before_any_pixel_is_read(size, sentence, monkeypatch):
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda self: pytest.fail("read"))
    data = bytearray(sixteen_bit_png(np.zeros((1, 1, 3), np.uint16), 2))
    struct.pack_into(">II", data, 16, *size)
    struct.pack_into(">I", data, 29, zlib.crc32(bytes(data[12:29])))
    assert sentence_of(bytes(data)) == sentence


def test_the_smallest_and_the_longest_sizes_are_read():
    assert decode(saved(Image.new("1", (20_000, 8)), "PNG"), PATH).pixels.shape == (8, 20_000, 3)


@pytest.mark.parametrize("mode", ["I", "F", "LAB"])
def test_pixels_without_a_known_range_are_refused(mode):
    sentence = f"has pixels of Pillow's mode {mode}; save it as RGB with 8 bits a channel."
    assert sentence_of(saved(Image.new(mode, (32, 32)))) == sentence


@pytest.mark.parametrize("start", [b"P3 8 8 255\n", b"P6 8 8 1023\n", b"P5 8 8 4095\n"])
def test_levels_that_pillow_would_round_are_refused(start):
    assert sentence_of(start + bytes(999)) == "is a PPM file in plain text or of uncommon levels; save it as PNG."


def test_odd_metadata_is_no_concern():
    data = with_entry(saved(Image.new("RGB", (32, 32), COLOUR), dpi=(72, 72)), 282, 2, place=4)
    with pytest.warns(UserWarning, match="too many entries"):
        Image.open(io.BytesIO(data)).load()
    with warnings.catch_warnings(record=True) as told:
        assert decode(data, PATH).pixels[0, 0].tolist() == list(COLOUR)
    assert told == []


def test_pillow_logs_nothing_of_a_damaged_file(caplog):
    assert sentence_of(with_entry(saved(Image.new("RGB", (32, 32))), 277, 99)) == "is no image; replace or remove it."
    assert caplog.records == []


@pytest.mark.parametrize("shape", [(32, 32), (50, 31), (31, 50), (32, 16), (257, 257), (4200, 10), (10, 4200)])
def test_resizing_in_parts_is_resizing_the_whole_square_of_reflections(shape):
    """A long strip is resized in blocks of rows, to the bit as if its square had been in memory at once."""
    pixels, side = noise(*shape, 3), max(shape)
    before = [(side - length) // 2 for length in shape]
    around = [(start, side - length - start) for start, length in zip(before, shape, strict=True)]
    square = np.pad(pixels, [*around, (0, 0)], mode="symmetric")
    whole = Image.fromarray(square).resize((32, 32), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(resize_to_square(pixels, 32), np.asarray(whole).transpose(2, 0, 1))
