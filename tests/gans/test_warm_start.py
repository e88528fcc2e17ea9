"""Laws of a training that starts with another's networks."""

import re

import pytest
from gans.trainings import KilledError, assert_same, kill_at
from toys import toy_data, toy_gan, toy_images

from leukgan.errors import InputError
from leukgan.gans import R3GAN, WGANGP, Training, images_behind, load_gan, training_images


def fit(folder, gan, images, steps=1):
    data = toy_data(images, n_critic=gan.hparams["n_critic"], generator_steps=steps)
    return Training(accelerator="cpu").fit(gan, data, folder, progress=lambda *_: None)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A trained GAN of other images, and one that started from it."""
    folder = tmp_path_factory.mktemp("start")
    first = fit(folder / "first", toy_gan(WGANGP, seed=3), toy_images(seed=1))
    second = fit(folder / "second", toy_gan(WGANGP, seed=4, start_from=str(first)), toy_images(seed=2))
    return first, second


def test_a_training_starts_with_the_networks_of_its_start(start, tmp_path):
    """At rate 0 it ends with them too; another loss may go on with them."""
    first = start[0]
    widths = {"generator": "upsampling", "minibatch_std": False, "output_norm": True}
    rates = {"critic_learning_rate": 0.0, "generator_learning_rate": 0.0}
    again = load_gan(fit(tmp_path, toy_gan(R3GAN, start_from=str(first), **widths, **rates), toy_images()))
    weights = dict(load_gan(first).critic.state_dict())
    assert_same(dict(again.critic.state_dict()), weights)
    assert again.generator_step == 1


def test_all_images_behind_a_chain_of_starts_are_known(start):
    shas = [toy_images(seed=seed).sha256 for seed in (2, 1)]
    assert images_behind(start[1]) == [*shas[0], *shas[1]]
    assert training_images(start[1]) == [*shas[0]]


def test_a_training_that_goes_on_needs_its_start_no_more(start, tmp_path):
    first = tmp_path / "first.ckpt"
    first.write_bytes(start[0].read_bytes())
    settings = {"start_from": str(first), "n_critic": 2}
    whole = fit(tmp_path / "whole", toy_gan(WGANGP, **settings), toy_images(), steps=4)
    data = toy_data(n_critic=2, generator_steps=4, steps_per_epoch=2)

    with pytest.raises(KilledError):
        Training(accelerator="cpu").fit(toy_gan(WGANGP, **settings), data, tmp_path / "gan", progress=kill_at(3))
    first.unlink()
    again = Training(accelerator="cpu").fit(
        toy_gan(WGANGP, **settings), data, tmp_path / "gan", progress=lambda *_: None
    )
    assert_same(*(dict(load_gan(path).state_dict()) for path in (again, whole)))
    assert images_behind(again) == images_behind(whole) == [*toy_images().sha256, *toy_images(seed=1).sha256]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"critic_width": 8}, "has other networks; give gan.generator"), ({"latent_size": 9}, "has other networks")],
)
def test_a_start_with_other_networks_is_refused(start, tmp_path, changes, said):
    with pytest.raises(InputError, match=re.escape(f"gan.start_from={start[0]} {said}")):
        fit(tmp_path, toy_gan(WGANGP, start_from=str(start[0]), **changes), toy_images())


def test_a_missing_start_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"^there is no checkpoint .*absent\.ckpt; "):
        fit(tmp_path, toy_gan(WGANGP, start_from="absent.ckpt"), toy_images())
