"""Laws of a GAN's checkpoint: it gives back the GAN that it holds, and nothing else passes for one."""

import io
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from leukgan.errors import InputError
from leukgan.gans import Training, load_gan


@pytest.fixture(scope="module")
def checkpoint(gan, data, tmp_path_factory):
    """A GAN's checkpoint; to be read, not written."""
    folder = tmp_path_factory.mktemp("gan")
    return Training(accelerator="cpu").fit(gan(), data(generator_steps=1), folder, progress=lambda *_: None)


def test_a_checkpoint_gives_its_gan_back(any_gan, fit):
    module = any_gan(seed=3, augmentation=["cutout"], adaptive_target=0.5, adaptive_images=20)
    again = load_gan(fit(module, steps=2))
    assert type(again) is type(module)
    assert dict(again.hparams) == dict(module.hparams)
    assert again.generator_step == 2
    torch.testing.assert_close(again.state_dict(), module.state_dict(), rtol=0, atol=0)
    np.testing.assert_array_equal(again.sample(4, seed=1), module.sample(4, seed=1))


def test_a_class_conditional_checkpoint_draws_both_classes(conditional_gan, fit):
    module = conditional_gan()
    again = load_gan(fit(module, steps=1))
    for label in (0, 1):
        np.testing.assert_array_equal(again.sample(4, label=label), module.sample(4, label=label))


LIBRARY_USE = """
import sys
from pathlib import Path
from leukgan.gans import Training, WGANGP
from leukgan.generation import SeededSamples
gan = WGANGP.load_from_checkpoint(sys.argv[1])
images = gan.sample(2, seed=0)
assert images.shape == (2, 3, 32, 32) and images.dtype.name == "uint8", (images.shape, images.dtype)
assert not {"hydra", "omegaconf", "leukgan.study", "leukgan.config"} & set(sys.modules)
from toys import toy_data
Training(accelerator="cpu").fit(gan, toy_data(generator_steps=1), Path(sys.argv[2]), progress=lambda *_: None)
assert "torch_xla" not in sys.modules
"""


def test_a_library_s_user_draws_without_hydra_and_trains_without_torch_xla(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    command = [sys.executable, "-W", "error::FutureWarning", "-c", LIBRARY_USE, checkpoint, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_checkpoint_is_read_onto_the_cpu_and_draws_no_random_number(checkpoint, global_randomness_untouched):
    with global_randomness_untouched():
        assert load_gan(checkpoint).device.type == "cpu"


@pytest.mark.parametrize("name", ["last.ckpt", "."])
def test_a_missing_checkpoint_is_a_sentence(tmp_path, name):
    sentence = re.escape(f"there is no checkpoint {tmp_path / name}; a training leaves it in its folder as last.ckpt.")
    with pytest.raises(InputError, match=rf"^{sentence}$"):
        load_gan(tmp_path / name)


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no checkpoint",
        np.random.default_rng(0).bytes(10_000),
        b"PK\x03\x04" + bytes(100),
        saved({"state_dict": nn.Linear(2, 3).state_dict()}),
        saved({"state_dict": {}}, _use_new_zipfile_serialization=False),
        saved({"gan": "StyleGAN", "state_dict": {}}),
        saved({"gan": ["WGANGP"]}),
        saved([1, 2, 3]),
        saved(torch.zeros(3)),
        saved(None),
        saved(nn.Linear(2, 3)),
    ],
    ids=[
        "empty", "text", "random", "broken zip", "another model", "the old format", "an unknown gan", "no name",
        "a list", "a tensor", "nothing", "a module",
    ],
)  # fmt: skip
def test_a_file_that_is_no_gan_is_a_sentence(tmp_path, content):
    path = tmp_path / "last.ckpt"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=rf"^{re.escape(str(path))} is no checkpoint of a GAN of this version of leukgan\.$"
    ):
        load_gan(path)


@pytest.mark.parametrize("damage", ["half", "another's", "state_dict", "hyper_parameters", "generator_step", "gan"])
def test_a_damaged_checkpoint_is_a_sentence(checkpoint, tmp_path, damage):
    """Half of its bytes, weights of another GAN, or a part that is lost."""
    path = tmp_path / "last.ckpt"
    if damage == "half":
        path.write_bytes(checkpoint.read_bytes()[: checkpoint.stat().st_size // 2])
    else:
        state = torch.load(checkpoint, weights_only=True)
        kept = {name: value for name, value in state.items() if name != damage}
        torch.save(kept | ({"gan": "DCGAN"} if damage == "another's" else {}), path)
    with pytest.raises(InputError, match=r"last\.ckpt is no checkpoint of a GAN of this version of leukgan\.$"):
        load_gan(path)


@pytest.mark.parametrize("damage", ["bit", "cut", "empty"])
def test_a_damaged_checkpoint_is_neither_continued_nor_drawn_from(checkpoint, gan, data, tmp_path, damage):
    """One bit of a weight, which torch reads without a word; torch alone finds the other two."""
    path = tmp_path / "last.ckpt"
    for file in checkpoint.parent.glob("last.ckpt*"):
        shutil.copy(file, tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"bit": content, "cut": content[: len(content) // 2], "empty": b""}[damage])

    with pytest.raises(InputError, match=r"last\.ckpt is damaged"):
        load_gan(path)
    with pytest.raises(InputError, match=r"last\.ckpt is damaged"):
        Training(accelerator="cpu").fit(gan(), data(generator_steps=1), tmp_path, progress=lambda *_: None)
