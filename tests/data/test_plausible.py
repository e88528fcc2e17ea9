"""Laws of what cell images do not look like: other ranges and masks are told, and no real or rendered cells are."""

import io
from pathlib import PurePosixPath

import numpy as np
import pytest
from PIL import Image
from real_files import REAL_CELLS, needs_real_cells

from leukgan.data.decoding import decode
from leukgan.data.loading import load_grouped
from leukgan.data.plausible import check_names, check_values, nearly_binary
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=32, count=40, seed=0).images


def check(images, levels=None, chosen=False):
    check_values(images, [f"cell-{i}" for i in range(len(images))], "data.root=cells", levels=levels, chosen=chosen)


def test_rendered_cells_pass_in_colour_and_in_grey(cells):
    check(cells)
    check(np.repeat(cells.mean(1, keepdims=True).astype(np.uint8), 3, axis=1))


@needs_real_cells
def test_real_cells_pass_in_colour_and_in_grey():
    files = sorted((REAL_CELLS / "images").iterdir())
    images = np.stack([np.asarray(Image.open(file).convert("RGB").resize((32, 32))) for file in files])
    check(images.transpose(0, 3, 1, 2))
    check(np.repeat(images.mean(3, keepdims=True).astype(np.uint8), 3, axis=3).transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("scaled", "said"),
    [
        (lambda x: x // 16, "are all dark, as 12-bit values in 16-bit files are (in cell-0 "),
        (lambda x: x // 4, "are all dark"),
        (lambda x: 200 + x // 5, "are all bright"),
        (lambda x: 120 + x // 20, "hardly differ"),
    ],
)
def test_an_implausible_range_is_refused_unless_a_rule_is_given(cells, scaled, said):
    images = scaled(cells.astype(int)).astype(np.uint8)
    with pytest.raises(InputError, match=r"the values of 40 of the 40 images of data\.root=cells ") as refused:
        check(images)
    assert said in str(refused.value)
    assert "data.levels=12bit" in str(refused.value)
    check(images, levels="stored", chosen=True)

    # Also of one image among cells, as where one class is of another camera.
    mixed = np.concatenate([cells[:7], images[7:8], cells[8:]])
    with pytest.raises(InputError, match=r"the values of 1 of the 40 images .* \(in cell-7 \d+ to \d+ of 255"):
        check(mixed)
    check(mixed, levels="stored", chosen=True)


def test_masks_are_told_from_cells_also_with_blurred_edges(cells):
    y, x = np.mgrid[:40, :40] / 40 - 0.5
    masks = [
        Image.fromarray(((np.hypot(x, y) < r) * 255).astype(np.uint8)).resize((32, 32), 3) for r in (0.2, 0.3, 0.4)
    ]
    masks = np.repeat(np.stack([np.asarray(mask) for mask in masks])[:, None], 3, axis=1)
    coloured = masks * np.array([1, 0, 0.6])[:, None, None] + np.array([0, 30, 0])[:, None, None]
    assert nearly_binary(masks).all()
    assert nearly_binary(coloured.astype(np.uint8)).all()
    assert not nearly_binary(cells).any()
    with pytest.raises(InputError, match=r"3 of the 43 images of data\.root=cells have nearly two values only"):
        check(np.concatenate([cells, masks]))
    check(np.concatenate([cells, masks]), chosen=True)


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["healthy/1.bmp", "healthy/1.png"], "*.bmp"),
        (["healthy/1.png", "healthy/1.tif"], "*.tif"),
        (["healthy/1.png", "healthy/1_mask.png"], "!*_mask.*"),
        (["healthy/1.png", "healthy/1-Thumb.jpg"], "!*-Thumb.*"),
        (["healthy/images/1.png", "healthy/masks/1.png"], "!masks/*"),
    ],
)
def test_files_that_differ_by_ending_suffix_or_folder_are_refused_with_the_pattern_that_helps(names, pattern):
    with pytest.raises(InputError, match="1 files that may be masks") as refused:
        check_names(names, "data.root=cells")
    assert f"data.pattern='{pattern}'" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("{}_boxed.png", "!*_boxed.*"), ("cam-{}.png", "!cam-*"), ("GradCAM/{}.png", "!GradCAM/*")],
)
def test_several_files_called_after_others_are_refused_with_the_pattern_that_helps(name, pattern):
    numbers = [f"{number:03d}" for number in range(3)]
    names = [f"healthy/{number}.png" for number in numbers]
    derived = [f"healthy/{name.format(number)}" for number in numbers]
    check_names(names + derived[1:], "data.root=cells")
    with pytest.raises(InputError, match="3 files that may be masks") as refused:
        check_names(names + derived, "data.root=cells")
    assert f"data.pattern='{pattern}'" in str(refused.value)
    assert all(PurePosixPath(each).match(pattern[1:]) for each in derived)
    assert not any(PurePosixPath(each).match(pattern[1:]) for each in names)


def test_ordinary_names_pass():
    check_names([f"healthy/{patient}/{i}.png" for patient in ("p1", "p2") for i in range(9)], "d")
    check_names([f"healthy/{i}{end}.png" for i in range(9) for end in ("", "_1", "_2", "a")], "d")
    check_names(["healthy/1.png", "healthy/1_2.png", "leukemia/1.bmp", "leukemia/mask.png", "leukemia/x_mask.png"], "d")


def tiff(values):
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, format="TIFF")
    return buffer.getvalue()


@pytest.fixture
def twelve_bits(tmp_path):
    """Cells as a camera of 12 bits stores them in files of 16."""
    source = render_smears(image_size=64, count=16, seed=0)
    for number, (image, label) in enumerate(zip(source.images, source.labels, strict=True)):
        path = tmp_path / source.classes[label] / f"{number:02d}.tif"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tiff((image.mean(0) * 4095 / 255).astype(np.uint16)))
    return lambda **settings: list_folder(image_size=64, root=str(tmp_path), classes=source.classes, **settings), source


def load(source):
    return load_grouped(source, repeats=False, block=None).images


def test_twelve_bits_in_sixteen_are_refused_and_scaled_by_one_rule_for_all(twelve_bits):
    listed, source = twelve_bits
    with pytest.raises(InputError, match="are all dark"):
        load(listed())
    expected = np.repeat(source.images.mean(1, keepdims=True), 3, axis=1)
    order = np.argsort([f"{source.classes[label]}/{i:02d}" for i, label in enumerate(source.labels)])
    np.testing.assert_allclose(load(listed(levels="12bit")), expected[order], atol=1)

    stretched = load(listed(levels="minmax"))
    assert (stretched.min(), stretched.max()) == (0, 255)
    line = np.polyfit(expected[order].ravel(), stretched.ravel(), 1)
    np.testing.assert_allclose(stretched, np.polyval(line, expected[order]), atol=1.5)
    assert load(listed(levels="stored")).max() < 16


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((16, 16), 5000, np.uint16), "has values up to 5000, which data.levels takes for values up to 4095"),
        (np.full((16, 16), 50, np.uint8), "has 8 bits a channel, which data.levels takes for values up to 4095"),
    ],
)
def test_a_rule_that_does_not_fit_a_file_is_refused(values, said):
    with pytest.raises(InputError, match=said):
        decode(tiff(values), "cell.tif", (0, 4095))
