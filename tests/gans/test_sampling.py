"""Laws of latents: what a seed gives, the way between two of them, and codes that vary one at a time."""

import pytest
import torch

from leukgan.gans import InfoGAN, InfoWGANGP, interpolate, seeded_latents
from leukgan.gans.sampling import code_latents, interpolation_latents, sample_latents, slerp

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16}


@pytest.fixture(params=["plain", "conditional", "codes", "uniform"])
def any_gan(request, gan):
    """Without a condition, with classes, and with codes, noise normal and uniform."""
    kinds = {
        "plain": gan,
        "conditional": lambda: gan(conditional=True),
        "codes": lambda: InfoWGANGP(**TOY, categories=3, continuous_codes=2),
        "uniform": lambda: InfoGAN(**TOY, categories=3, continuous_codes=2),
    }
    return kinds[request.param]()


def label_of(module, label=0):
    return label if module.classes else None


def test_a_seed_gives_one_latent_whatever_the_others_are(any_gan):
    label = label_of(any_gan)
    together = seeded_latents(any_gan, [5, 3, 11], label=label)
    assert together.shape == (3, 8 + any_gan.condition_size)
    for latent, seed in zip(together, [5, 3, 11], strict=True):
        torch.testing.assert_close(seeded_latents(any_gan, [seed], label=label)[0], latent, rtol=0, atol=0)
        drawn = any_gan.latents(1, label, torch.Generator().manual_seed(seed))[0]
        torch.testing.assert_close(drawn, latent, rtol=0, atol=0)
    assert len(together[:, :8].unique(dim=0)) == 3


@pytest.mark.parametrize("truncation", [0.0, 0.5, 1.5])
def test_truncation_scales_the_noise_and_leaves_the_condition(any_gan, truncation):
    label = label_of(any_gan)
    whole = seeded_latents(any_gan, [1, 2], label=label)
    scaled = seeded_latents(any_gan, [1, 2], label=label, truncation=truncation)
    torch.testing.assert_close(any_gan.split_latents(scaled)[0], truncation * any_gan.split_latents(whole)[0])
    torch.testing.assert_close(any_gan.split_latents(scaled)[1], any_gan.split_latents(whole)[1], rtol=0, atol=0)


@pytest.mark.parametrize("label", [0, 1])
def test_the_label_of_seeds_is_their_condition_and_not_their_noise(gan, label):
    module = gan(conditional=True)
    latents = seeded_latents(module, [1, 2], label=label)
    torch.testing.assert_close(module.split_latents(latents)[1], torch.eye(2)[[label, label]], rtol=0, atol=0)
    other = seeded_latents(module, [1, 2], label=1 - label)
    torch.testing.assert_close(module.split_latents(latents)[0], module.split_latents(other)[0], rtol=0, atol=0)


@pytest.mark.parametrize(("count", "steps"), [(2, 1), (2, 6), (4, 3), (1, 5)])
def test_the_way_leads_through_all_latents_in_as_many_steps(any_gan, count, steps):
    latents = seeded_latents(any_gan, range(count), label=label_of(any_gan))
    way = interpolate(any_gan, latents, steps)
    assert way.shape == ((count - 1) * steps + 1, latents.shape[1])
    torch.testing.assert_close(way[::steps], latents, rtol=1e-5, atol=1e-6)


def test_the_way_passes_in_even_steps(any_gan):
    """Of the arc, an equal angle in each step between noises of one length; of the condition, an equal difference."""
    latents = seeded_latents(any_gan, [0, 1], label=label_of(any_gan))
    noise = any_gan.split_latents(latents)[0]
    latents = torch.cat([3 * noise / noise.norm(dim=1, keepdim=True), any_gan.split_latents(latents)[1]], 1)
    way = interpolate(any_gan, latents, 5).double()
    points, conditions = any_gan.split_latents(way)[0], any_gan.split_latents(way)[1]
    torch.testing.assert_close(points.norm(dim=1), torch.full((6,), 3.0).double(), rtol=1e-5, atol=0)
    cosines = (points[1:] * points[:-1]).sum(1) / 9
    whole = (points[0] @ points[-1] / 9).arccos()
    torch.testing.assert_close(cosines.arccos(), (whole / 5).expand(5), rtol=1e-4, atol=0)
    parts = torch.linspace(0, 1, 6, dtype=torch.float64)[:, None]
    torch.testing.assert_close(conditions, (1 - parts) * conditions[0] + parts * conditions[-1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [2, 8, 128])
def test_lengths_on_the_way_lie_between_those_of_its_ends(size):
    """However far apart the ends are in direction and length."""
    torch.manual_seed(0)
    for start, end in torch.randn(50, 2, size):
        lengths = slerp(start[None], end[None], torch.linspace(0, 1, 17)[:, None]).norm(dim=1)
        low, high = sorted([start.norm().item(), end.norm().item()])
        assert lengths.min() >= low * (1 - 1e-4)
        assert lengths.max() <= high * (1 + 1e-4)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_the_way_between_noises_of_one_direction_is_straight(factor):
    start = torch.tensor([[3.0, 4.0, 0.0]])
    parts = torch.linspace(0, 1, 5)[:, None]
    torch.testing.assert_close(slerp(start, factor * start, parts), start * (1 + (factor - 1) * parts))


def test_a_grid_s_latents_are_the_same_in_each_call(any_gan):
    before = torch.get_rng_state()
    one = sample_latents(any_gan, 3, 4)
    seeded_latents(any_gan, [0, 1], label=label_of(any_gan))
    assert torch.equal(torch.get_rng_state(), before)
    assert one.shape == (3, 4, 8 + any_gan.condition_size)
    torch.testing.assert_close(sample_latents(any_gan, 3, 4), one, rtol=0, atol=0)
    assert len(one[..., :8].flatten(0, 1).unique(dim=0)) == 12
    if any_gan.classes:  # which take turns by row
        assert one[..., 8:].argmax(2).tolist() == [[0] * 4, [1] * 4, [0] * 4]


def test_each_row_of_an_interpolation_leads_from_one_latent_to_another_of_its_class(any_gan):
    rows = interpolation_latents(any_gan, 4, 6)
    assert rows.shape == (4, 6, 8 + any_gan.condition_size)
    ends = sample_latents(any_gan, 4, 2)
    torch.testing.assert_close(rows[:, [0, -1]], ends, rtol=1e-5, atol=1e-6)
    if any_gan.classes:
        torch.testing.assert_close(rows[..., 8:], ends[:, :1, 8:].expand(4, 6, 2))


@pytest.mark.parametrize(("categories", "continuous"), [(3, 2), (0, 2), (10, 0)])
def test_each_row_of_codes_varies_one_code_and_nothing_else(categories, continuous):
    module = InfoWGANGP(**TOY, categories=categories, continuous_codes=continuous)
    rows = code_latents(module, 5)
    first = 1 if categories else 0
    assert rows.shape == (first + continuous, 5, 8 + categories + continuous)
    base = module.latents(1, None, torch.Generator().manual_seed(0))[0]
    if categories:
        assert rows[0, :, 8 : 8 + categories].argmax(1).tolist() == [column % categories for column in range(5)]
        assert rows[0, :, 8 : 8 + categories].sum(1).tolist() == [1] * 5
    for code in range(continuous):
        assert rows[first + code, :, 8 + categories + code].tolist() == [-1, -0.5, 0, 0.5, 1]
    varied = [range(8, 8 + categories)] * first + [[8 + categories + code] for code in range(continuous)]
    for row, places in zip(rows, varied, strict=True):
        others = [place for place in range(rows.shape[2]) if place not in places]
        torch.testing.assert_close(row[:, others], base[others].expand(5, -1), rtol=0, atol=0)
