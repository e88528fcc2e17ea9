import numpy as np
import pytest

from leukgan.classification import svm
from leukgan.errors import InputError


def test_score_is_the_sum_of_gaussian_kernels_over_support_vectors(cells):
    train, test = cells(30), cells(10, seed=1)
    pipeline = svm().fit(train.images, train.labels)
    x, z = (pipeline[:-1].transform(part.images).astype(np.float64) for part in (train, test))
    machine = pipeline[-1]
    gamma = 1 / (1875 * x.var())
    squared_distance = ((z[:, None] - machine.support_vectors_[None]) ** 2).sum(-1)  # (N, S)
    expected = np.exp(-gamma * squared_distance) @ machine.dual_coef_[0] + machine.intercept_[0]
    np.testing.assert_allclose(pipeline.decision_function(test.images), expected, rtol=1e-6, atol=1e-9)
    assert np.abs(machine.dual_coef_).max() <= 1  # C = 1 bounds them


@pytest.mark.parametrize(("name", "value"), [("C", 0.0), ("C", -1.0), ("size", 0)])
def test_number_out_of_range_is_an_error_before_any_work(name, value):
    with pytest.raises(InputError, match=rf"classifier\.svm\.{name} must be .*, got {value};"):
        svm(**{name: value})
