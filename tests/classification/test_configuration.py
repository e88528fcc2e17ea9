import inspect
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_method, instantiate
from omegaconf import OmegaConf

from leukgan.classification import CLASSIFIERS
from leukgan.features.vgg16 import VGG16Features

CONF = str(Path(__file__).resolve().parents[2] / "conf")


def composed(*overrides):
    with initialize_config_dir(CONF, version_base="1.3"):
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
