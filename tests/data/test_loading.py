"""Laws of loading: a source's images, decoded once, with what shows the same in one group."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

import leukgan.data.loading
from leukgan.data.duplicates import near_duplicates
from leukgan.data.loading import load_grouped, repeats_in
from leukgan.data.sources.folder import list_folder
from leukgan.data.sources.smears import render_smears


@pytest.fixture(scope="module")
def smears():
    return render_smears(image_size=64, count=24)


@pytest.fixture
def files(tmp_path, smears):
    """Smears as files, the first of each class once more: turned, and compressed anew."""
    for name, label, image in zip(smears.names, smears.labels, smears.images, strict=True):
        path = tmp_path / "cells" / smears.classes[label] / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(path)
    first = Image.open(tmp_path / "cells" / "healthy" / "smear_0001_0.png")
    first.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "cells" / "healthy" / "turned_0099_0.png")
    first = Image.open(tmp_path / "cells" / "leukemia" / "smear_0002_1.png")
    first.save(tmp_path / "cells" / "leukemia" / "small_0098_1.jpg", quality=80)
    return list_folder(image_size=64, root=str(tmp_path / "cells"), classes=smears.classes)


TURNED = {"healthy/smear_0001_0.png", "healthy/turned_0099_0.png"}
SMALL = {"leukemia/small_0098_1.jpg", "leukemia/smear_0002_1.png"}


def groups_of(images):
    """The names of each group of more than one image."""
    groups = {}
    for name, group in zip(images.names, images.groups, strict=True):
        groups.setdefault(group, set()).add(name)
    return [names for names in groups.values() if len(names) > 1]


def test_images_are_the_source_s_own(smears, files, tmp_path):
    assert smears.load() is smears
    for cache in (None, tmp_path / "cache"):
        assert files.load(cache).fingerprint() == files.load().fingerprint()


def test_images_that_show_the_same_are_in_one_group_and_others_are_not(files):
    assert groups_of(load_grouped(files, repeats=True, block=None)) == [TURNED, SMALL]


def test_what_shows_the_same_can_be_left_apart(files):
    assert groups_of(load_grouped(files, repeats=False, block=None)) == []


def test_blocks_are_groups_besides(files):
    made = load_grouped(files, repeats=False, block=4)
    assert {"healthy/smear_0001_0.png", "healthy/smear_0003_0.png"} in groups_of(made)
    both = load_grouped(files, repeats=True, block=4)
    assert TURNED | {"healthy/smear_0003_0.png"} in groups_of(both)


def test_groups_are_the_data_s_own_besides(smears):
    own = dataclasses.replace(smears, groups=tuple(f"patient {i // 6}" for i in range(24)))
    made = load_grouped(own, repeats=True, block=None)
    assert [len(names) for names in groups_of(made)] == [6] * 4
    assert made.fingerprint() == smears.fingerprint()


def test_the_cache_gives_the_same_groups_and_looks_once(files, tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(leukgan.data.loading, "near_duplicates", lambda x: looked.append(len(x)) or near_duplicates(x))
    made = [load_grouped(files, repeats=True, block=None, cache=cache) for cache in (None, *[tmp_path / "cache"] * 2)]
    assert len({images.groups for images in made}) == len({images.fingerprint() for images in made}) == 1
    assert looked == [26, 26]


def test_other_images_have_other_repeats(files, smears, tmp_path):
    cache = tmp_path / "cache"
    assert len(repeats_in(files.load(), cache)) == 2
    assert repeats_in(smears, cache) == []
    assert repeats_in(smears, cache) == []
    doubled = smears.part([*range(24), 3])
    assert repeats_in(doubled, cache) == [(3, 24)]


def test_the_same_picture_with_two_labels_is_refused(smears, sentence_of):
    images = smears.images.copy()
    images[9] = np.rot90(images[2], axes=(1, 2))
    twins = dataclasses.replace(smears, images=images)
    message = sentence_of(lambda: load_grouped(twins, repeats=True, block=None))
    assert message.startswith("the images smear_0003_0 and smear_0010_1 show the same and have different labels; ")
    assert groups_of(load_grouped(twins, repeats=False, block=None)) == []


def test_what_is_being_done_is_told(files):
    told = []
    load_grouped(files, repeats=True, block=None, progress=told.append)
    assert told == [f"reading image {i} of 26" for i in range(1, 27)] + [
        "looking for images that show the same among 26"
    ]
