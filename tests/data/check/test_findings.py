"""Laws of the data check: each planted fault raises its own finding, and a clean folder raises none."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from leukgan.data.check import check
from leukgan.data.check.findings import findings
from leukgan.data.images import CellImages
from leukgan.data.sources.all_idb2 import list_all_idb2
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images

CELLS = render_smears(image_size=64, count=60, seed=3)


def checked(source, name="folder", *, overlaps=True, blocks=None, repeats=True, count=3):
    def split(images):
        return [split_images(images, index=index, seed=0, test_fraction=0.2) for index in range(count)]

    return check(source, name, group_repeats=repeats, group_blocks=blocks, overlaps=overlaps, split=split)


def found(source, name="folder", **how):
    """Level and text of each finding by its title."""
    return {finding.title: (finding.level, finding.text) for finding in findings(checked(source, name, **how))}


def changed(pixels, **more):
    return replace(CELLS, images=pixels, **more)


@pytest.fixture
def folder(tmp_path):
    """Rendered cells as files, a folder a class."""
    for name, label, image in zip(CELLS.names, CELLS.labels, CELLS.images, strict=True):
        path = tmp_path / ("healthy", "leukemia")[label] / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(path)
    return tmp_path


def listed(folder, **more):
    return list_folder(root=str(folder), classes=("healthy", "leukemia"), image_size=64, **more)


def test_clean_images_raise_nothing(folder):
    assert found(CELLS, "smears", overlaps=True) == {}
    assert found(listed(folder), overlaps=True) == {}


def test_where_overlaps_are_not_looked_for_is_told(folder):
    note = found(CELLS, "smears", overlaps=False)
    assert note == {"Overlapping crops": ("note", "They are not looked for with overlaps=false.")}
    small = replace(CELLS, images=CELLS.images[:, :, ::2, ::2])
    assert "at fewer than 64 pixels a side" in found(small, "smears", overlaps=True)["Overlapping crops"][1]


def test_unreadable_files_make_a_study_invalid(folder):
    path = sorted(folder.rglob("*.png"))[4]
    path.write_bytes(path.read_bytes()[:200])
    result = checked(listed(folder))
    assert str(path) in result.refusal
    level, text = found(listed(folder))["Files that can't be used"]
    assert level == "error"
    assert text.startswith(f"1 of 60 files: the file {path} is damaged")
    assert len(result.images) == 59  # the others are checked all the same
    assert len(result.splits) == 3


def test_a_class_without_a_usable_image_makes_a_study_invalid(folder):
    for path in (folder / "leukemia").iterdir():
        path.write_bytes(b"")
    result = checked(listed(folder))
    assert result.refusal.endswith("is empty; replace or remove it.")
    assert found(listed(folder))["Files that can't be used"][1].startswith("30 of 60 files")
    assert result.splits == ()


def test_no_usable_file_at_all_is_told(folder):
    for path in folder.rglob("*.png"):
        path.write_bytes(b"")
    result = checked(listed(folder))
    assert result.images is None
    assert result.refusal
    assert result.table()["group"].tolist() == [""] * 60


def test_one_picture_with_two_labels_makes_a_study_invalid():
    pixels = CELLS.images.copy()
    pixels[5] = np.rot90(pixels[8], axes=(1, 2))
    source = changed(pixels)
    assert checked(source).conflicts == [(5, 8)]
    assert "smear_0006_1 and smear_0009_0 show the same and have different labels" in checked(source).refusal
    assert found(source)["One picture, two labels"][0] == "error"


def test_cells_that_only_look_alike_are_no_error_where_repeats_are_not_grouped():
    pixels = CELLS.images.copy()
    pixels[5] = np.rot90(pixels[8], axes=(1, 2))
    result = checked(changed(pixels), repeats=False)
    assert (result.conflicts, result.refusal, len(result.splits)) == ([], "", 3)
    told = found(changed(pixels), repeats=False)
    assert {level for level, _ in told.values()} == {"warning"}
    assert "smear_0009_0 shows smear_0006_1" in told["Images that show the same"][1]


def test_too_few_groups_for_a_split_make_a_study_invalid():
    grouped = replace(CELLS, groups=tuple("ab"[i // 30] for i in range(60)))
    result = checked(grouped)
    assert "too few for a split" in result.refusal
    assert found(grouped)["No split is possible"] == ("error", result.refusal)


def test_repeats_are_told_and_kept_together():
    pixels = CELLS.images.copy()
    pixels[40] = pixels[2][:, ::-1]
    result = checked(changed(pixels))
    assert [(pair.first, pair.second) for pair in result.repeats] == [(2, 40)]
    assert result.images.groups[40] == result.images.groups[2] == "smear_0003_0"
    assert "smear_0041_0 shows smear_0003_0" in found(changed(pixels))["Images that show the same"][1]
    row = result.table().set_index("image").loc["smear_0041_0"]
    assert (row["repeats"], row["group"], row["proposed_group"]) == ("smear_0003_0",) * 3
    assert result.refusal == ""


def test_a_tint_that_goes_with_the_class_is_told():
    tinted = CELLS.images.copy()
    tinted[CELLS.labels == 1, 2] = (0.85 * tinted[CELLS.labels == 1, 2]).astype(np.uint8)
    level, text = found(changed(tinted))["The class shows beside the cell"]
    assert level == "warning"
    assert "background, blue" in text
    assert "background, red" not in text


def test_ten_images_are_no_evidence_that_a_tint_goes_with_the_class():
    few = CELLS.part(range(10))
    tinted = few.images.copy()
    tinted[few.labels == 1, 2] = (0.85 * tinted[few.labels == 1, 2]).astype(np.uint8)
    result = checked(replace(few, images=tinted), count=1)
    assert result.differences.set_index("property").loc["background_blue", "auc"] < 0.1
    assert not result.differences["tells"].any()


def test_another_file_size_for_each_class_is_told(folder):
    for path in (folder / "leukemia").iterdir():
        Image.open(path).resize((48, 48)).save(path)
    assert (
        "width (median 64 for healthy, 48 for leukemia" in found(listed(folder))["The class shows beside the cell"][1]
    )


def test_unequal_classes_are_told():
    few = CELLS.part([*np.flatnonzero(CELLS.labels == 0), *np.flatnonzero(CELLS.labels == 1)[:10]])
    level, text = found(few)["Unequal classes"]
    assert level == "warning"
    assert text.startswith(
        "healthy has 3.0 times as many images as the other class, so that guessing healthy is right in 75%"
    )


def test_few_groups_are_told():
    grouped = replace(CELLS, groups=tuple(f"patient {i // 4}" for i in range(60)))
    assert found(grouped)["Few groups"][1].startswith("The 60 images are of 15 groups.")


def test_enlarged_and_converted_images_and_files_left_alone_are_told(folder):
    for path in sorted(folder.rglob("*.png"))[:7]:
        Image.open(path).convert("L").resize((20, 30)).save(path)
    (folder / "notes.txt").write_text("from the microscope")
    source = listed(folder)
    told = found(source)
    assert told["Images enlarged"][1].startswith("7 images of 60 have fewer than 64 pixels")
    assert told["Files left alone"] == ("note", "1 file: notes.txt.")
    source = list_folder(root=str(folder), classes=("healthy", "leukemia"), image_size=64)
    path = next(iter((folder / "healthy").iterdir()))
    Image.open(path).convert("RGBA").save(path)
    assert found(source)["Converted images"] == ("note", "1 image: transparency dropped.")


def test_the_worst_comes_first(folder):
    sorted(folder.rglob("*.png"))[4].write_bytes(b"")
    (folder / "notes.txt").write_text("from the microscope")
    levels = [finding.level for finding in findings(checked(listed(folder)))]
    assert levels == ["error", "note"]


@pytest.fixture
def idb2(tmp_path):
    """260 files named as ALL-IDB2's; Im223 is shown again, mirrored, by Im257."""
    cells = render_smears(image_size=32, count=520, seed=5)
    pictures = [*cells.of_class(1).images[:130], *cells.of_class(0).images[:130]]
    pictures[256] = pictures[222][..., ::-1]
    for number, image in enumerate(pictures, start=1):
        Image.fromarray(image.transpose(1, 2, 0)).save(tmp_path / f"Im{number:03d}_{int(number <= 130)}.tif")
    return tmp_path


def test_all_idb2_s_suspected_repeats_are_found_or_not_found(idb2):
    level, text = found(list_all_idb2(root=str(idb2), image_size=32), "all_idb2")["ALL-IDB2"]
    assert level == "note"
    assert "here are 130 and 130: the whole of it" in text
    assert "were found: Im257_0.tif shows Im223_0.tif." in text
    path = idb2 / "Im257_0.tif"
    other = render_smears(image_size=32, count=2, seed=77).images[0]
    Image.fromarray(other.transpose(1, 2, 0)).save(path)
    assert "were not found." in found(list_all_idb2(root=str(idb2), image_size=32), "all_idb2")["ALL-IDB2"][1]
    path.unlink()
    text = found(list_all_idb2(root=str(idb2), image_size=32), "all_idb2")["ALL-IDB2"][1]
    assert "here are 129 and 130: not the whole of it" in text
    assert "are not all here" in text


def test_overlaps_are_told_and_proposed_as_groups():
    large = render_smears(image_size=256, count=60, seed=3)
    pixels = CELLS.images.copy()
    scene = large.images[4]
    for place, (top, left) in ((4, (0, 0)), (10, (50, 38))):
        window = Image.fromarray(scene[:, top : top + 180, left : left + 180].transpose(1, 2, 0))
        pixels[place] = np.asarray(window.resize((64, 64), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    result = checked(changed(pixels), overlaps=True)
    assert [(crop.first, crop.second) for crop in result.overlaps] == [(4, 10)]
    assert result.proposed[10] == result.proposed[4] == "smear_0005_0"
    assert result.images.groups[10] == "smear_0011_0"
    assert "smear_0005_0 and smear_0011_0" in found(changed(pixels), overlaps=True)["Crops that overlap"][1]


def test_groups_of_blocks_are_the_study_s(folder):
    assert len(set(checked(listed(folder), blocks=10).images.groups)) == 12


def test_the_csv_lists_every_file(folder):
    sorted(folder.rglob("*.png"))[4].write_bytes(b"")
    table = checked(listed(folder)).table()
    assert len(table) == 60
    assert table["group"].eq("").sum() == 1
    assert not {"image", "class", "label", "sha256", "width", "height", "mode", "problem"} - set(table)


def test_arrays_and_files_give_the_same_findings(folder):
    assert isinstance(CELLS, CellImages)
    assert {*found(CELLS, "smears")} == {*found(listed(folder))}
