from pathlib import Path

import torch

from leukgan.classification import CLASSIFIERS, classifier_title, logistic_regression, svm, vgg16
from leukgan.features.vgg16 import VGG16Features


def test_titles_tell_whose_weights_vgg16_has(tmp_path):
    pipeline = vgg16(weights="random")
    path = tmp_path / "cells.pth"
    torch.save({name: tensor.half() for name, tensor in pipeline[0].network_.state_dict().items()}, path)
    assert classifier_title("vgg16", pipeline) == "VGG16, random features"
    assert classifier_title("vgg16", vgg16(weights=str(path))) == "VGG16, own weights (cells.pth)"
    pipeline.set_params(features=VGG16Features("imagenet"))
    assert classifier_title("vgg16", pipeline) == "VGG16, ImageNet weights"


def test_titles_of_the_other_classifiers_are_their_names():
    assert classifier_title("logistic_regression", logistic_regression()) == "Logistic regression"
    assert classifier_title("svm", svm()) == "SVM"


def test_every_classifier_has_a_file_of_configuration():
    folder = Path(__file__).resolve().parents[2] / "conf" / "classifier"
    assert {path.stem for path in folder.glob("*.yaml")} == set(CLASSIFIERS)
