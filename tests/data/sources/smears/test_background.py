"""Laws of what lies around the white cell: it does not know the class, but for the tint where that is planted."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.svm import SVC

from leukgan.data.sources.smears import render_smears
from leukgan.data.sources.smears.fields import Frame
from leukgan.data.sources.smears.layout import CLEARANCE, place_red_cells
from leukgan.data.sources.smears.rendering import draw_tint


def covered(images, radius=0.5):
    """Images as 16 x 16 pixels whose central disc, of a radius in image widths, is black."""
    place = np.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    seen = images * (np.hypot(place[:, None], place) > radius * len(place))
    pictures = [Image.fromarray(image.transpose(1, 2, 0).astype(np.uint8)) for image in seen]
    return np.stack([np.asarray(picture.resize((16, 16), Image.Resampling.BOX)).ravel() / 255 for picture in pictures])


def accuracy(model, pixels, labels):
    return cross_val_score(model, pixels, labels, cv=StratifiedKFold(5, shuffle=True, random_state=0)).mean()


def test_the_background_does_not_tell_the_class():
    """With 800 images the accuracy's standard error is 0.018 and a little more, for folds share their images."""
    parts = [render_smears(image_size=32, count=400, seed=seed, difficulty=0) for seed in (0, 1)]
    for model in (LogisticRegression(max_iter=3000), SVC()):
        scores = [accuracy(model, covered(part.images), part.labels) for part in parts]
        assert np.mean(scores) == pytest.approx(0.5, abs=0.05)


def test_pixels_beyond_the_cell_are_the_same_whatever_the_cell():
    """Obvious blasts against cells like healthy ones, drawn from the same random numbers otherwise."""
    obvious, hidden = (render_smears(image_size=64, count=40, difficulty=difficulty) for difficulty in (0, 1))
    differ = (obvious.images != hidden.images).any(axis=1)
    for label in (0, 1):
        for index in np.flatnonzero(obvious.labels == label):
            near = binary_dilation(obvious.truth.cell[index] | hidden.truth.cell[index], iterations=6)
            assert not differ[index][~near].any()
            assert differ[index].any() == (label == 1)


def test_red_cells_leave_the_middle_free():
    window = Frame(image_size=32).window()
    middle = np.sqrt(window.distance(0)) < 0.8 * CLEARANCE[0]
    for seed in range(20):
        cells = place_red_cells(np.random.default_rng(seed))
        assert 4 <= len(cells) <= 32
        assert min(cell.reach(window)[middle].min() for cell in cells) > 1


@pytest.mark.parametrize(("shortcut", "bluish"), [(0, 0.3), (0.5, 0.03), (0.8, 0.5)])
def test_the_shares_of_bluish_images_differ_by_the_shortcut(shortcut, bluish):
    def share(label):
        rng = np.random.default_rng(label)
        return np.mean([draw_tint(rng, label=label, bluish=bluish, shortcut=shortcut) == "bluish" for _ in range(4000)])

    assert share(1) - share(0) == pytest.approx(shortcut, abs=0.03)
    assert share(0) == pytest.approx((1 - shortcut) * bluish, abs=0.03)


def test_a_full_shortcut_tells_the_class_from_the_background_alone():
    data = render_smears(image_size=32, count=100, shortcut=1)
    assert ((data.truth.table["tint"] == "bluish") == (data.labels == 1)).all()
    corner = data.images[:, :, :, 0].astype(float).max(axis=2)  # (N, 3), of the empty slide
    assert ((corner[:, 0] - corner[:, 2] < 25) == (data.labels == 1)).mean() > 0.98


def test_the_shortcut_changes_the_background_and_no_cell():
    plain, tied = (render_smears(image_size=64, count=40, shortcut=shortcut) for shortcut in (0, 1))
    truth, same = plain.truth, tied.truth
    np.testing.assert_array_equal(truth.cell, same.cell)
    np.testing.assert_array_equal(truth.nucleus, same.nucleus)
    kept = (truth.table["tint"] == same.table["tint"]).to_numpy()
    assert 15 < kept.sum() < 30
    np.testing.assert_array_equal(plain.images[kept], tied.images[kept])
