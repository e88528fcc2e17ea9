"""Logistic regression on thumbnails."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from leukgan.classification.thumbnails import Thumbnails
from leukgan.errors import InputError


def logistic_regression(*, C: float = 1.0, max_iter: int = 5000, size: int = 25) -> Pipeline:  # noqa: N803
    """Logistic regression on the pixels of thumbnails.

    Args:
        C: Inverse of the penalty weight lambda, above 0; the study's lambda is 1.
        max_iter: At least 1; a fit that needs more iterations raises InputError.
        size: Width and height of the thumbnails in pixels, at least 1.
    """
    if not C > 0:
        raise InputError(f"classifier.logistic_regression.C must be above 0, got {C}; the study's value is 1.")
    if not max_iter >= 1:
        raise InputError(f"classifier.logistic_regression.max_iter must be 1 or more, got {max_iter}; use 5000.")
    if not size >= 1:
        raise InputError(f"classifier.logistic_regression.size must be 1 pixel or more, got {size}; use 25.")
    model = ConvergedLogisticRegression(C=C, max_iter=max_iter)
    return Pipeline([("features", Thumbnails(size)), ("model", model)])


class ConvergedLogisticRegression(LogisticRegression):
    """Logistic regression that is either at its optimum or an error: scores of half a fit compare nothing."""

    def fit(self, features: NDArray[np.float32], labels: NDArray[np.int64]) -> "ConvergedLogisticRegression":
        """The fitted model.

        Raises:
            InputError: The solver reached `max_iter` before the optimum.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                super().fit(features, labels)
            except ConvergenceWarning as warning:
                raise InputError(
                    f"Logistic regression has not converged on {len(features)} images in {self.max_iter} iterations "
                    f"with C={self.C}; raise classifier.logistic_regression.max_iter or lower its C."
                ) from warning
        return self
