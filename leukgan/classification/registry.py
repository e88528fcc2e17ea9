"""The registry of classifiers: name, constructor, title, and whether the classifier trains in epochs."""

from collections.abc import Callable
from dataclasses import dataclass

from sklearn.pipeline import Pipeline

from leukgan.arguments import allow_target
from leukgan.classification.logistic_regression import logistic_regression
from leukgan.classification.svm import svm
from leukgan.classification.vgg16 import vgg16, vgg16_title


@dataclass(frozen=True)
class Classifier:
    """A registered classifier.

    Attributes:
        build: Constructor; its keyword arguments are the settings, and the last step of its pipeline is the model.
        title: Name in tables and figures, or a function of the pipeline that returns it.
        trains_in_epochs: Whether the model has the parameters `epochs` and `steps`, a method `steps_per_epoch`, and
            after its fit `loss_curve_` and `n_steps_`, as `LogisticHead` has. Its losses are then recorded, and a
            control trains it for equal steps on every training set.
    """

    build: Callable[..., Pipeline]
    title: str | Callable[[Pipeline], str]
    trains_in_epochs: bool = False


CLASSIFIERS: dict[str, Classifier] = {}  # in the order of tables


def register_classifier(
    name: str,
    build: Callable[..., Pipeline],
    title: str | Callable[[Pipeline], str],
    *,
    trains_in_epochs: bool = False,
) -> None:
    """Make a classifier known under the name of its file in conf/classifier; see `Classifier` for the arguments."""
    CLASSIFIERS[name] = Classifier(build, title, trains_in_epochs)
    allow_target("classifier", build)


def classifier_title(name: str, pipeline: Pipeline) -> str:
    """Name of a classifier in tables and figures."""
    title = CLASSIFIERS[name].title
    return title if isinstance(title, str) else title(pipeline)


register_classifier("vgg16", vgg16, vgg16_title, trains_in_epochs=True)
register_classifier("logistic_regression", logistic_regression, "Logistic regression")
register_classifier("svm", svm, "SVM")
