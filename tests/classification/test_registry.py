import inspect
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_method, instantiate
from omegaconf import OmegaConf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline

from leukgan.classification import CLASSIFIERS, classifier_title, evaluate, register_classifier, registered_targets
from leukgan.classification.thumbnails import Thumbnails
from leukgan.features.vgg16 import VGG16Features

CONF = Path(__file__).resolve().parents[2] / "conf"


def discriminant(*, size: int = 4) -> Pipeline:
    """A toy classifier as a user would add it: linear discriminant on thumbnails."""
    return Pipeline([("features", Thumbnails(size)), ("model", LinearDiscriminantAnalysis())])


def test_a_classifier_needs_one_registration_and_bears_its_own_title(cells, monkeypatch):
    monkeypatch.setattr("leukgan.classification.registry.CLASSIFIERS", registry := dict(CLASSIFIERS))
    monkeypatch.setattr("leukgan.classification.evaluation.CLASSIFIERS", registry)
    register_classifier("discriminant", discriminant, "Discriminant")
    parts = {"train": cells(12), "augmented": cells(8, seed=1), "generated": None, "test": cells(6, seed=2)}
    context = {"split": 0, "seed": 0, "protocol": "clean"}
    results = evaluate(
        {"discriminant": discriminant()}, ["real", "real+aug"], **parts, context=context, on_progress=lambda task: None
    )
    assert results.scores["classifier"].tolist() == ["discriminant", "discriminant"]
    assert results.losses.empty
    assert results.controls.empty
    assert classifier_title("discriminant", discriminant()) == "Discriminant"
    assert f"{discriminant.__module__}.discriminant" in registered_targets()


def test_title_of_vgg16_names_the_origin_of_its_weights():
    pipeline = Pipeline([("features", VGG16Features("random")), ("model", "passthrough")])
    assert classifier_title("vgg16", pipeline) == "VGG16, random features"
    pipeline.set_params(features=VGG16Features("imagenet"))
    assert classifier_title("vgg16", pipeline) == "VGG16, ImageNet weights"
    pipeline.set_params(features=VGG16Features("weights/cells.pth"))
    assert classifier_title("vgg16", pipeline) == "VGG16, own weights (cells.pth)"


def test_every_classifier_has_a_file_of_configuration():
    assert {path.stem for path in (CONF / "classifier").glob("*.yaml")} == set(CLASSIFIERS)


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(None, ["+seed=3", f"+classifier=[{','.join(CLASSIFIERS)}]", *overrides]).classifier


def test_all_classifiers_live_together_and_are_built_from_their_files():
    chosen = composed("classifier.weights=random", "+classifier.svm.C=10")
    built = {name: instantiate(chosen[name], _convert_="all") for name in CLASSIFIERS}
    assert isinstance(built["vgg16"][0], VGG16Features)
    assert built["vgg16"][0].weights == "random"
    assert built["vgg16"][-1].seed == 3
    assert built["svm"][-1].C == 10
    assert built["logistic_regression"][-1].C == 1


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_files_name_existing_arguments_and_repeat_no_default(name):
    node = OmegaConf.to_container(composed()[name])
    signature = inspect.signature(get_method(node.pop("_target_"))).parameters
    assert set(node) <= set(signature)
    assert not [key for key, value in node.items() if value == signature[key].default]
    assert [key for key, parameter in signature.items() if parameter.default is parameter.empty] == (
        ["weights"] if name == "vgg16" else []
    )
