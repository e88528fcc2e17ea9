"""Laws of what keeps a critic from knowing its images by heart: LeCam's term, adaptive augmentation, and measuring."""

import numpy as np
import pytest
import torch

from leukgan.gans import R3GAN, load_gan
from leukgan.gans.augmentation import AUGMENTATIONS
from leukgan.gans.networks import to_networks

ALL = list(AUGMENTATIONS)
OPTIONS = {"augmentation": ALL, "adaptive_target": 0.5, "lecam_weight": 0.1}


def pair(count=4):
    """Real images, which are bright, and fake ones."""
    source = torch.Generator().manual_seed(0)
    real, fake = (torch.rand(count, 3, 32, 32, generator=source) for _ in range(2))
    return real, 2 * fake - 1


def step(module, data, **changes):
    """One step of a GAN on toy images."""
    (batch,) = data(generator_steps=1, n_critic=module.hparams["n_critic"], **changes).train_dataloader()
    return module.step(batch, *module.configure_optimizers())


def watch_scores(module):
    """Have a GAN note the mean scores of each of its critic's losses."""
    critic_loss, seen = module.critic_loss, []

    def watched(real, fake, condition):
        loss, metrics = critic_loss(real, fake, condition)
        seen.append([metrics["real_score"].item(), metrics["fake_score"].item()])
        return loss, metrics

    module.critic_loss = watched
    return seen


def force_sign(module, value):
    """Have a GAN's critic be sure of some share of the real images."""
    critic_loss = module.critic_loss

    def forced(real, fake, condition):
        loss, metrics = critic_loss(real, fake, condition)
        return loss, metrics | {"overfitting_sign": torch.tensor(value)}

    module.critic_loss = forced


def test_the_lecam_term_is_its_formula(any_gan):
    """The weighted squared distance of each side's scores from the other side's average, and so is its gradient."""
    weighted, plain = (any_gan(critic_dropout=0.0, lecam_weight=weight) for weight in (0.7, 0.0))
    real, fake = pair()
    condition = plain.split_latents(plain.latents(4))[1]
    losses = []
    for module in (weighted, plain):
        module.average_scores.copy_(torch.tensor([0.4, -1.1]))
        torch.manual_seed(0)
        losses.append(module.critic_loss(real, fake, condition)[0])
        losses[-1].backward()
    added = [a.grad - b.grad for a, b in zip(weighted.critic.parameters(), plain.critic.parameters(), strict=True)]
    plain.zero_grad()
    term = 0.7 * ((plain.critic(real) + 1.1) ** 2).mean() + 0.7 * ((plain.critic(fake) - 0.4) ** 2).mean()
    term.backward()
    torch.testing.assert_close(losses[0] - losses[1], term, rtol=1e-4, atol=1e-5)
    for difference, parameter in zip(added, plain.critic.parameters(), strict=True):
        torch.testing.assert_close(difference, parameter.grad, rtol=1e-3, atol=1e-5)


def test_the_running_averages_follow_the_mean_scores(gan, fit):
    """a_n = 0.01 sum_k 0.99^(n - k) s_k over all critic updates, from 0."""
    module = gan(lecam_weight=0.1)
    seen = watch_scores(module)
    path = fit(module, steps=5)
    weights = 0.01 * 0.99 ** np.arange(len(seen))[::-1]
    assert len(seen) == 10
    assert module.average_scores.tolist() == pytest.approx((weights @ np.array(seen)).tolist(), rel=1e-4, abs=1e-9)
    assert load_gan(path).average_scores.tolist() == module.average_scores.tolist()


@pytest.mark.parametrize(("below", "sign"), [(0, 1.0), (1, 0.5), (2, 0.0), (4, -1.0)])
def test_the_overfitting_sign_is_the_mean_sign_of_real_scores_above_the_middle(gan, below, sign):
    module = gan(critic_dropout=0.0)
    real, fake = pair()
    scores = module.critic(real).sort().values.tolist()
    middle = scores[0] - 1 if below == 0 else scores[-1] + 1 if below == 4 else sum(scores[below - 1 : below + 1]) / 2
    module.average_scores.copy_(torch.tensor([middle + 3, middle - 3]))
    _, metrics = module.critic_loss(real, fake, module.split_latents(module.latents(4))[1])
    assert metrics["overfitting_sign"].item() == pytest.approx(sign)


@pytest.mark.parametrize(("sign", "direction"), [(1.0, 1), (0.75, 1), (0.5, 0), (0.25, -1), (-1.0, -1)])
def test_the_probability_moves_by_the_images_of_a_step_towards_the_target(gan, data, sign, direction):
    module = gan(augmentation=ALL, adaptive_target=0.5, adaptive_images=100)
    module.augmentation_probability.fill_(0.3)
    force_sign(module, sign)
    metrics = step(module, data)
    assert module.augmentation_probability.item() == pytest.approx(0.3 + direction * 2 * 4 / 100)
    assert metrics["augmentation_probability"].item() == module.augmentation_probability.item()


@pytest.mark.parametrize(
    ("start", "sign", "end"), [(0.0, -1.0, 0.0), (0.05, -1.0, 0.0), (0.95, 1.0, 1.0), (1.0, 1.0, 1.0)]
)
def test_the_probability_stays_between_0_and_1(gan, data, start, sign, end):
    module = gan(augmentation=ALL, adaptive_target=0.5, adaptive_images=100)
    module.augmentation_probability.fill_(start)
    force_sign(module, sign)
    step(module, data)
    assert module.augmentation_probability.item() == end


def test_the_probability_starts_at_0_where_it_is_steered_and_stays_at_1_elsewhere(gan, data):
    assert gan(augmentation=ALL, adaptive_target=0.5).augmentation_probability.item() == 0
    module = gan(augmentation=ALL)
    for sign in (-1.0, 1.0):
        force_sign(module, sign)
        assert "augmentation_probability" not in step(module, data)
        assert module.augmentation_probability.item() == 1


def test_an_augmentation_of_probability_0_changes_nothing(gan):
    module = gan(augmentation=ALL, adaptive_target=0.5)
    real, _ = pair()
    assert gan().augment(real) is real
    torch.testing.assert_close(module.augment(real), real, rtol=0, atol=1e-6)
    module.augmentation_probability.fill_(1)
    assert (module.augment(real) - real).abs().flatten(1).amax(1).min().item() == pytest.approx(0.8, abs=0.7)


def test_the_critic_sees_no_image_that_was_not_augmented(any_gan, data, monkeypatch):
    """Neither real, nor fake, nor between the two; in its own updates, in the generator's, and where it is measured."""
    module = any_gan(augmentation=ALL)
    calls, seen = [], []

    def grey(images, names, probability):
        calls.append((len(images), names, probability.item()))
        return images * 0 + 0.25

    monkeypatch.setattr("leukgan.gans.gan.augment", grey)
    module.critic.trunk.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    step(module, data)
    paired = isinstance(module, R3GAN)  # whose generator's images are compared with real ones
    assert calls == [(4, ALL, 1.0)] * (5 + paired)  # real and fake, twice, and the generator's
    module.critic_metrics(torch.zeros(4, 3, 32, 32, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    assert calls[5 + paired :] == [(4, ALL, 1.0)] * 2
    for images in seen:
        torch.testing.assert_close(images, torch.full_like(images, 0.25), rtol=0, atol=1e-6)


def test_gradients_pass_through_the_augmentation(any_gan, data):
    module = any_gan(augmentation=ALL, critic_dropout=0.0)
    before = [p.detach().clone() for p in module.generator.parameters()]
    step(module, data)
    for old, parameter in zip(before, module.generator.parameters(), strict=True):
        assert parameter.grad.isfinite().all()
        assert not torch.equal(old, parameter)


def test_what_is_measured_is_the_critic_s_loss_in_training_mode(gan):
    """So that the gap to its loss on training images is due to the images alone."""
    module = gan(lecam_weight=0.1).train()
    images = torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8)
    torch.manual_seed(1)
    metrics = module.critic_metrics(images, torch.zeros(4, dtype=torch.int64))
    torch.manual_seed(1)
    latents = module.latents(4)
    fake = module.generator(latents).detach()
    loss, expected = module.critic_loss(to_networks(images), fake, module.split_latents(latents)[1])
    assert set(metrics) == {"critic_loss", *expected}
    assert metrics["critic_loss"].item() == loss.item()
    assert metrics["real_score"].item() == expected["real_score"].item()


def test_a_measured_training_is_the_unmeasured_one(gan, fit, images, tmp_path):
    """Weights, averages and optimisers, to the bit, with held-out images looked at in every step."""
    states, tables = [], []
    for held_out in (None, images(count=5, seed=7)):
        path = fit(gan(**OPTIONS), steps=4, held_out=held_out, steps_per_epoch=2)
        state = torch.load(path, weights_only=True)
        states.append({key: state[key] for key in ("state_dict", "optimizer_states", "generator_step")})
        tables.append((tmp_path / "metrics.csv").read_text())
        path.unlink()
    torch.testing.assert_close(*states, rtol=0, atol=0)
    assert "val/" not in tables[0]
    assert "val/critic_loss" in tables[1]
