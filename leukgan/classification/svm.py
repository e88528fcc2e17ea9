"""Support vector machine on thumbnails."""

from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from leukgan.classification.thumbnails import Thumbnails
from leukgan.errors import InputError


def svm(*, C: float = 1.0, size: int = 25) -> Pipeline:  # noqa: N803
    """Support vector machine with a Gaussian kernel on the pixels of thumbnails.

    The kernel's gamma is 1 / (F Var) with the F = 3*size*size features and the variance of the training images only;
    F is the study's 1875 at the default size.

    Args:
        C: Inverse of the penalty weight lambda, above 0; the study's lambda is 1.
        size: Width and height of the thumbnails in pixels, at least 1.
    """
    if not C > 0:
        raise InputError(f"classifier.svm.C must be above 0, got {C}; the study's value is 1.")
    if not size >= 1:
        raise InputError(f"classifier.svm.size must be 1 pixel or more, got {size}; use 25.")
    return Pipeline([("features", Thumbnails(size)), ("model", SVC(C=C, kernel="rbf", gamma="scale"))])
