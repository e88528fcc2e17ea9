"""Laws of the data check: each planted fault raises its own finding, and a clean folder raises none."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from toys import split_settings

from leukgan.data.check import check
from leukgan.data.check.findings import findings
from leukgan.data.sources.all_idb2 import list_all_idb2
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.smears import render_smears

CELLS = render_smears(image_size=64, count=60, seed=3)


def checked(source, name="folder", *, overlaps=False, count=3, **settings):
    """The check, and the level and text of each finding by its title."""
    made = check(source, name, split_settings(count=count, **settings), seed=0, overlaps=overlaps)
    return made, {finding.title: (finding.level, finding.text) for finding in findings(made)}


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


def test_clean_images_raise_nothing_from_arrays_and_from_files(folder):
    assert checked(CELLS, "smears", overlaps=True)[1] == checked(listed(folder), overlaps=True)[1] == {}


def test_where_overlaps_are_not_looked_for_is_told():
    _, note = checked(CELLS, "smears")
    assert note == {"Overlapping crops": ("note", "They are not looked for with overlaps=false.")}
    small = replace(CELLS, images=CELLS.images[:, :, ::2, ::2])
    assert "at fewer than 64 pixels a side" in checked(small, "smears", overlaps=True)[1]["Overlapping crops"][1]


def test_unreadable_files_make_a_study_invalid_and_come_first(folder):
    path = sorted(folder.rglob("*.png"))[4]
    path.write_bytes(path.read_bytes()[:200])
    (folder / "notes.txt").write_text("from the microscope")
    result, found = checked(listed(folder))
    assert str(path) in result.refusal
    assert [level for level, _ in found.values()] == ["error", "note", "note"]
    assert found["Files that can't be used"][1].startswith(f"1 of 60 files: the file {path} is damaged")
    assert found["Files left alone"] == ("note", "1 file: notes.txt.")
    assert len(result.images) == 59  # the others are checked all the same
    assert len(result.splits) == 3
    table = result.table()
    assert len(table) == 60
    assert table["group"].eq("").sum() == 1


@pytest.mark.parametrize(("classes", "left"), [(("leukemia",), 30), (("healthy", "leukemia"), 0)])
def test_a_class_without_a_usable_image_makes_a_study_invalid(folder, classes, left):
    for name in classes:
        for path in (folder / name).iterdir():
            path.write_bytes(b"")
    result, found = checked(listed(folder))
    assert result.refusal.endswith("is empty; replace or remove it.")
    assert found["Files that can't be used"][1].startswith(f"{60 - left} of 60 files")
    assert result.splits in ((), [])
    assert result.table()["group"].ne("").sum() == left


def test_one_picture_with_two_labels_is_an_error_only_where_repeats_are_grouped():
    pixels = CELLS.images.copy()
    pixels[5] = np.rot90(pixels[8], axes=(1, 2))
    result, found = checked(changed(pixels))
    assert result.conflicts == [(5, 8)]
    assert "smear_0006_1 and smear_0009_0 show the same and have different labels" in result.refusal
    assert found["One picture, two labels"][0] == "error"
    result, found = checked(changed(pixels), group_repeats=False)
    assert (result.conflicts, result.refusal, len(result.splits)) == ([], "", 3)
    assert {level for level, _ in found.values()} == {"warning", "note"}
    assert "smear_0009_0 shows smear_0006_1" in found["Images that show the same"][1]


def test_too_few_groups_for_a_split_make_a_study_invalid():
    result, found = checked(replace(CELLS, groups=tuple("ab"[i // 30] for i in range(60))))
    assert "too few for a split" in result.refusal
    assert found["A study would refuse this"] == ("error", result.refusal)


def test_repeats_are_told_and_kept_together():
    pixels = CELLS.images.copy()
    pixels[40] = pixels[2][:, ::-1]
    result, found = checked(changed(pixels))
    assert [(pair.first, pair.second) for pair in result.repeats] == [(2, 40)]
    assert result.images.groups[40] == result.images.groups[2] == "smear_0003_0"
    assert "smear_0041_0 shows smear_0003_0" in found["Images that show the same"][1]
    row = result.table().set_index("image").loc["smear_0041_0"]
    assert (row["repeats"], row["group"], row["proposed_group"]) == ("smear_0003_0",) * 3
    assert result.refusal == ""


def tinted(cells):
    pixels = cells.images.copy()
    pixels[cells.labels == 1, 2] = (0.85 * pixels[cells.labels == 1, 2]).astype(np.uint8)
    return replace(cells, images=pixels)


def test_a_tint_that_goes_with_the_class_is_told():
    level, text = checked(tinted(CELLS))[1]["The class shows beside the cell"]
    assert level == "warning"
    assert "background, blue" in text
    assert "background, red" not in text


def test_ten_images_are_no_evidence_that_a_tint_goes_with_the_class():
    result, _ = checked(tinted(CELLS.part(range(10))), count=1)
    assert result.differences.set_index("property").loc["background_blue", "auc"] < 0.1
    assert not result.differences["tells"].any()


def test_another_file_size_for_each_class_is_told(folder):
    for path in (folder / "leukemia").iterdir():
        Image.open(path).resize((48, 48)).save(path)
    _, text = checked(listed(folder))[1]["The class shows beside the cell"]
    assert "width (median 64 for healthy, 48 for leukemia" in text


def test_unequal_classes_and_few_groups_are_told():
    few = CELLS.part([*np.flatnonzero(CELLS.labels == 0), *np.flatnonzero(CELLS.labels == 1)[:10]])
    _, found = checked(replace(few, groups=tuple(f"patient {i // 4}" for i in range(40))))
    assert found["Unequal classes"][0] == found["Few groups"][0] == "warning"
    assert found["Unequal classes"][1].startswith(
        "healthy has 3.0 times as many images as the other class, so that guessing healthy is right in 75%"
    )
    assert found["Few groups"][1].startswith("The 40 images are of 10 groups.")


def test_enlarged_and_converted_images_are_told(folder):
    for path in sorted(folder.rglob("*.png"))[:7]:
        Image.open(path).convert("L").resize((20, 30)).save(path)
    path = next(iter((folder / "leukemia").iterdir()))
    Image.open(path).convert("RGBA").save(path)
    _, found = checked(listed(folder))
    assert found["Images enlarged"][1].startswith("7 images of 60 have fewer than 64 pixels")
    level, text = found["Converted images"]
    assert level == "note"
    assert "1 image: transparency dropped" in text


@pytest.fixture
def idb2(tmp_path):
    """260 files named as ALL-IDB2's; Im223 is shown again, mirrored, by Im257."""
    cells = render_smears(image_size=32, count=260, seed=5)
    pictures = [*cells.of_class(1).images, *cells.of_class(0).images]
    pictures[256] = pictures[222][..., ::-1]
    for number, image in enumerate(pictures, start=1):
        Image.fromarray(image.transpose(1, 2, 0)).save(tmp_path / f"Im{number:03d}_{int(number <= 130)}.tif")
    return tmp_path


def test_all_idb2_s_suspected_repeats_are_found_or_not_found(idb2):
    def told():
        made = checked(list_all_idb2(root=str(idb2), image_size=32), "all_idb2")[1]["ALL-IDB2"]
        assert made[0] == "note"
        return made[1]

    assert "here are 130 and 130: the whole of it" in told()
    assert "were found: Im257_0.tif shows Im223_0.tif." in told()
    path = idb2 / "Im257_0.tif"
    other = render_smears(image_size=32, count=2, seed=77).images[0]
    Image.fromarray(other.transpose(1, 2, 0)).save(path)
    assert "were not found." in told()
    path.unlink()
    assert "here are 129 and 130: not the whole of it" in told()
    assert "are not all here" in told()


def test_overlaps_are_told_and_proposed_as_groups():
    pixels = CELLS.images.copy()
    scene = render_smears(image_size=256, count=6, seed=3).images[4]
    for place, (top, left) in ((4, (0, 0)), (10, (50, 38))):
        window = Image.fromarray(scene[:, top : top + 180, left : left + 180].transpose(1, 2, 0))
        pixels[place] = np.asarray(window.resize((64, 64), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    result, found = checked(changed(pixels), overlaps=True)
    assert [(crop.first, crop.second) for crop in result.overlaps] == [(4, 10)]
    assert result.proposed[10] == result.proposed[4] == "smear_0005_0"
    assert result.images.groups[10] == "smear_0011_0"
    assert "smear_0005_0 and smear_0011_0" in found["Crops that overlap"][1]


def test_groups_of_blocks_are_the_study_s(folder):
    result, _ = checked(listed(folder), group_blocks=10)
    assert len(set(result.images.groups)) == 12
