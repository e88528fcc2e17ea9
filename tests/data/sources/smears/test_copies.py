"""Laws of planted duplicates: exactly turned, of their own class, of an earlier original, and no name tells."""

import numpy as np
import pytest

from leukgan.data.augmentation import rotate_flip
from leukgan.data.sources.smears import render_smears
from leukgan.data.sources.smears.rendering import choose_copy


@pytest.fixture(scope="module")
def rendered():
    data = render_smears(image_size=32, count=120, duplicates=0.3)
    return data, data.truth


def test_no_image_is_a_copy_unless_wanted():
    truth = render_smears(image_size=32, count=40).truth
    assert (truth.table["duplicate_of"] == -1).all()
    assert (truth.table["orientation"] == 0).all()


def test_the_wanted_share_of_images_are_copies():
    shares = [np.mean([choose_copy(seed, i, 0.3) is not None for i in range(500)]) for seed in range(4)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.04)


def test_at_a_share_of_one_all_but_the_first_of_each_class_are_copies():
    truth = render_smears(image_size=32, count=12, duplicates=1).truth
    assert truth.table["duplicate_of"].tolist() == [-1, -1] + [0, 1] * 5


def test_copies_are_of_an_earlier_original_of_their_class(rendered):
    data, truth = rendered
    originals = truth.table["duplicate_of"].to_numpy()
    copies = np.flatnonzero(originals >= 0)
    assert 20 < len(copies) < 55
    assert (originals[copies] < copies).all()
    assert (data.labels[originals[copies]] == data.labels[copies]).all()
    assert (originals[originals[copies]] == -1).all()


def test_a_copy_turned_back_is_its_original_but_for_brightness_and_compression(rendered):
    data, truth = rendered
    copies = truth.table[truth.table["duplicate_of"] >= 0]
    for index, row in copies.iterrows():
        original = row["duplicate_of"]
        image, mask = (
            rotate_flip(data.images[original], row["orientation"]),
            rotate_flip(truth.cell[original], row["orientation"]),
        )
        assert np.corrcoef(data.images[index].ravel(), image.ravel())[0, 1] == pytest.approx(1, abs=0.05)
        assert data.images[index].mean() / image.mean() == pytest.approx(1, abs=0.06)
        assert (data.images[index] != image).any()
        np.testing.assert_array_equal(truth.cell[index], mask)
        np.testing.assert_array_equal(truth.nucleus[index], rotate_flip(truth.nucleus[original], row["orientation"]))
        same = ["subtype", "lineage", "severity", "radius", "nucleus_ratio", "lobes", "tint", "focus"]
        assert row[same].equals(truth.table.loc[original, same].rename(index))


def test_all_eight_symmetries_occur_and_differ(rendered):
    _, truth = rendered
    assert set(truth.table["orientation"]) == set(range(8))
    corner = np.arange(9).reshape(3, 3)
    assert len({rotate_flip(corner, turn).tobytes() for turn in range(8)}) == 8


def test_names_and_digests_do_not_tell_and_images_that_are_no_copies_stay_the_same(rendered):
    data, truth = rendered
    plain = render_smears(image_size=32, count=120)
    assert data.names == plain.names
    assert len(set(data.sha256)) == 120
    original = truth.table["duplicate_of"].to_numpy() == -1
    np.testing.assert_array_equal(data.images[original], plain.images[original])


def test_copies_do_not_depend_on_how_many_are_rendered(rendered):
    few = render_smears(image_size=32, count=60, duplicates=0.3)
    assert few.fingerprint() == rendered[0].part(range(60)).fingerprint()
