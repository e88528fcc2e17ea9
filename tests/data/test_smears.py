"""Laws of the rendered smears: what an image depends on, what sets the classes apart, and how hard that is to see."""

import hashlib

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.svm import SVC

from leukgan.data.images import CellImages
from leukgan.data.smear_cells import Frame, place_red_cells
from leukgan.data.smears import draw_white_cell, render_smears
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


def test_same_seed_gives_the_same_bytes(smears):
    assert render_smears(image_size=64).fingerprint() == smears.fingerprint()


def test_another_seed_gives_other_images(smears):
    other = render_smears(image_size=64, count=20, seed=1)
    assert set(other.sha256).isdisjoint(smears.sha256)


def test_an_image_does_not_depend_on_how_many_are_rendered(smears):
    few = render_smears(image_size=64, count=6)
    assert few.fingerprint() == smears.part(range(6)).fingerprint()


def test_no_two_images_are_alike(smears):
    assert len(set(smears.sha256)) == len(set(smears.names)) == len(smears) == 260


def test_classes_are_balanced_and_named(smears):
    assert np.bincount(smears.labels).tolist() == [130, 130]
    assert smears.labels.dtype == np.int64
    assert [int(name[-1]) for name in smears.names] == smears.labels.tolist()
    assert smears.names[:2] == ("smear_0001_0", "smear_0002_1")
    assert smears.classes == ("healthy", "leukemia")


def test_digests_are_those_of_the_pixels(smears):
    assert smears.images.dtype == np.uint8
    assert smears.images.shape == (260, 3, 64, 64)
    assert smears.sha256[7] == hashlib.sha256(smears.images[7].tobytes()).hexdigest()


def test_classes_take_the_names_given():
    assert render_smears(image_size=32, count=2, classes=("benign", "blast")).classes == ("benign", "blast")


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_a_cell_is_the_same_at_every_size(image_size):
    small = render_smears(image_size=image_size, count=6).images.astype(float)
    large = halved(render_smears(image_size=2 * image_size, count=6).images.astype(float))
    other = np.roll(large, 1, axis=0)
    for one, same, stranger in zip(small, large, other, strict=True):
        assert np.abs(one - same).mean() == pytest.approx(0, abs=2.5)
        assert np.abs(one - stranger).mean() > 10
    assert (small - large).mean() == pytest.approx(0, abs=0.5)


def test_the_white_cell_is_in_the_middle(smears):
    grey = smears.images.mean(axis=1)
    assert (grey[:, 28:36, 28:36].mean(axis=(1, 2)) < 0.75 * np.median(grey, axis=(1, 2))).all()


@pytest.mark.parametrize("seed", range(20))
def test_no_red_cell_comes_nearer_than_its_clearance(seed):
    frame, middle, clearance = Frame(image_size=32), 0.05 - 0.03j, 0.5
    cells = place_red_cells(np.random.default_rng(seed), middle=middle, clearance=clearance, count=9)
    kept_free = frame.places[np.abs(frame.places - middle) < clearance]
    assert 1 <= len(cells) <= 9
    assert min(cell.reach(kept_free).min() for cell in cells) > 1


def test_blasts_are_larger_with_more_nucleus_folds_and_nucleoli_and_paler_finer_chromatin():
    rng = np.random.default_rng(0)
    healthy, blasts = ([draw_white_cell(rng, label) for _ in range(500)] for label in (0, 1))

    def difference(trait: str) -> float:
        one, two = ([getattr(cell, trait) for cell in cells] for cells in (healthy, blasts))
        return (np.mean(two) - np.mean(one)) / np.hypot(np.std(one), np.std(two))

    for trait in ("radius", "nucleus_ratio", "fold", "wobble", "nucleoli"):
        assert 0.2 < difference(trait) < 2, trait
    for trait in ("density", "clumping", "grain"):
        assert -2 < difference(trait) < -0.1, trait


def test_blasts_show_more_nucleus(smears):
    """The dark area in the picture itself: nuclei are the only things darker than half the background in green."""
    green = smears.images[:, 1].astype(float)
    area = (green < 0.4 * np.median(green, axis=(1, 2), keepdims=True)).mean(axis=(1, 2))
    ratio = area[smears.labels == 1].mean() / area[smears.labels == 0].mean()
    assert ratio == pytest.approx(1.6, abs=0.3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_smears_are_as_hard_as_the_study_s_data(seed):
    data = render_smears(image_size=64, seed=seed)
    pixels, labels = thumbnails(data), data.labels
    linear, kernel = [], []
    for train, test in StratifiedShuffleSplit(6, test_size=52, random_state=0).split(pixels, labels):
        linear.append(
            LogisticRegression(max_iter=5000).fit(pixels[train], labels[train]).score(pixels[test], labels[test])
        )
        kernel.append(SVC().fit(pixels[train], labels[train]).score(pixels[test], labels[test]))
    assert 0.70 < np.mean(linear) < 0.85
    assert 0.75 < np.mean(kernel) < 0.90


def test_mean_colours_alone_do_not_tell_the_classes_apart(smears):
    colours = smears.images.mean(axis=(2, 3)) / 255
    splits = StratifiedShuffleSplit(6, test_size=52, random_state=0).split(colours, smears.labels)
    scores = [SVC(C=100).fit(colours[a], smears.labels[a]).score(colours[b], smears.labels[b]) for a, b in splits]
    assert 0.5 < np.mean(scores) < 0.77


@pytest.mark.parametrize("count", [-2, 0, 1, 7])
def test_counts_that_cannot_be_halved_are_refused(count):
    with pytest.raises(InputError, match=rf"data\.count .* got {count}; use 260\.$"):
        render_smears(image_size=32, count=count)


def test_sizes_and_classes_are_checked():
    with pytest.raises(InputError, match="image_size"):
        render_smears(image_size=100)
    with pytest.raises(InputError, match="classes"):
        render_smears(image_size=32, classes=("one", "one"))
