"""Laws of the reader of ALL-IDB2: what an image becomes, and that bad input is one sentence that names it."""

import hashlib
import io
import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from leukgan.data.all_idb2 import decode, load_all_idb2
from leukgan.errors import InputError

COLOUR = (200, 100, 50)


def tiff(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, format="TIFF", **options)
    return buffer.getvalue()


def sixteen_bit_colours(values):
    """A TIFF of 16-bit RGB, which Pillow reads and cannot write: uint16 (H, W, 3)."""
    height, width, _ = values.shape
    data = values.astype("<u2").tobytes()
    bits_at = 8 + 2 + 9 * 12 + 4
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, bits_at), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, bits_at + 6), (277, 3, 1, 3), (278, 3, 1, height), (279, 4, 1, len(data))]
    directory = struct.pack("<H", 9) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<HHH", 16, 16, 16) + data


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number, label in ((3, 0), (1, 1), (2, 1), (4, 0)):
        pixels = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
        (tmp_path / f"Im{number:03d}_{label}.tif").write_bytes(tiff(Image.fromarray(pixels)))
    return tmp_path


def sentence_of(call):
    """The message of the InputError that a call raises: one line that ends with a full stop."""
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_images_come_sorted_by_name_with_their_labels_and_digests(folder):
    data = load_all_idb2(root=str(folder), image_size=32)
    assert data.names == ("Im001_1.tif", "Im002_1.tif", "Im003_0.tif", "Im004_0.tif")
    assert data.labels.tolist() == [1, 1, 0, 0]
    assert data.labels.dtype == np.int64
    assert data.images.shape == (4, 3, 32, 32)
    assert data.images.dtype == np.uint8
    assert data.sha256[2] == hashlib.sha256((folder / "Im003_0.tif").read_bytes()).hexdigest()
    assert data.classes == ("healthy", "leukemia")


def test_reading_twice_gives_the_same(folder):
    first, second = (load_all_idb2(root=str(folder), image_size=32) for _ in range(2))
    assert first.fingerprint() == second.fingerprint()


def test_other_files_and_hidden_files_are_left_alone(folder):
    before = load_all_idb2(root=str(folder), image_size=32).fingerprint()
    (folder / "Readme.txt").write_text("read me")
    (folder / "._Im001_1.tif").write_text("left by a Mac")
    (folder / "more").mkdir()
    assert load_all_idb2(root=str(folder), image_size=32).fingerprint() == before


def test_the_home_folder_can_be_abbreviated(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(load_all_idb2(root=f"~/{folder.name}", image_size=32)) == 4


def test_a_missing_root_is_named(tmp_path):
    assert "data.root=<folder>" in sentence_of(lambda: load_all_idb2(image_size=32))
    assert f"{tmp_path}/absent" in sentence_of(lambda: load_all_idb2(root=f"{tmp_path}/absent", image_size=32))


def test_a_file_as_root_is_no_folder(folder):
    path = folder / "Im001_1.tif"
    assert f"{path} is not a folder" in sentence_of(lambda: load_all_idb2(root=str(path), image_size=32))


def test_an_empty_folder_is_named(tmp_path):
    assert f"data.root={tmp_path} has no image" in sentence_of(lambda: load_all_idb2(root=str(tmp_path), image_size=32))


@pytest.mark.parametrize("name", ["cell.tif", "Im1_0.tif", "Im001_2.tif", "Im001_0.tiff", "xIm001_0.tif"])
def test_a_wrong_name_is_told(folder, name):
    (folder / "Im001_1.tif").rename(folder / name)
    message = sentence_of(lambda: load_all_idb2(root=str(folder), image_size=32))
    assert "has 1 .tif file(s) not named" in message
    assert repr(name) in message


def test_one_class_is_too_few(folder):
    for name in ("Im003_0.tif", "Im004_0.tif"):
        (folder / name).unlink()
    assert "one class only (2 named Im..._1.tif)" in sentence_of(lambda: load_all_idb2(root=str(folder), image_size=32))


@pytest.mark.parametrize("image_size", [0, 16, 100, 512])
def test_a_size_without_networks_is_refused(folder, image_size):
    assert f"got {image_size};" in sentence_of(lambda: load_all_idb2(root=str(folder), image_size=image_size))


@pytest.mark.parametrize("classes", [("one",), ("a", "b", "c"), ("same", "same"), ("a/b", "c"), ("", "c"), ("_", "c")])
def test_classes_that_cannot_be_two_folders_are_refused(folder, classes):
    assert str(classes) in sentence_of(lambda: load_all_idb2(root=str(folder), image_size=32, classes=classes))


@pytest.mark.parametrize(("content", "reason"), [(b"", "is empty"), (b"no image at all", "is no image")])
def test_a_file_without_image_is_named(folder, content, reason):
    path = folder / "Im002_1.tif"
    path.write_bytes(content)
    message = sentence_of(lambda: load_all_idb2(root=str(folder), image_size=32))
    assert message == f"the file {path} {reason}; replace or remove it."


def test_a_dangling_link_is_no_missing_image(folder):
    path = folder / "Im005_1.tif"
    path.symlink_to(folder / "moved_away.tif")
    message = sentence_of(lambda: load_all_idb2(root=str(folder), image_size=32))
    assert f"the file {path} cannot be read" in message


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path, compression, capfd):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    whole = tiff(Image.fromarray(pixels), compression=compression)
    expected = decode(whole, tmp_path, 32)
    cut = [whole[:length] for length in range(1, len(whole))]
    messages = [message for data in cut if (message := refusal(data, tmp_path, expected))]
    assert len(messages) == pytest.approx(len(whole), rel=0.05)
    assert all(str(tmp_path) in message and "0x" not in message for message in messages)


def test_damage_of_any_kind_is_an_input_error(tmp_path, capfd):
    rng = np.random.default_rng(0)
    whole = tiff(Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)))
    messages = []
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, 200, 5):
            damaged[place] = rng.integers(256)
        messages.append(refusal(bytes(damaged), tmp_path))
    refused = [message for message in messages if message]
    assert 50 < len(refused) < 300
    assert all(message.startswith(f"the file {tmp_path} ") for message in refused)


def refusal(data, path, expected=None):
    """Why an image is refused, or None where it is decoded as expected."""
    try:
        pixels = decode(data, path, 32)
    except InputError as error:
        return str(error)
    assert pixels.shape == (3, 32, 32)
    if expected is not None:
        np.testing.assert_array_equal(pixels, expected)
    return None


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "YCbCr"])
def test_colour_images_of_every_kind_keep_their_colours(tmp_path, mode):
    image = Image.new("RGB", (32, 32), COLOUR).convert(mode)
    pixels = decode(tiff(image), tmp_path, 32)
    np.testing.assert_allclose(pixels.mean(axis=(1, 2)), COLOUR, atol=1.5)


def test_a_palette_is_looked_up(tmp_path):
    image = Image.new("P", (32, 32), 7)
    image.putpalette([*[0] * 21, *COLOUR])
    np.testing.assert_array_equal(decode(tiff(image), tmp_path, 32)[:, 0, 0], COLOUR)


def test_grey_becomes_three_equal_channels(tmp_path):
    np.testing.assert_array_equal(decode(tiff(Image.new("L", (32, 32), 77)), tmp_path, 32), np.full((3, 32, 32), 77))


def test_transparency_is_dropped(tmp_path):
    image = Image.new("RGBA", (32, 32), (*COLOUR, 0))
    np.testing.assert_array_equal(decode(tiff(image), tmp_path, 32)[:, 0, 0], COLOUR)


@pytest.mark.parametrize("colours", [False, True])
def test_sixteen_bits_keep_the_upper_eight(tmp_path, colours):
    values = np.random.default_rng(0).integers(0, 2**16, (32, 32), dtype=np.uint16)
    data = sixteen_bit_colours(np.stack([values] * 3, axis=2)) if colours else tiff(Image.fromarray(values))
    np.testing.assert_array_equal(decode(data, tmp_path, 32), np.stack([values >> 8] * 3))


@pytest.mark.parametrize("mode", ["I", "F", "LAB"])
def test_pixels_without_a_known_range_are_refused(tmp_path, mode):
    message = sentence_of(lambda: decode(tiff(Image.new(mode, (32, 32))), tmp_path / "Im001_0.tif", 32))
    assert f"Im001_0.tif has pixels of Pillow's mode {mode}; save it as RGB" in message


def test_odd_metadata_is_no_concern(tmp_path):
    data = tiff(Image.new("RGB", (32, 32), COLOUR), tiffinfo={270: "a cell"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(data, tmp_path, 32)[:, 0, 0].tolist() == list(COLOUR)


def test_an_image_of_the_right_size_is_kept_to_the_bit(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode(tiff(Image.fromarray(pixels)), tmp_path, 32), pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("shape", [(64, 41), (41, 64), (64, 64)])
def test_a_disc_stays_a_disc_in_a_crop_of_any_shape(tmp_path, shape):
    """A clipped crop is widened, not stretched: the disc keeps its radii, in proportion to the longer side."""
    height, width = shape
    rows, columns = np.ogrid[:height, :width]
    inside = (rows - (height - 1) / 2) ** 2 + (columns - (width - 1) / 2) ** 2 < 12**2
    pixels = np.repeat(np.where(inside, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    dark = decode(tiff(Image.fromarray(pixels)), tmp_path, 32)[0, 8:24, 8:24] < 128  # without the disc's reflections
    assert np.ptp(np.flatnonzero(dark.any(0))) + 1 == pytest.approx(12, abs=1)
    assert np.ptp(np.flatnonzero(dark.any(1))) + 1 == pytest.approx(12, abs=1)


def test_a_clipped_crop_is_filled_with_its_own_reflection(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 16, 3), dtype=np.uint8)
    square = decode(tiff(Image.fromarray(pixels)), tmp_path, 32).transpose(1, 2, 0)
    np.testing.assert_array_equal(square[:, 8:24], pixels)
    np.testing.assert_array_equal(square[:, :8], pixels[:, :8][:, ::-1])
    np.testing.assert_array_equal(square[:, 24:], pixels[:, 8:][:, ::-1])
