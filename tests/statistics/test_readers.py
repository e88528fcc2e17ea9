import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import cohen_kappa_score

from leukgan.statistics.readers import exact_interval, half_width, images_needed, kappa

# The example of Fleiss' kappa on Wikipedia: 14 raters, 10 subjects, 5 categories; kappa 0.210.
FLEISS = np.array(
    [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ]
)


def test_the_exact_interval_is_of_beta_quantiles():
    found = exact_interval(14, 20)
    assert found.value == 0.7
    assert found.interval == pytest.approx((beta.ppf(0.025, 14, 7), beta.ppf(0.975, 15, 6)))
    assert found.p == pytest.approx(2 * sum([38760, 15504, 4845, 1140, 190, 20, 1]) / 2**20)
    assert exact_interval(20, 20).interval == pytest.approx((0.025 ** (1 / 20), 1))


@pytest.mark.parametrize("precision", [0.05, 0.1, 0.2])
def test_the_needed_images_are_the_fewest_that_are_precise_enough(precision):
    needed = images_needed(precision)
    assert half_width(needed) <= precision < half_width(needed - 1)


def test_cohens_kappa_is_the_one_of_scikit_learn():
    rng = np.random.default_rng(0)
    answers = rng.integers(0, 3, (2, 50))
    answers[1, :20] = answers[0, :20]
    assert kappa(answers) == pytest.approx(cohen_kappa_score(*answers))


def test_fleiss_kappa_is_the_published_one():
    answers = np.stack([np.repeat(np.arange(5), votes) for votes in FLEISS], axis=1)
    assert kappa(answers) == pytest.approx(0.210, abs=5e-4)


def test_agreement_is_one_zero_or_undefined():
    same = np.tile([0, 1, 1, 0], (3, 1))
    assert kappa(same) == kappa(same[:2]) == 1
    assert kappa(np.array([[0, 0, 1, 1], [0, 1, 0, 1]])) == pytest.approx(0)
    assert np.isnan(kappa(np.zeros((3, 4), int)))
