"""Classification: does a training set with generated images make a better classifier?"""

from leukgan.classification.evaluation import TRAINING_SETS, blocks, control_of_number, evaluate, evaluate_masked
from leukgan.classification.logistic_regression import logistic_regression
from leukgan.classification.registry import CLASSIFIERS, classifier_title, register_classifier
from leukgan.classification.svm import svm
from leukgan.classification.vgg16 import vgg16

__all__ = [
    "CLASSIFIERS", "TRAINING_SETS", "blocks", "classifier_title", "control_of_number", "evaluate", "evaluate_masked",
    "logistic_regression", "register_classifier", "svm", "vgg16",
]  # fmt: skip
