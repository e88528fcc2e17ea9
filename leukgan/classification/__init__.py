"""Classification: does a training set with generated images make a better classifier?"""

from leukgan.classification.evaluation import LOSS_COLUMNS, PREDICTION_COLUMNS, SCORE_COLUMNS, Results, evaluate
from leukgan.classification.logistic_regression import logistic_regression
from leukgan.classification.masked_controls import masked_controls
from leukgan.classification.svm import svm
from leukgan.classification.titles import CLASSIFIERS, classifier_title
from leukgan.classification.training_sets import TRAINING_SETS, blocks
from leukgan.classification.vgg16 import vgg16

__all__ = [
    "CLASSIFIERS",
    "LOSS_COLUMNS",
    "PREDICTION_COLUMNS",
    "SCORE_COLUMNS",
    "TRAINING_SETS",
    "Results",
    "blocks",
    "classifier_title",
    "evaluate",
    "logistic_regression",
    "masked_controls",
    "svm",
    "vgg16",
]
