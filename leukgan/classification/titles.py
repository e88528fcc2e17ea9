"""The classifiers' names, as typed and as printed."""

from __future__ import annotations

from pathlib import Path

from sklearn.pipeline import Pipeline

from leukgan.features.vgg16 import VGG16Features

CLASSIFIERS = {"vgg16": "VGG16", "logistic_regression": "Logistic regression", "svm": "SVM"}


def classifier_title(name: str, pipeline: Pipeline) -> str:
    """The classifier's name for tables and figures; VGG16's tells whose weights it has."""
    features = pipeline[0]
    if not isinstance(features, VGG16Features):
        return CLASSIFIERS[name]
    if features.weights == "imagenet":
        return f"{CLASSIFIERS[name]}, ImageNet weights"
    if features.weights == "random":
        return f"{CLASSIFIERS[name]}, random features"
    return f"{CLASSIFIERS[name]}, own weights ({Path(features.weights).name})"
