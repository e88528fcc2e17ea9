from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from sklearn.pipeline import Pipeline

import leukgan.config  # noqa: F401  (knows the arguments that files in conf/ name)
from leukgan.classification import CLASSIFIERS, classifier_title
from leukgan.features.vgg16 import VGG16Features

CONF = Path(__file__).resolve().parents[2] / "conf"


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
    chosen = composed("classifier.weights=random", "classifier.svm.C=10")
    built = {name: instantiate(chosen[name], _convert_="all") for name in CLASSIFIERS}
    assert isinstance(built["vgg16"][0], VGG16Features)
    assert built["vgg16"][0].weights == "random"
    assert built["vgg16"][-1].seed == 3
    assert built["svm"][-1].C == 10
    assert built["logistic_regression"][-1].C == 1
