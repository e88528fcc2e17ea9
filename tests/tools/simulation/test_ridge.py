import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from leukgan.tools.simulation.ridge import PENALTY, fit_ridge


@pytest.mark.parametrize("n", [30, 300])  # fewer and more images than features
def test_ridge_is_scikit_learns(population, n):
    features, labels = population.whole[:n], population.labels[:n]
    ours, theirs = fit_ridge(features, labels), RidgeClassifier(alpha=PENALTY).fit(features, labels)
    assert ours.weights == pytest.approx(theirs.coef_.ravel(), rel=1e-6, abs=1e-9)
    assert ours.bias == pytest.approx(float(theirs.intercept_[0]))
    assert (ours.predict(population.whole) == theirs.predict(population.whole)).all()


def test_ridge_tells_the_classes_apart(population):
    fitted = fit_ridge(population.whole[:300], population.labels[:300])
    assert 0.75 < np.mean(fitted.predict(population.whole[300:]) == population.labels[300:]) < 0.95
