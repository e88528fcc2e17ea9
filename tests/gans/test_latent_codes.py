"""Laws of GANs with codes: who learns to read the codes, from which images, and that the generator hears of it."""

import math

import pytest
import torch

from leukgan.errors import InputError
from leukgan.gans import InfoGAN, InfoWGANGP
from leukgan.gans.losses import mutual_information_bound

TOY = {"image_size": 32, "latent_size": 4, "critic_width": 4, "generator_width": 16, "categories": 3}
KINDS = pytest.mark.parametrize("kind", [InfoGAN, InfoWGANGP])
UPDATES = pytest.mark.parametrize(("kind", "q_update"), [(InfoGAN, "both"), (InfoWGANGP, "generator")])


def toy(kind, **changes):
    return kind(**TOY | {"continuous_codes": 2, "n_critic": 2} | changes)


def toy_batch(size=6, count=2):
    source = torch.Generator().manual_seed(0)
    return [torch.randint(256, (size, 3, 32, 32), generator=source, dtype=torch.uint8) for _ in range(count)]


def bound_of(module, features, condition):
    return mutual_information_bound(condition, module.code_head(features), module.hparams["categories"])


def drawn(module, count=6, seed=0):
    torch.manual_seed(seed)
    latents = module.latents(count)
    return module.generator(latents), module.split_latents(latents)[1]


def contents(module):
    return {
        name: [p.detach().clone() for p in network.parameters()]
        for name, network in (
            ("trunk", module.critic.trunk), ("unit", module.critic.unit), ("head", module.code_head),
            ("generator", module.generator),
        )
    }  # fmt: skip


def changes_of(before, after):
    """The parts of which all parameters of more than one dimension moved; the others must have stayed."""
    moved = set()
    for name in before:
        different = [
            not torch.equal(a, b) for a, b in zip(before[name], after[name], strict=True) if a.dim() > 1
        ]  # a bias may have no influence
        assert len(set(different)) == 1
        if different[0]:
            moved.add(name)
    return moved


@UPDATES
def test_each_update_moves_what_its_optimiser_owns(kind, q_update):
    module = toy(kind, q_update=q_update)
    optimizers = module.configure_optimizers()
    found, before = [], contents(module)
    for name, optimizer in zip(("critic", "generator"), optimizers, strict=True):

        def compare(*_, name=name):
            nonlocal before
            after = contents(module)
            found.append((name, changes_of(before, after)))
            before = after

        optimizer.register_step_post_hook(compare)
    torch.manual_seed(0)
    for _ in range(2):
        module.step(toy_batch(), *optimizers)
    both = q_update == "both"
    critic = ("critic", {"trunk", "unit", "head"} if both else {"trunk", "unit"})
    generator = ("generator", {"generator"} if both else {"generator", "head"})
    assert found == [critic, critic, generator] * 2


@KINDS
def test_the_bound_is_in_the_critic_s_loss_only_where_the_critic_learns_to_read_codes(kind):
    both, alone = (
        toy(kind, q_update=update, information_weight=0.3, critic_dropout=0.0) for update in ("both", "generator")
    )
    fake, condition = drawn(both)
    real = torch.rand(6, 3, 32, 32) * 2 - 1
    losses = []
    for module in (both, alone):
        torch.manual_seed(1)
        losses.append(module.critic_loss(real, fake.detach(), condition)[0])
    expected = 0.3 * bound_of(both, both.critic.trunk(fake), condition)
    assert expected.abs() > 0.01
    torch.testing.assert_close(losses[1] - losses[0], expected, rtol=1e-4, atol=1e-5)


@UPDATES
def test_the_bound_is_in_the_generator_s_loss(kind, q_update):
    module = toy(kind, q_update=q_update, information_weight=0.3, critic_dropout=0.0)
    fake, condition = drawn(module)
    features = module.critic.trunk(fake)
    expected = -0.3 * bound_of(module, features, condition)
    torch.testing.assert_close(module.generator_regularisation(features, condition), expected, rtol=1e-5, atol=1e-6)


@KINDS
def test_the_critic_s_bound_reaches_trunk_and_code_head_and_leaves_the_unit_alone(kind):
    module = toy(kind, q_update="both")
    fake, condition = drawn(module)
    judged, _ = module.score_batch(fake.detach(), fake.detach(), condition)
    term = module.critic_regularisation(judged, condition)
    parameters = [p for p in (*module.critic.trunk.parameters(), *module.code_head.parameters()) if p.dim() > 1]
    gradients = torch.autograd.grad(term, [*parameters, module.critic.unit.weight], materialize_grads=True)
    assert min(gradient.abs().max() for gradient in gradients[:-1]) > 1e-5
    assert not gradients[-1].any()


@UPDATES
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_step_teaches_the_generator_by_the_bound_alone_where_scores_say_nothing(kind, q_update, weight):
    """A graph that is cut between images and codes would leave the generator where it is."""
    module = toy(kind, q_update=q_update, information_weight=weight)
    module.generator_loss = lambda scores, score_real: 0 * scores.sum()
    before = contents(module)
    torch.manual_seed(0)
    module.step(toy_batch(), *module.configure_optimizers())
    assert ("generator" in changes_of(before, contents(module))) == (weight > 0)


@UPDATES
def test_the_codes_that_are_read_are_those_that_the_images_were_made_from(kind, q_update):
    """Every call of the bound gets the features of the images drawn last, and the codes in those images' latents."""
    module = toy(kind, q_update=q_update, critic_dropout=0.0, n_critic=3)
    latents, features, calls = [], [], []
    information = module.information

    def watch(features, condition):
        calls.append((latents[-1], features, condition))
        return information(features, condition)

    module.generator.register_forward_pre_hook(lambda layer, inputs: latents.append(inputs[0]))
    module.generator.register_forward_hook(lambda layer, inputs, images: features.append(module.critic.trunk(images)))
    module.information = watch
    torch.manual_seed(0)
    module.step(toy_batch(count=3), *module.configure_optimizers())
    assert len(latents) == 4
    expected = range(4) if q_update == "both" else [3]
    assert len(calls) == len(expected)
    for index, (latent, found, condition) in zip(expected, calls, strict=True):
        assert latent is latents[index]
        torch.testing.assert_close(condition, latent[:, 4:], rtol=0, atol=0)
        torch.testing.assert_close(found, features[index], rtol=1e-5, atol=1e-6)


def test_codes_are_drawn_uniformly_the_category_first():
    module = toy(InfoWGANGP, categories=5, continuous_codes=2)
    torch.manual_seed(0)
    latents = module.latents(5000)
    assert latents.shape == (5000, 4 + 5 + 2)
    codes = module.split_latents(latents)[1]
    category, continuous = codes[:, :5], codes[:, 5:]
    assert category.unique().tolist() == [0, 1]
    assert category.sum(1).unique().tolist() == [1]
    assert category.mean(0).tolist() == pytest.approx([0.2] * 5, abs=4 * math.sqrt(0.2 * 0.8 / 5000))
    assert continuous.abs().max() <= 1
    expected = torch.linspace(-1, 1, 5000)[:, None].expand(5000, 2)
    distance = (continuous.sort(0).values - expected).abs().max().item() / 2
    assert distance == pytest.approx(0, abs=1.95 / math.sqrt(5000))  # Kolmogorov-Smirnov at 0.001
    related = torch.corrcoef(torch.cat([category[:, :4], continuous, module.split_latents(latents)[0]], 1).T)
    related[:4, :4] = 0  # of one category each other
    assert (related - related.diag().diag()).abs().max().item() == pytest.approx(0, abs=4.5 / math.sqrt(5000))


def test_codes_are_the_same_for_the_same_seed_and_whatever_the_labels_are():
    module = toy(InfoWGANGP)
    one, other = (module.latents(7, labels, torch.Generator().manual_seed(3)) for labels in (None, torch.arange(7) % 2))
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert not torch.equal(module.latents(7, None, torch.Generator().manual_seed(4)), one)


@pytest.mark.parametrize(("categories", "continuous"), [(3, 0), (0, 1), (2, 1)])
def test_either_kind_of_code_can_be_left_out(categories, continuous):
    module = toy(InfoWGANGP, categories=categories, continuous_codes=continuous)
    assert module.latents(6).shape == (6, 4 + categories + continuous)
    before = contents(module)
    torch.manual_seed(0)
    metrics = module.step(toy_batch(), *module.configure_optimizers())
    assert all(value.isfinite() for value in metrics.values())
    assert changes_of(before, contents(module)) == {"trunk", "unit", "head", "generator"}


@pytest.mark.parametrize(("categories", "continuous"), [(1, 2), (1, 0), (0, 0)])
def test_codes_that_tell_nothing_are_refused(categories, continuous):
    with pytest.raises(InputError, match=r"gan\.categories of 2 or more"):
        toy(InfoGAN, categories=categories, continuous_codes=continuous)
