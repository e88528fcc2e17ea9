"""Laws of optimisers whose learning rates fall towards a training's end."""

from datetime import timedelta

import lightning
import pytest
from gans.trainers import LIGHTNING_ADVICE, endless_data, trainer_in
from lightning.pytorch.callbacks import Timer
from toys import toy_data, toy_gan

from leukgan.errors import InputError
from leukgan.gans import WGANGP

pytestmark = LIGHTNING_ADVICE

FALLING = {"critic_learning_rate": 1e-3, "generator_learning_rate": 5e-4, "learning_rate_decay": 0.5}


class Rates(lightning.Callback):
    """Remembers both rates of every step."""

    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, trainer, *_):
        self.seen.append([group["lr"] for optimizer in trainer.optimizers for group in optimizer.param_groups])


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (lambda: toy_data(generator_steps=8), {}),
        (lambda: toy_data(generator_steps=8), {"max_steps": 100}),
        (endless_data, {"max_steps": 8}),
    ],
)
def test_both_rates_fall_to_zero_over_the_last_half_of_the_steps(tmp_path, data, limits):
    rates = Rates()
    trainer_in(tmp_path, **limits, callbacks=[rates]).fit(toy_gan(WGANGP, **FALLING), data())
    factors = [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert rates.seen == [pytest.approx([1e-3 * factor, 5e-4 * factor]) for factor in factors]


def test_rates_fall_with_the_time_that_is_left(tmp_path, monkeypatch):
    """Ten seconds in all, of which each step takes two."""
    clock, rates = Timer(timedelta(seconds=10), verbose=False), Rates()
    gan = toy_gan(WGANGP, **FALLING)
    monkeypatch.setattr(clock, "time_elapsed", lambda *_: 2.0 * gan.generator_step)
    monkeypatch.setattr(clock, "time_remaining", lambda *_: 10 - 2.0 * gan.generator_step)
    trainer_in(tmp_path, max_epochs=-1, callbacks=[rates, clock]).fit(gan, endless_data())
    factors = [1, 1, 1, 0.8, 0.4]
    assert rates.seen == [pytest.approx([1e-3 * factor, 5e-4 * factor]) for factor in factors]


def test_without_decay_the_rates_stay(tmp_path):
    rates, gan = Rates(), toy_gan(WGANGP, **FALLING | {"learning_rate_decay": 0.0})
    trainer_in(tmp_path, callbacks=[rates]).fit(gan, toy_data(generator_steps=4))
    assert rates.seen == [[1e-3, 5e-4]] * 4


def test_a_training_without_an_end_is_refused_before_its_first_step(tmp_path):
    gan = toy_gan(WGANGP, **FALLING)
    with pytest.raises(InputError, match=r"^gan\.learning_rate_decay lowers .* Trainer\(max_time=\.\.\.\), or leave"):
        trainer_in(tmp_path, max_epochs=2).fit(gan, endless_data())
    assert gan.generator_step == 0
