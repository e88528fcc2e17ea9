"""Laws of the objective: read from files, the mean over GANs, an interval that shrinks as independent errors do."""

import math

import pandas as pd
import pytest

from leukgan.errors import InputError
from leukgan.search.objective import Objective, kids_in, mean_kids, objective_of


@pytest.fixture
def trained(tmp_path):
    """Writes what a training leaves: distances (value, low, high) by step, and a metric."""

    def write(split, name, kids, loss=1.5):
        folder = tmp_path / split / "gan" / name
        folder.mkdir(parents=True)
        (folder / "last.ckpt").touch()
        rows = [
            {"generator_step": step, "kid_x": value, "kid_x_low": low, "kid_x_high": high}
            for step, (value, low, high) in kids.items()
        ]
        if rows:
            pd.DataFrame(rows).to_csv(folder / "kid.csv", index=False)
        metrics = {"generator_step": [1, 2], "train/critic_loss": [9.0, loss]}
        pd.DataFrame(metrics).to_csv(folder / "metrics.csv", index=False)
        return tmp_path / split

    return write


def test_the_distance_is_that_of_the_checkpoint_that_images_are_made_from(trained):
    split = trained("split-00", "healthy", {100: (2.0, 1.0, 3.0), 200: (1.0, 0.5, 1.5), 300: (4.0, 3.0, 5.0)})
    assert objective_of([split], "val/kid") == Objective(1.0, 0.5, 1.5)
    assert objective_of([split], "val/kid", checkpoint="last") == Objective(4.0, 3.0, 5.0)


def test_the_mean_of_independent_numbers_is_surer_than_each(trained):
    trained("split-00", "healthy", {100: (1.0, 0.7, 1.3)})
    split = trained("split-00", "leukemia", {100: (3.0, 2.6, 3.4)})
    other = trained("split-01", "healthy", {100: (2.0, 2.0, 2.0)})
    value, low, high = objective_of([split, other], "val/kid")
    assert value == pytest.approx(2.0)
    assert (low, high) == (pytest.approx(2 - 0.5 / 3), pytest.approx(2 + 0.5 / 3))  # sqrt(0.3^2 + 0.4^2) / 3


def test_a_metric_counts_with_its_last_value_and_without_interval(trained):
    trained("split-00", "healthy", {}, loss=1.5)
    split = trained("split-00", "leukemia", {}, loss=-0.5)
    assert objective_of([split], "train/critic_loss") == Objective(0.5, None, None)


@pytest.mark.parametrize(
    ("name", "loss", "message"),
    [
        ("val/kid", 1.0, "has no distance to validation images; give quality.track_every"),
        ("train/loss", 1.0, "objective must be one of val/kid, train/critic_loss, got train/loss"),
        ("generator_step", 1.0, "objective must be one of"),
        ("train/critic_loss", math.inf, "objective=train/critic_loss is inf"),
        ("train/critic_loss", math.nan, "objective=train/critic_loss is nan"),
    ],
)
def test_what_is_not_there_or_no_number_is_a_sentence(trained, name, loss, message):
    split = trained("split-00", "healthy", {}, loss=loss)
    with pytest.raises(InputError, match=message):
        objective_of([split], name)


def test_a_split_without_a_gan_has_no_objective(tmp_path):
    with pytest.raises(InputError, match="there is no trained GAN in"):
        objective_of([tmp_path], "val/kid")


def test_mean_distances_are_of_steps_that_all_have_measured(trained, tmp_path):
    trained("split-00", "healthy", {100: (1.0, 0, 2), 200: (2.0, 1, 3)})
    trained("split-00", "leukemia", {100: (3.0, 2, 4)})
    folders = [tmp_path / "split-00" / "gan" / name for name in ("healthy", "leukemia")]
    assert mean_kids(folders) == {100: 2.0}
    assert mean_kids(folders[:1]) == {100: 1.0, 200: 2.0}
    assert mean_kids([*folders, tmp_path / "not yet begun"]) == {}
    assert kids_in(tmp_path / "not yet begun") == {}
