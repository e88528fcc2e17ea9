"""Laws of rendered beside real cells: sizes and colours that agree, and a classifier that hardly tells them apart.

The real ones are lymphocytes and monocytes of healthy people (Acevedo et al., 2020), so rendered ones are too.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from leukgan.data.all_idb2 import list_all_idb2
from leukgan.data.loading import load
from leukgan.data.smears import render_smears, render_smears_with_truth
from leukgan.quality.cells import measure_cells

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "pbc" / "images"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the folder shared/ beside the repository has no real cells"
)
SUBTYPES = ("small_lymphocyte", "monocyte")


@pytest.fixture(scope="module")
def real():
    return load(list_all_idb2(image_size=64, root=str(SHARED), classes=("lymphocyte", "monocyte")))


@pytest.fixture(scope="module")
def rendered():
    """Healthy images of the two subtypes, 400 in all, and which subtype each is."""
    data, truth = render_smears_with_truth(image_size=64, count=800, subtypes=SUBTYPES)
    healthy = data.labels == 0
    return data.images[healthy], truth.table["subtype"].to_numpy()[healthy]


def thumbnails(images):
    pictures = [Image.fromarray(image.transpose(1, 2, 0)) for image in images]
    return np.stack([np.asarray(picture.resize((25, 25), Image.Resampling.BOX)).ravel() / 255 for picture in pictures])


def separability(real, fake):
    """Accuracy of a logistic regression that is to tell 200 real images from as many others, on unseen ones."""
    pixels, is_real = np.concatenate([thumbnails(real), thumbnails(fake)]), np.repeat([1, 0], [len(real), len(fake)])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return cross_val_score(LogisticRegression(max_iter=3000), pixels, is_real, cv=folds).mean()


@pytest.mark.parametrize("label", [0, 1], ids=SUBTYPES)
def test_medians_of_measurements_lie_within_the_real_ones_spread(real, rendered, label):
    images, subtypes = rendered
    ours = measure_cells(images[subtypes == SUBTYPES[label]]).drop(columns="found")
    theirs = measure_cells(real.of_class(label).images).drop(columns="found")
    distance = (ours.median() - theirs.median()) / theirs.std()
    assert distance.abs().to_dict() == pytest.approx(dict.fromkeys(distance.index, 0), abs=1)
    assert (ours.std() / theirs.std()).drop(["nucleus_redness", "roundness"]).between(0.6, 1.5).all()


@pytest.mark.parametrize("colour", [0, 1, 2], ids=["red", "green", "blue"])
def test_colour_histograms_are_close(real, rendered, colour):
    """Of the pixels of all images, a Wasserstein distance of 5 of 256 levels at most."""
    theirs, ours = (np.quantile(images[:, colour], np.linspace(0, 1, 257)) for images in (real.images, rendered[0]))
    assert np.abs(theirs - ours).mean() == pytest.approx(0, abs=5)


def test_a_linear_classifier_hardly_tells_rendered_cells_of_the_same_subtypes_from_real_ones(real, rendered):
    """0.60 where 0.5 is none, and 0.90 before; the standard error of one accuracy is 0.025."""
    scores = [separability(real.images, rendered[0][part : part + 200]) for part in (0, 200)]
    assert np.mean(scores) == pytest.approx(0.55, abs=0.10)


def test_a_linear_classifier_hardly_tells_the_default_smears_from_real_cells(real):
    """Blasts and granulocytes are among them and not among the real cells, and still it is 0.69."""
    images = render_smears(image_size=64, count=400).images
    scores = [separability(real.images, images[part : part + 200]) for part in (0, 200)]
    assert np.mean(scores) == pytest.approx(0.65, abs=0.08)
