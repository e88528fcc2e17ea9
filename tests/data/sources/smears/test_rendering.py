"""Laws of the rendered smears: what an image depends on, what sets the classes apart, and the planted duplicates."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from leukgan.data.augmentation import rotate_flip
from leukgan.data.images import CellImages
from leukgan.data.sources.smears import RenderedSmears, render_smears
from leukgan.data.sources.smears.rendering import choose_copy
from leukgan.errors import InputError


@pytest.fixture(scope="module")
def smears() -> CellImages:
    return render_smears(image_size=64)


def thumbnails(data: CellImages) -> np.ndarray:
    pictures = [Image.fromarray(image.transpose(1, 2, 0)) for image in data.images]
    return np.stack([np.asarray(picture.resize((25, 25), Image.Resampling.BOX)).ravel() / 255 for picture in pictures])


def halved(images: np.ndarray) -> np.ndarray:
    n, c, h, w = images.shape
    return images.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))


def test_an_image_depends_on_its_index_and_the_seed_and_not_on_how_many_are_rendered(smears):
    few, other = (render_smears(image_size=64, count=6, seed=seed) for seed in (0, 1))
    assert few.fingerprint() == smears.part(range(6)).fingerprint()
    assert set(other.sha256).isdisjoint(smears.sha256)
    few = render_smears(image_size=32, count=40, duplicates=0.3)
    assert few.fingerprint() == render_smears(image_size=32, count=60, duplicates=0.3).part(range(40)).fingerprint()


def test_an_image_does_not_depend_on_the_number_of_threads():
    """Of these images, the first and the last did."""
    rendered = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            rendered.append(render_smears(image_size=64, count=16).images)
    np.testing.assert_array_equal(*rendered)


def test_images_differ_and_classes_are_balanced_and_named(smears):
    assert (smears.images.shape, smears.images.dtype) == ((260, 3, 64, 64), np.uint8)
    assert len(set(smears.sha256)) == len(set(smears.names)) == len(smears) == 260
    assert smears.sha256[7] == hashlib.sha256(smears.images[7].tobytes()).hexdigest()
    assert (smears.labels.tolist(), smears.labels.dtype) == ([0, 1] * 130, np.int64)
    assert [int(name[-1]) for name in smears.names] == smears.labels.tolist()
    assert smears.names[:2] == ("smear_0001_0", "smear_0002_1")
    assert smears.classes == ("healthy", "leukemia")
    assert render_smears(image_size=32, count=2, classes=("benign", "blast")).classes == ("benign", "blast")


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_a_cell_is_the_same_at_every_size(image_size):
    small = render_smears(image_size=image_size, count=4).images.astype(float)
    large = halved(render_smears(image_size=2 * image_size, count=4).images.astype(float))
    other = np.roll(large, 1, axis=0)
    for one, same, stranger in zip(small, large, other, strict=True):
        assert np.abs(one - same).mean() == pytest.approx(0, abs=2.5)
        assert np.abs(one - stranger).mean() > 10
    assert (small - large).mean() == pytest.approx(0, abs=0.5)


def test_the_white_cell_is_in_the_middle(smears):
    """Between the lobes of a neutrophil it is not dark."""
    grey = smears.images.mean(axis=1)
    middle = grey[:, 28:36, 28:36].mean(axis=(1, 2)) / np.median(grey, axis=(1, 2))
    assert (middle < 0.9).all()
    assert np.quantile(middle, 0.95) < 0.7


def test_blasts_show_more_nucleus(smears):
    """The dark area in the picture itself: nuclei are the only things darker than half the background in green."""
    green = smears.images[:, 1].astype(float)
    area = (green < 0.4 * np.median(green, axis=(1, 2), keepdims=True)).mean(axis=(1, 2))
    ratio = area[smears.labels == 1].mean() / area[smears.labels == 0].mean()
    assert ratio == pytest.approx(2.0, abs=0.3)


@pytest.mark.slow
def test_smears_are_as_hard_as_the_study_s_data():
    """Sets of 260 images differ by 0.05, so that several are averaged."""
    linear, kernel = [], []
    for seed in range(4):
        data = render_smears(image_size=64, seed=seed)
        pixels, labels = thumbnails(data), data.labels
        for train, test in StratifiedShuffleSplit(6, test_size=52, random_state=0).split(pixels, labels):
            fitted = LogisticRegression(max_iter=5000).fit(pixels[train], labels[train])
            linear.append(fitted.score(pixels[test], labels[test]))
            kernel.append(SVC().fit(pixels[train], labels[train]).score(pixels[test], labels[test]))
    assert 0.70 < np.mean(linear) < 0.85
    assert 0.75 < np.mean(kernel) < 0.90


@pytest.mark.slow
def test_blasts_are_the_harder_to_tell_the_higher_the_difficulty():
    scores = []
    for difficulty in (0, 0.5, 1):
        data = render_smears(image_size=32, count=400, difficulty=difficulty)
        scores.append(cross_val_score(SVC(), thumbnails(data), data.labels, cv=4).mean())
    assert scores[0] == pytest.approx(0.95, abs=0.04)
    assert scores[0] > scores[1] + 0.05
    assert scores[1] > scores[2] + 0.12
    assert scores[2] == pytest.approx(0.5, abs=0.08)


def test_mean_colours_alone_do_not_tell_the_classes_apart(smears):
    colours = smears.images.mean(axis=(2, 3)) / 255
    splits = StratifiedShuffleSplit(6, test_size=52, random_state=0).split(colours, smears.labels)
    scores = [SVC(C=100).fit(colours[a], smears.labels[a]).score(colours[b], smears.labels[b]) for a, b in splits]
    assert 0.5 < np.mean(scores) < 0.77


def test_stain_sets_how_far_colours_differ_between_images():
    none, usual, thrice = (
        render_smears(image_size=32, count=40, stain=stain, bluish=0).images.astype(float) for stain in (0, 1, 3)
    )
    one, three = (np.abs(images - none).mean(axis=(1, 2, 3)) for images in (usual, thrice))
    assert np.median(one) > 2
    assert np.median(three / one) == pytest.approx(3, abs=0.3)


def test_focus_is_the_blur_that_a_gaussian_filter_of_that_width_gives():
    sharp, blurred = (render_smears(image_size=128, count=4, focus=focus).images for focus in (0, 0.02))
    filtered = gaussian_filter(sharp.astype(float), (0, 0, 0.02 * 128, 0.02 * 128))
    inner = np.s_[:, :, 16:-16, 16:-16]  # the frame ends differently
    assert np.abs(filtered[inner] - blurred[inner]).mean() == pytest.approx(0, abs=1.5)
    assert np.abs(filtered[inner] - sharp[inner]).mean() > 4


def test_jpeg_artefacts_are_those_of_a_file_of_that_quality():
    plain, compressed = (render_smears(image_size=64, count=4, jpeg_quality=quality).images for quality in (None, 30))
    for image, found in zip(plain, compressed, strict=True):
        file = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(file, format="JPEG", quality=30)
        np.testing.assert_array_equal(np.asarray(Image.open(file)).transpose(2, 0, 1), found)
    assert np.abs(plain.astype(float) - compressed).mean() > 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("difficulty", -0.1), ("difficulty", 1.1), ("difficulty", float("nan"))),
        *(("stain", -1), ("stain", 4), ("focus", -0.01), ("focus", 0.2), ("bluish", 2), ("shortcut", -0.5)),
        *(("duplicates", 1.5), ("jpeg_quality", 0), ("jpeg_quality", 101), ("count", 0), ("count", 7)),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(InputError, match=rf"^data\.{name} must be .* got {value}; use [\d.]+\.$"):
        render_smears(**{"image_size": 32, "count": 2, name: value})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *(({"subtypes": names}, r"^data\.subtypes must be different") for names in ([], ["blast"], ["monocyte"] * 2)),
        ({"image_size": 100}, "image_size"),
        ({"classes": ("one", "one")}, "classes"),
    ],
)
def test_subtypes_sizes_and_classes_are_checked(changes, words):
    with pytest.raises(InputError, match=words):
        render_smears(**{"image_size": 32, "count": 2} | changes)


@pytest.fixture(scope="module")
def doubled() -> RenderedSmears:
    return render_smears(image_size=32, count=120, duplicates=0.3)


def test_the_wanted_share_of_images_are_copies():
    shares = [np.mean([choose_copy(seed, i, 0.3) is not None for i in range(500)]) for seed in range(4)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.04)


def test_at_a_share_of_one_all_but_the_first_of_each_class_are_copies():
    truth = render_smears(image_size=32, count=12, duplicates=1).truth
    assert truth.table["duplicate_of"].tolist() == [-1, -1] + [0, 1] * 5


def test_copies_are_of_an_earlier_original_of_their_class(doubled):
    originals = doubled.truth.table["duplicate_of"].to_numpy()
    copies = np.flatnonzero(originals >= 0)
    assert 20 < len(copies) < 55
    assert (originals[copies] < copies).all()
    assert (doubled.labels[originals[copies]] == doubled.labels[copies]).all()
    assert (originals[originals[copies]] == -1).all()


def test_a_copy_turned_back_is_its_original_but_for_brightness_and_compression(doubled):
    truth = doubled.truth
    same = ["subtype", "lineage", "severity", "radius", "nucleus_ratio", "lobes", "tint", "focus"]
    for index, row in truth.table[truth.table["duplicate_of"] >= 0].iterrows():
        original, orientation = row["duplicate_of"], row["orientation"]
        image = rotate_flip(doubled.images[original], orientation)
        assert np.corrcoef(doubled.images[index].ravel(), image.ravel())[0, 1] == pytest.approx(1, abs=0.05)
        assert doubled.images[index].mean() / image.mean() == pytest.approx(1, abs=0.06)
        assert (doubled.images[index] != image).any()
        for masks in (truth.cell, truth.nucleus):
            np.testing.assert_array_equal(masks[index], rotate_flip(masks[original], orientation))
        assert row[same].equals(truth.table.loc[original, same].rename(index))
    assert set(truth.table["orientation"]) == set(range(8))


def test_names_and_digests_do_not_tell_and_images_that_are_no_copies_stay_the_same(doubled):
    plain = render_smears(image_size=32, count=120)
    assert (plain.truth.table[["duplicate_of", "orientation"]] == (-1, 0)).all(axis=None)
    assert doubled.names == plain.names
    assert len(set(doubled.sha256)) == 120
    original = doubled.truth.table["duplicate_of"].to_numpy() == -1
    np.testing.assert_array_equal(doubled.images[original], plain.images[original])
