import numpy as np
import pytest
from sklearn.base import clone

from leukgan.classification import logistic_regression
from leukgan.classification.thumbnails import Thumbnails
from leukgan.errors import InputError


@pytest.mark.parametrize("inverse_penalty", [1.0, 0.1])
def test_fit_is_the_optimum_of_the_penalised_likelihood(cells, inverse_penalty):
    """With the penalty |w|^2 / 2 and C times the summed loss: w = C X^T (y - p), and the bias is not penalised."""
    train = cells(40)
    pipeline = logistic_regression(C=inverse_penalty).fit(train.images, train.labels)
    x = pipeline[:-1].transform(train.images).astype(np.float64)
    model = pipeline[-1]
    residual = train.labels - 1 / (1 + np.exp(-(x @ model.coef_[0] + model.intercept_[0])))
    np.testing.assert_allclose(model.coef_[0], inverse_penalty * x.T @ residual, atol=5e-3)
    assert residual.sum() == pytest.approx(0, abs=5e-3)
    assert np.abs(model.coef_).max() > 0.01


def test_features_are_25_by_25_thumbnails_and_the_model_is_the_second_of_two_steps():
    features, model = logistic_regression()
    assert isinstance(features, Thumbnails)
    assert features.size == 25
    assert model.get_params()["C"] == 1
    assert model.get_params()["max_iter"] == 5000


def test_fit_that_does_not_converge_is_an_error_and_not_a_warning(cells):
    train = cells(20)
    pipeline = clone(logistic_regression(max_iter=2))
    with pytest.raises(InputError, match="not converged on 20 images in 2 iterations"):
        pipeline.fit(train.images, train.labels)


@pytest.mark.parametrize(("name", "value"), [("C", 0.0), ("C", float("nan")), ("max_iter", 0), ("size", 0)])
def test_number_out_of_range_is_an_error_before_any_work(name, value):
    with pytest.raises(InputError, match=rf"classifier\.logistic_regression\.{name} must be .*, got {value};"):
        logistic_regression(**{name: value})
