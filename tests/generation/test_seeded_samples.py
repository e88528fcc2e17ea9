"""Laws of images by seed: each is its own, whatever is drawn with it, and ways lead from one to the next."""

import os

import numpy as np
import pytest
import torch

from leukgan.errors import InputError
from leukgan.gans import WGANGP, interpolate, load_gan, seeded_latents
from leukgan.generation import SeededSamples, parse_seeds


def images(checkpoint, seeds, **settings):
    """Images by name."""
    return {frame.name: pixels for frame, pixels in SeededSamples(checkpoint, parse_seeds(seeds), **settings)}


def test_an_image_for_each_seed_as_the_gan_draws_it(checkpoint):
    drawn = images(checkpoint, "3+7-9")
    assert list(drawn) == ["seed_00003", "seed_00007", "seed_00008", "seed_00009"]
    gan = load_gan(checkpoint)
    expected = gan.images(seeded_latents(gan, [3, 7, 8, 9]))
    assert expected.dtype == np.uint8
    # A batch of four rounds otherwise than one of sixteen.
    np.testing.assert_allclose(np.stack(list(drawn.values())), expected.astype(int), atol=1)
    assert len({pixels.tobytes() for pixels in drawn.values()}) == 4


@pytest.mark.parametrize("name", ["sharp", "informed"])
def test_a_seeds_image_does_not_depend_on_the_other_seeds(name, request):
    path = request.getfixturevalue(name)
    together = images(path, "100-110+0-7")
    for seed in (0, 7):
        np.testing.assert_array_equal(images(path, seed)[f"seed_{seed:05d}"], together[f"seed_{seed:05d}"])
    between = images(path, "0-7", interpolation=2)
    assert all((between[f"seed_{seed:05d}"] == together[f"seed_{seed:05d}"]).all() for seed in range(8))


def test_every_batch_has_the_same_shape(checkpoint, monkeypatch):
    samples, shapes = SeededSamples(checkpoint, range(41)), set()
    draw = samples.gan.images

    def watched(latents, batch_size):
        shapes.update(part.shape for part in latents.split(batch_size))
        return draw(latents, batch_size)

    monkeypatch.setattr(samples.gan, "images", watched)
    assert len(list(samples)) == len(samples) == 41
    assert shapes == {(16, 8)}


def test_large_ranges_are_drawn_as_they_are_asked_for(checkpoint):
    samples = SeededSamples(checkpoint, parse_seeds("0-4294967295"))
    assert len(samples) == 2**32
    assert next(iter(samples))[0].name == "seed_00000"


@pytest.mark.parametrize("interpolation", [None, 4])
def test_truncation_is_a_factor_on_the_noise(conditional, interpolation):
    seeds = range(6)
    whole, half = (
        list(SeededSamples(conditional, seeds, label=1, truncation=factor, interpolation=interpolation).latents())
        for factor in (1.0, 0.5)
    )
    for (_, expected), (_, latent) in zip(whole, half, strict=True):
        torch.testing.assert_close(latent[:, :8], expected[:, :8] / 2)
        torch.testing.assert_close(latent[:, 8:], torch.tensor([[0.0, 1.0]]))


def test_the_label_chooses_the_class(conditional):
    one, other = (images(conditional, "0-3", label=label) for label in (0, 1))
    assert one.keys() == other.keys()
    assert all((one[name] != other[name]).any() for name in one)


def test_interpolation_goes_in_steps_from_seed_to_seed(checkpoint):
    samples = SeededSamples(checkpoint, [3, 9, 5], interpolation=2)
    frames, latents = zip(*samples.latents(), strict=True)
    assert [(f.name, f.seed, f.to_seed, f.part) for f in frames] == [
        ("seed_00003", 3, 3, 0),
        ("seed_00003_to_00009_step_01", 3, 9, 0.5),
        ("seed_00009", 9, 9, 0),
        ("seed_00009_to_00005_step_01", 9, 5, 0.5),
        ("seed_00005", 5, 5, 0),
    ]
    assert len(samples) == 5
    ends = seeded_latents(samples.gan, [3, 9, 5])
    torch.testing.assert_close(torch.cat(latents), interpolate(samples.gan, ends, 2))
    torch.testing.assert_close(torch.cat(latents[::2]), ends, rtol=0, atol=0)  # not an ulp off the seed's own
    assert [f.seed for f, _ in SeededSamples(checkpoint, [3, 9, 5], interpolation=1).latents()] == [3, 9, 5]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"truncation": 0.0}, "truncation must be above 0 and at most 1, got 0.0"),
        ({"truncation": 1.01}, "got 1.01"),
        ({"truncation": float("nan")}, "got nan"),
        ({"interpolation": 0}, "interpolation must be at least 1"),
        ({"seeds": "4", "interpolation": 3}, "interpolation needs two seeds or more"),
        ({"label": 1}, "leave label out"),
        ({"name": "informed", "label": 0}, "leave label out"),
        ({"name": "conditional"}, "say which with label=0 or label=1"),
        ({"name": "conditional", "label": 2}, "label must be 0 or 1, got 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(settings, words, request):
    path = request.getfixturevalue(settings.pop("name", "checkpoint"))
    with pytest.raises(InputError) as refusal:
        SeededSamples(path, parse_seeds(settings.pop("seeds", "0-3")), **settings)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_checkpoint_that_runs_code_is_not_loaded(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    torch.save({"gan": "WGANGP", "hyper_parameters": Evil()}, tmp_path / "evil.ckpt")
    with pytest.raises(InputError, match="no checkpoint of a GAN"):
        SeededSamples(tmp_path / "evil.ckpt", [0])
    with pytest.raises(Exception, match=r"[Ww]eights"):
        WGANGP.load_from_checkpoint(tmp_path / "evil.ckpt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("typed", "seeds"),
    [
        (7, [7]),
        ("0-3", [0, 1, 2, 3]),
        ("20-22+3+7", [20, 21, 22, 3, 7]),
        ("3, 7-8", [3, 7, 8]),
        ([3, "7-8", "1+2"], [3, 7, 8, 1, 2]),
        ("4294967295", [2**32 - 1]),
    ],
)
def test_every_named_seed_comes_once_in_its_order(typed, seeds):
    assert list(parse_seeds(typed)) == seeds
    assert len(parse_seeds(typed)) == len(seeds)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (None, "names none"),
        ([], "names none"),
        ("a", "got 'a'"),
        ("3+", "got ''"),
        ("1-2-3", "got '1-2-3'"),
        (1.5, "got '1.5'"),
        (-5, "negative, got -5"),
        ("7-3", "the range 7-3 of seeds is empty; write 3-7"),
        ("5-9+1-5", "names 5 twice"),
        ("4294967296", "at most 4294967295, got 4294967296"),
    ],
)
def test_what_names_no_seeds_is_refused(typed, words):
    with pytest.raises(InputError) as refusal:
        parse_seeds(typed)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
