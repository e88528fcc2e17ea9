"""Laws of what a training leaves behind: a grid shows every image in its place, a file is whole or absent."""

import numpy as np
import pandas as pd
import pytest
import torch

from leukgan.gans.callbacks import LastCheckpoint, MetricsFile, image_grid


class FakeTrainer:
    """Saves a checkpoint of some bytes, or fails in the middle of it."""

    def __init__(self, fails):
        self.fails = fails

    def save_checkpoint(self, path):
        path.write_bytes(b"half" if self.fails else b"whole")
        if self.fails:
            raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("count", "columns"), [(6, 3), (6, 6), (6, 1), (1, 1)])
def test_a_grid_shows_image_after_image_row_by_row(count, columns):
    images = np.random.default_rng(0).integers(0, 256, (count, 3, 4, 5), dtype=np.uint8)
    grid = image_grid(images, columns)
    assert grid.shape == (3, count // columns * 4, columns * 5)
    for i, image in enumerate(images):
        top, left = 4 * (i // columns), 5 * (i % columns)
        np.testing.assert_array_equal(grid[:, top : top + 4, left : left + 5], image)


def test_rows_travel_in_the_checkpoint(tmp_path):
    one, other = MetricsFile(tmp_path / "a.csv"), MetricsFile(tmp_path / "b.csv")
    one.rows.append({"generator_step": 5, "train/critic_loss": 0.1})
    other.load_state_dict(one.state_dict())
    assert other.rows == one.rows


def test_a_checkpoint_replaces_the_last_one(tmp_path):
    path = tmp_path / "last.ckpt"
    path.write_bytes(b"old")
    LastCheckpoint(path).on_train_epoch_end(FakeTrainer(fails=False), None)
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "last.ckpt"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        LastCheckpoint(path).on_train_epoch_end(FakeTrainer(fails=True), None)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_logged_metrics_are_those_of_their_step(gan, fit, tmp_path):
    """The csv's rows, against the losses of each step's last critic update and generator update."""
    module = gan()
    critic_loss, generator_loss = module.critic_loss, module.generator_loss
    seen = []

    def watched_critic_loss(real, fake):
        loss, metrics = critic_loss(real, fake)
        seen.append({"train/critic_loss": loss, **{f"train/{name}": value for name, value in metrics.items()}})
        return loss, metrics

    def watched_generator_loss(fake):
        loss = generator_loss(fake)
        seen.append({"train/generator_loss": loss})
        return loss

    module.critic_loss, module.generator_loss = watched_critic_loss, watched_generator_loss
    fit(module, steps=5, steps_per_epoch=2)
    expected = [{**seen[3 * step + 1], **seen[3 * step + 2]} for step in range(5)]
    table = pd.read_csv(tmp_path / "metrics.csv")
    assert table["generator_step"].tolist() == [1, 2, 3, 4, 5]
    for column in expected[0]:
        values = torch.stack([row[column] for row in expected]).tolist()
        assert table[column].tolist() == pytest.approx(values, rel=1e-6), column
