"""Laws of any folder of images: which files are images of which class, and which of them belong together."""

import os
import unicodedata

import numpy as np
import pytest
from real_files import REAL_CELLS, needs_real_cells

from leukgan.data.groups import grouped
from leukgan.data.sources.folder import list_folder

CLASSES = ("healthy", "leukemia")


def listed(root=None, **changes):
    return list_folder(**{"image_size": 32, "root": root and str(root), "classes": CLASSES} | changes)


def groups_of(made):
    """The names of the files of each group of more than one."""
    groups = {}
    for file in made.files:
        groups.setdefault(file.group, set()).add(file.name)
    return {frozenset(names) for names in groups.values() if len(names) > 1}


@pytest.fixture
def write_table(tmp_path):
    def write(*lines, name="cells.csv"):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
        return str(tmp_path / name)

    return write


def test_a_folder_is_a_class_and_its_files_are_its_images_in_the_order_of_their_names(write_images):
    made = listed(write_images("leukemia/b.png", "healthy/z.jpg", "healthy/a.TIF", "leukemia/a.png"))
    assert [file.name for file in made.files] == ["healthy/a.TIF", "healthy/z.jpg", "leukemia/a.png", "leukemia/b.png"]
    assert [file.label for file in made.files] == [0, 0, 1, 1]
    assert [file.group for file in made.files] == [file.name for file in made.files]
    assert made.classes == CLASSES
    assert (made.image_size, made.ignored) == (32, ())
    assert made.load().images.shape == (4, 3, 32, 32)


def test_what_is_no_image_of_the_classes_is_left_alone_and_told(write_images, sentence_of):
    folder = write_images("healthy/a.png", "leukemia/b.png", "other/c.png", "d.png")
    others = ("healthy/notes.txt", "healthy/._a.png", ".hidden/x.png", "healthy/.trash/y.png")
    mac = ("__MACOSX/healthy/._a.png", "healthy/__MACOSX/._a.png", ".DS_Store")
    for name in (*others, *mac):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("no image")
    made = listed(folder, classes=("leukemia", "healthy"))
    assert [(file.name, file.label) for file in made.files] == [("healthy/a.png", 1), ("leukemia/b.png", 0)]
    assert set(made.ignored) == {"other/c.png", "d.png", *others, *mac}
    assert "has the folders healthy, leukemia, other; " in sentence_of(lambda: listed(folder, classes=None))


def test_folders_within_a_class_are_groups_also_from_class_to_class_and_at_any_depth(write_images):
    folder = write_images(
        *("healthy/p1/a.png", "healthy/p1/b.png", "healthy/p2/slide 1/a.png", "healthy/p2/slide 2/a.png"),
        *("leukemia/p1/c.png", "leukemia/p3/slide 1/a.png", "leukemia/d.png", "healthy/e.png"),
    )
    made = listed(folder)
    assert len(made.files) == 8
    assert groups_of(made) == {
        frozenset({"healthy/p1/a.png", "healthy/p1/b.png", "leukemia/p1/c.png"}),
        frozenset({"healthy/p2/slide 1/a.png", "healthy/p2/slide 2/a.png"}),
    }
    assert len({file.group for file in made.files}) == 5
    assert groups_of(listed(folder, subfolders_are_groups=False)) == set()


def test_a_link_to_a_class_s_folder_is_that_folder(write_images):
    folder = write_images("elsewhere/a.png", "elsewhere/p/b.png", "cells/leukemia/c.png")
    (folder / "cells" / "healthy").symlink_to(folder / "elsewhere")
    names = [file.name for file in listed(folder / "cells").files]
    assert names == ["healthy/a.png", "healthy/p/b.png", "leukemia/c.png"]


def test_the_home_folder_can_be_abbreviated(write_images, monkeypatch):
    folder = write_images("cells/healthy/a.png", "cells/leukemia/b.png")
    monkeypatch.setenv("HOME", str(folder))
    assert len(listed("~/cells").files) == 2


def test_a_missing_root_is_told(tmp_path, sentence_of):
    assert "write data.root=<folder>" in sentence_of(lambda: list_folder(image_size=32, classes=CLASSES))
    absent = tmp_path / "absent"
    assert f"data.root={absent} is not a folder" in sentence_of(lambda: listed(absent))
    absent.touch()
    assert f"data.root={absent} is not a folder" in sentence_of(lambda: listed(absent))


@pytest.mark.parametrize(
    ("files", "changes", "sentence"),
    [
        (
            ("blast/a.png", "normal/b.png"),
            {"classes": None},
            "has the folders blast, normal; write which two are the classes, negative first, as in "
            "'data.classes=[blast,normal]'.",
        ),
        (("normal/a.png",), {}, "has the folders normal, and data.classes asks for 'healthy'."),
        (
            ("a.png",),
            {"classes": None},
            "has the folders (none); write which two are the classes, negative first, as in "
            "'data.classes=[healthy,leukemia]'.",
        ),
        (("a.png",), {}, "has the folders (none), and data.classes asks for 'healthy'."),
    ],
)
def test_folders_that_are_not_the_classes_are_refused(write_images, sentence_of, files, changes, sentence):
    folder = write_images(*files)
    assert sentence_of(lambda: listed(folder, **changes)) == f"data.root={folder} {sentence}"


def test_folders_without_images_and_columns_without_a_table_are_refused(tmp_path, sentence_of):
    for name in CLASSES:
        (tmp_path / name).mkdir()
    message = sentence_of(lambda: listed(tmp_path))
    assert f"data.root={tmp_path} has no image of the classes healthy and leukemia (.tif, " in message
    assert "add data.table=<file>" in sentence_of(lambda: listed(tmp_path, group_columns=["patient"]))


def test_a_table_names_images_and_classes(write_images, write_table):
    write_images("x/c.png", "b.png", "a.png", "not named.png")
    path = write_table("image,label,age", "x/c.png,leukemia,7", "b.png,healthy,8", "a.png,leukemia,9")
    made = listed(table=path)
    assert [(file.name, file.label) for file in made.files] == [("a.png", 1), ("b.png", 0), ("x/c.png", 1)]
    assert [file.group for file in made.files] == ["a.png", "b.png", "x/c.png"]
    assert made.where == f"data.table={path}"
    assert made.load().images.shape == (3, 3, 32, 32)


def test_a_table_s_images_may_lie_elsewhere(write_images, write_table):
    folder = write_images("images/a.png", "images/b.png")
    path = write_table("image,label", "a.png,healthy", "b.png,leukemia")
    assert [file.path for file in listed(folder / "images", table=path).files] == [
        folder / "images" / "a.png",
        folder / "images" / "b.png",
    ]


def test_rows_of_other_classes_are_left_alone_and_told(write_images, write_table):
    write_images("a.png", "b.png")
    path = write_table("image,label", "a.png,1", "b.png,0", "absent.png,unclear", "c.png,other")
    made = listed(table=path, classes=[0, 1])  # numbers as a command gives them
    assert [(file.name, file.label) for file in made.files] == [("a.png", 1), ("b.png", 0)]
    assert made.classes == ("0", "1")
    assert made.ignored == ("absent.png", "c.png")


def test_images_that_agree_in_any_group_column_are_together(write_images, write_table):
    write_images(*(f"{name}.png" for name in "abcdef"))
    path = write_table(
        "image,label,patient,slide",
        *("a.png,healthy,p,1", "b.png,leukemia,p,2", "c.png,healthy,q,2"),
        *("d.png,leukemia,,3", "e.png,healthy,,", "f.png,healthy,s,4"),
    )
    made = listed(table=path, group_columns=["patient", "slide"])
    assert groups_of(made) == {frozenset({"a.png", "b.png", "c.png"})}
    assert len({file.group for file in made.files}) == 4
    assert groups_of(listed(table=path, group_columns="patient")) == {frozenset({"a.png", "b.png"})}
    assert groups_of(listed(table=path)) == set()
    assert grouped(made.load()).groups == ("a.png", "a.png", "a.png", "d.png", "e.png", "f.png")


def test_missing_images_of_a_table_are_counted_and_the_first_is_named(write_images, write_table, sentence_of):
    folder = write_images("a.png", "b.png")
    path = write_table("image,label", "a.png,healthy", "z.png,healthy", "b.png,leukemia", "x/y.png,leukemia")
    message = sentence_of(lambda: listed(table=path))
    assert f"data.table={path} names 2 image(s) that are not below {folder}, " in message
    assert "the first is 'x/y.png'" in message


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("healthy/c1", "healthy/c1.png"),
        ("healthy\\c1.png", "healthy/c1.png"),
        ("c1.png", "healthy/c1.png"),
        ("C:\\cells\\c1.png", "healthy/c1.png"),
        ("7", "healthy/007.bmp"),
        (unicodedata.normalize("NFC", "Zählung.png"), unicodedata.normalize("NFD", "healthy/Zählung.png")),
        ("n" * 300, None),
        ("k1", None),  # of both classes
        ("c2.png", None),
    ],
)
def test_a_name_of_a_table_means_the_only_file_that_it_fits(write_images, write_table, sentence_of, name, file):
    spelled = unicodedata.normalize("NFD", "healthy/Zählung.png")
    folder = write_images("healthy/c1.png", "healthy/007.bmp", spelled, "healthy/k1.png", "leukemia/k1.png")
    path = write_table("image,label", f"{name},healthy", "leukemia/k1.png,leukemia")
    if file is None:
        assert repr(name) in sentence_of(lambda: listed(table=path))
    else:
        found = {image.name: image.path for image in listed(table=path).files}
        assert found == {name: folder / file, "leukemia/k1.png": folder / "leukemia/k1.png"}


def test_two_names_of_one_file_are_refused(write_images, write_table, sentence_of):
    write_images("healthy/a.png", "leukemia/b.png")
    path = write_table("image,label", "a.png,healthy", "healthy/a.png,healthy", "b.png,leukemia")
    assert "as 'a.png' and 'healthy/a.png'; give each image one row." in sentence_of(lambda: listed(table=path))


@pytest.mark.parametrize("label", ["", "Healthy", " HEALTHY ", "hea-lthy", "ｈealthy"])
def test_rows_without_a_label_or_with_another_spelling_are_counted_and_refused(
    write_images, write_table, sentence_of, label
):
    write_images("a.png", "b.png", "c.png")
    path = write_table("image,label", "a.png,healthy", "b.png,leukemia", f"c.png,{label}")
    sentence = sentence_of(lambda: listed(table=path))
    assert "has 1 label(s) that are missing or a class's name in another spelling, such as " in sentence
    assert sentence.endswith("leave these images out with data.skip_unlabelled=true.")
    assert listed(table=path, skip_unlabelled=True).ignored == ("c.png",)


def test_a_folder_of_another_spelling_is_refused(write_images, sentence_of):
    folder = write_images("healthy/a.png", "Healthy/b.png", "leukemia/c.png", "other/d.png")
    assert "'Healthy' beside 'healthy'" in sentence_of(lambda: listed(folder))
    assert len(listed(folder, skip_unlabelled=True).files) == 2


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_encoding_of_accents_makes_no_other_class(write_images, write_table, form):
    """A Mac's disk has them apart from their letters, whatever was typed."""
    typed, found = (unicodedata.normalize(form, name) for form, name in ((form, "gesünd"), ("NFD", "gesünd")))
    write_images(f"{found}/a.png", "leukemia/b.png")
    path = write_table("image,label", f"{found}/a.png,{found}", "leukemia/b.png,leukemia")
    for made in (listed(write_images(), classes=(typed, "leukemia")), listed(table=path, classes=(typed, "leukemia"))):
        assert made.classes == (unicodedata.normalize("NFC", "gesünd"), "leukemia")
        assert sorted(file.label for file in made.files) == [0, 1]
        assert {file.kind for file in made.files} == set(made.classes)


def test_classes_one_level_deeper_are_told(write_images, sentence_of):
    folder = write_images("train/healthy/a.png", "train/leukemia/b.png", "test/healthy/c.png", "test/leukemia/d.png")
    sentence = sentence_of(lambda: listed(folder))
    assert sentence.endswith(f"lie below test, train: set data.root={folder / 'test'}, or join the folders.")


def test_what_is_no_file_is_left_alone(write_images):
    """A pipe would never end."""
    folder = write_images("healthy/a.png", "leukemia/b.png")
    os.mkfifo(folder / "healthy" / "x.png")
    (folder / "leukemia" / "y.png").symlink_to("/dev/zero")
    made = listed(folder)
    assert [file.name for file in made.files] == ["healthy/a.png", "leukemia/b.png"]
    assert set(made.ignored) == {"healthy/x.png", "leukemia/y.png"}


@pytest.mark.parametrize("name", [b"\xe4.png", b"a\nb.png", b"\x1b[31m.png"])
def test_a_file_name_that_is_no_text_is_a_sentence(write_images, sentence_of, name):
    folder = write_images("healthy/a.png", "leukemia/b.png")
    (folder / "healthy" / "a.png").rename(os.fsdecode(os.fsencode(folder) + b"/healthy/" + name))
    assert "has a file whose name is no text" in sentence_of(lambda: listed(folder))


def test_masks_by_name_are_refused_until_a_pattern_chooses(write_images, sentence_of):
    folder = write_images("healthy/a.bmp", "healthy/a.png", "leukemia/b.bmp", "leukemia/b.png")
    sentence = sentence_of(lambda: listed(folder))
    assert "2 files that may be masks, overlays or thumbnails, such as healthy/a.bmp beside healthy/a.png" in sentence
    assert "data.pattern='*.bmp'" in sentence
    assert [file.name for file in listed(folder, pattern="*.bmp").files] == ["healthy/a.bmp", "leukemia/b.bmp"]
    assert [file.name for file in listed(folder, pattern="!*.bmp").files] == ["healthy/a.png", "leukemia/b.png"]
    assert len(listed(folder, pattern="*").files) == 4
    assert "leave their rows out" in sentence_of(lambda: listed(table="t.csv", pattern="*"))


@pytest.mark.parametrize("pattern", ["", "!", ".", "*.bmp"])
def test_a_pattern_that_chooses_nothing_is_named(write_images, sentence_of, pattern):
    root = str(write_images("healthy/a.png", "leukemia/b.png"))
    sentence = sentence_of(
        lambda: list_folder(image_size=32, root=root, classes=["healthy", "leukemia"], pattern=pattern)
    )
    assert f"data.pattern={pattern} chooses" in sentence


def test_an_unknown_rule_for_levels_is_refused(write_images, sentence_of):
    folder = write_images("healthy/a.png", "leukemia/b.png")
    sentence = "data.levels must be stored or 10bit or 12bit or 14bit or minmax, got '13bit'."
    assert sentence_of(lambda: listed(folder, levels="13bit")) == sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label_column": "class"}, "has no column 'class'; it has image, label"),
        ({"image_column": "file"}, "has no column 'file'; it has image, label"),
        ({"group_columns": ["patient"]}, "has no column 'patient'; it has image, label"),
        ({"classes": None}, "has the labels healthy, leukemia; "),
        ({"classes": ("healthy", "blast")}, "has the labels healthy, leukemia, and data.classes asks for 'blast'."),
        ({"classes": "healthy"}, "two different names"),
        ({"image_size": 100}, "got 100;"),
        ({"table": "absent.csv"}, "data.table=absent.csv can't be read"),
    ],
)
def test_a_table_that_does_not_fit_the_settings_is_refused(write_images, write_table, sentence_of, changes, words):
    write_images("a.png", "b.png")
    path = write_table("image,label", "a.png,healthy", "b.png,leukemia")
    assert words in sentence_of(lambda: listed(**{"table": path} | changes))


def test_the_names_do_not_depend_on_the_order_in_which_a_disk_lists_them(write_images, monkeypatch):
    folder = write_images(*(f"{name}/{i}.png" for name in CLASSES for i in (10, 9, 1)))
    before, scandir = listed(folder), os.scandir

    class Backwards(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", lambda path: Backwards(reversed(list(scandir(path)))))
    assert listed(folder) == before


@needs_real_cells
def test_the_table_of_real_cells_is_read():
    settings = {"root": str(REAL_CELLS / "images"), "table": str(REAL_CELLS / "labels.csv"), "image_column": "file"}
    settings |= {"label_column": "class", "classes": ("lymphocyte", "monocyte")}
    made = listed(**settings)
    assert len(made.files) == 200
    assert [file.label for file in made.files] == [int(file.name[-5]) for file in made.files]
    sources = listed(**settings, group_columns=["source_file"])
    assert len({file.group for file in sources.files}) == len(
        {line.split(",")[3] for line in (REAL_CELLS / "labels.csv").read_text().splitlines()[1:]}
    )
    np.testing.assert_array_equal(sources.load().labels, made.load().labels)
    below_the_table = listed(**settings | {"root": None})  # its names lack the folder images/
    assert [file.path for file in below_the_table.files] == [file.path for file in made.files]


MEMBERS = {"healthy": ["T cell", "monocyte"], "leukemia": "*"}


def test_a_class_may_have_several_folders(write_images):
    folder = write_images("T cell/a.png", "monocyte/p1/b.png", "blast/c.png", "hairy/p1/d.png", "e.png")
    made = listed(folder, members=MEMBERS)
    assert {file.name: file.label for file in made.files} == {
        "T cell/a.png": 0,
        "monocyte/p1/b.png": 0,
        "blast/c.png": 1,
        "hairy/p1/d.png": 1,
    }
    assert made.classes == CLASSES
    assert made.ignored == ("e.png",)
    assert groups_of(made) == {frozenset({"monocyte/p1/b.png", "hairy/p1/d.png"})}


def test_a_class_may_have_several_labels_of_a_table(write_images, write_table, sentence_of):
    write_images("a.png", "b.png", "c.png", "d.png")
    rows = ("a.png,T cell", "b.png,monocyte", "c.png,blast", "d.png,hairy")
    path = write_table("image,label", *rows)
    assert [file.label for file in listed(table=path, members=MEMBERS).files] == [0, 0, 1, 1]
    made = listed(table=path, members={**MEMBERS, "leukemia": "blast"})
    assert [file.name for file in made.files] == ["a.png", "b.png", "c.png"]
    assert "and data.classes asks for 'healthy'. A class of several kinds is data.members={healthy: [T cell, " in (
        sentence_of(lambda: listed(table=path))
    )


def test_another_spelling_of_a_member_is_refused_and_the_rest_has_no_empty_label(
    write_images, write_table, sentence_of
):
    write_images("a.png", "b.png", "c.png", "d.png")
    rows = ("a.png,T cell", "b.png,monocyte", "c.png,blast", "d.png,")
    path = write_table("image,label", *rows)
    assert "1 label(s) that are missing" in sentence_of(lambda: listed(table=path, members=MEMBERS))
    made = listed(table=path, members=MEMBERS, skip_unlabelled=True)
    assert [file.label for file in made.files] == [0, 0, 1]
    path = write_table("image,label", *rows[:3], "d.png,Monocyte", name="other.csv")
    members = {"healthy": "monocyte", "leukemia": "blast"}
    assert "'Monocyte' beside 'monocyte'" in sentence_of(lambda: listed(table=path, members=members))
