"""Laws of a training that lasts a time instead of a number of generator steps."""

import pytest
import torch
from gans.trainings import KilledError
from toys import toy_data, toy_gan

from leukgan.config.checks import parse_time
from leukgan.errors import InputError
from leukgan.gans import WGANGP, Training


def fit(folder, seconds, progress=lambda *_: None):
    data = toy_data(generator_steps=None, steps_per_epoch=2)
    return Training(accelerator="cpu", log_every=1).fit(
        toy_gan(WGANGP), data, folder, progress=progress, seconds=seconds
    )


def elapsed(path):
    (state,) = (
        state for name, state in torch.load(path, weights_only=True)["callbacks"].items() if name.startswith("Timer")
    )
    return state["time_elapsed"]["train"]


def test_a_training_goes_on_until_its_time_is_over_and_a_stopped_one_for_the_rest(tmp_path):
    """The clock stands still between a kill and the continuation."""

    def kill(step, metrics):
        if step >= 10:
            raise KilledError

    with pytest.raises(KilledError):
        fit(tmp_path, 5.0, kill)
    before = elapsed(tmp_path / "last.ckpt")
    assert 0 < before < 5

    told = []
    fit(tmp_path, 5.0, lambda step, metrics: told.append((step, metrics["seconds"])))
    assert elapsed(tmp_path / "last.ckpt") >= 5
    assert told[0][0] >= 8
    assert told[0][1] == pytest.approx(before, abs=1.0)
    assert told[-1][1] >= 5


@pytest.mark.parametrize(("given", "seconds"), [("90s", 90), ("10min", 600), ("1h30min", 5400), ("2h", 7200)])
def test_times_are_read(given, seconds):
    assert parse_time(given) == seconds


@pytest.mark.parametrize("given", ["", "10", "0min", "10 minutes", "-1h", "min"])
def test_what_is_no_time_is_a_sentence(given):
    with pytest.raises(InputError, match=r"^generator_time must be a time such as 90s, 10min or 1h30min, got "):
        parse_time(given)
