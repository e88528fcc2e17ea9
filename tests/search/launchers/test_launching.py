"""Laws of launchers that need none to run."""

from importlib.util import find_spec

import pytest
from apps import ROOT, refusal_of
from omegaconf import OmegaConf

from leukgan.search.jobs import missing_package


@pytest.mark.skipif(find_spec("hydra_plugins.hydra_ray_launcher") is not None, reason="the extra ray is installed")
def test_a_launcher_whose_package_is_missing_is_a_sentence(tmp_path):
    sentence = refusal_of("train_gan", tmp_path, "-m", "launcher=ray", "gan.n_critic=5,8")
    assert sentence.startswith("error: launcher=ray needs the package hydra-ray-launcher; install it with: ")
    assert sentence.endswith("python -m pip install hydra-ray-launcher\n")


def test_an_unknown_launcher_is_hydra_s_error(tmp_path):
    assert "Could not find 'launcher/joblip'" in refusal_of(
        "train_gan", tmp_path, "-m", "launcher=joblip", "gan.n_critic=5,8"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "conf" / "launcher").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_launcher_s_package_is_known(path):
    plugin = OmegaConf.load(path).defaults[0]["override /hydra/launcher"]
    sentence = missing_package(f"hydra/launcher/{plugin}")
    assert sentence.startswith(f"launcher={path.stem} needs the package hydra-")
