"""Laws of a training that lasts a time instead of a number of generator steps."""

import lightning
import pytest
from gans.trainings import KilledError, kill_at
from toys import toy_data, toy_gan

from leukgan.config.checks import parse_time
from leukgan.errors import InputError
from leukgan.gans import WGANGP, Training
from leukgan.gans.trainer_arguments import TrainerExtras


class Clock(lightning.Callback):
    """A clock that goes on by a second in each generator step, and stands in for the module `time` in Lightning."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def on_train_batch_start(self, *_):
        self.now += 1


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("lightning.pytorch.callbacks.timer.time", clock)
    return clock


def test_a_training_goes_on_until_its_time_is_over_and_a_stopped_one_for_the_rest(clock, tmp_path):
    """Time between a kill and the continuation does not count."""

    def fit(progress):
        data = toy_data(generator_steps=None, steps_per_epoch=4)
        training, extras = Training(accelerator="cpu", log_every=1), TrainerExtras(callbacks=[clock])
        training.fit(toy_gan(WGANGP), data, tmp_path, progress=progress, seconds=21, extras=extras)

    with pytest.raises(KilledError):
        fit(kill_at(10))
    clock.now += 1000

    told = []
    fit(lambda step, metrics: told.append((step, metrics["seconds"])))
    assert told == [(8, 8), (10, 10), (20, 20), (21, 21)]


@pytest.mark.parametrize(("given", "seconds"), [("90s", 90), ("10min", 600), ("1h30min", 5400), ("2h", 7200)])
def test_times_are_read(given, seconds):
    assert parse_time(given) == seconds


@pytest.mark.parametrize("given", ["", "10", "0min", "10 minutes", "-1h", "min"])
def test_what_is_no_time_is_a_sentence(given):
    with pytest.raises(InputError, match=r"^generator_time must be a time such as 90s, 10min or 1h30min, got "):
        parse_time(given)
