"""Laws of what a training leaves behind: a grid shows every image in its place, a file is whole or absent."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from leukgan.data.augmentation import dihedral_views
from leukgan.errors import TrainingDiverged
from leukgan.gans import Training
from leukgan.gans.callbacks import Divergence, LastCheckpoint, MetricsFile, image_grid
from leukgan.gans.latent_codes import InfoGANCodes


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


def test_logged_metrics_are_those_of_their_step(any_gan, fit, tmp_path):
    """The csv's rows, against the losses of each step's last critic update and generator update."""
    module = any_gan()
    step, seen = module.step, []
    module.step = lambda *given, **named: seen.append(step(*given, **named)) or seen[-1]
    fit(module, steps=5, steps_per_epoch=2)
    table = pd.read_csv(tmp_path / "metrics.csv")
    assert table["generator_step"].tolist() == [1, 2, 3, 4, 5]
    assert set(table) == {"generator_step", *(f"train/{name}" for name in seen[0])}
    for name in seen[0]:
        values = [metrics[name].item() for metrics in seen]
        assert table[f"train/{name}"].tolist() == pytest.approx(values, rel=1e-6), name


def test_a_step_s_metrics_are_its_last_critic_loss_and_its_generator_loss(any_gan, data):
    module = any_gan()
    critic_loss, generator_loss, seen = module.critic_loss, module.generator_loss, []
    module.critic_loss = lambda *given: seen.append(critic_loss(*given)) or seen[-1]
    module.generator_loss = lambda scores: seen.append(generator_loss(scores)) or seen[-1]
    regularisation, added = module.generator_regularisation, []
    module.generator_regularisation = lambda *given: added.append(regularisation(*given)) or added[-1]
    (batch,) = data(generator_steps=1).train_dataloader()
    metrics = module.step(batch, *module.configure_optimizers())
    _, (loss, parts), of_generator = seen
    expected = {**parts, "critic_loss": loss, "generator_loss": of_generator + added[0]}
    assert {name: metrics[name].item() for name in expected} == {name: v.item() for name, v in expected.items()}
    assert set(metrics) == {*expected, "critic_gradient_norm", "generator_gradient_norm"}


def test_held_out_images_are_measured_with_their_labels_and_no_others(conditional_gan, fit, images, tmp_path):
    module = conditional_gan()
    measure, seen = module.critic_metrics, []

    def watched(real, labels):
        metrics = measure(real, labels)
        seen.append((real, labels, metrics))
        return metrics

    module.critic_metrics = watched
    held_out = images(count=3, seed=7, classes=2)
    fit(module, steps=4, held_out=held_out)
    known = {
        copy.tobytes(): label
        for copies in dihedral_views(held_out.images)
        for copy, label in zip(copies, held_out.labels.tolist(), strict=True)
    }
    assert len(known) == 48
    for real, labels, _ in seen:
        assert [known[image.tobytes()] for image in real.numpy()] == labels.tolist()
        assert len(real) == 4
    assert len({image.tobytes() for real, *_ in seen for image in real.numpy()}) > 8
    table = pd.read_csv(tmp_path / "metrics.csv")
    for name in seen[0][2]:
        values = [metrics[name].item() for *_, metrics in seen]
        assert table[f"val/{name}"].tolist() == pytest.approx(values, rel=1e-6), name


def test_every_measured_metric_has_its_counterpart_of_the_training(any_gan, fit, images, tmp_path):
    fit(any_gan(), steps=2, held_out=images(seed=7))
    columns = set(pd.read_csv(tmp_path / "metrics.csv"))
    measured = {name.removeprefix("val/") for name in columns if name.startswith("val/")}
    assert {"critic_loss", "real_score", "fake_score", "overfitting_sign"} <= measured
    assert {f"train/{name}" for name in measured} <= columns


def test_pictures_show_what_their_names_say(any_gan, fit, tmp_path):
    module = any_gan()
    fit(module, steps=3, steps_per_epoch=2)
    shapes = {"samples/step_000002.png": (6, 6), "samples/step_000003.png": (6, 6), "interpolation.png": (6, 8)}
    if isinstance(module, InfoGANCodes):
        shapes["codes.png"] = (3, 10)  # the categories and two continuous codes
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png")}
    assert found == set(shapes)
    for name, (rows, columns) in shapes.items():
        assert np.asarray(Image.open(tmp_path / name)).shape == (rows * 32, columns * 32, 3), name


def test_an_interpolation_goes_from_one_image_of_its_row_to_another(gan, fit, tmp_path):
    module = gan()
    fit(module, steps=2)
    pixels = np.asarray(Image.open(tmp_path / "interpolation.png")).astype(int)
    cells = pixels.reshape(6, 32, 8, 32, 3).swapaxes(1, 2)  # (rows, columns, H, W, C)
    ends = module.sample(12, seed=0).reshape(6, 2, 3, 32, 32).transpose(0, 1, 3, 4, 2)
    assert np.abs(cells[:, [0, -1]] - ends).max() <= 1
    steps = np.abs(np.diff(cells, axis=1)).mean(axis=(2, 3, 4))
    assert (steps < np.abs(cells[:, -1] - cells[:, 0]).mean(axis=(1, 2, 3))[:, None]).all()


def test_a_conditional_gan_s_rows_show_its_classes_in_turn(conditional_gan, fit, tmp_path):
    module = conditional_gan()
    fit(module, steps=2)
    pixels = np.asarray(Image.open(tmp_path / "samples" / "step_000002.png")).astype(int)
    cells = pixels.reshape(6, 32, 6, 32, 3).swapaxes(1, 2).transpose(0, 1, 4, 2, 3).reshape(36, 3, 32, 32)
    latents = module.latents(36, 0, torch.Generator().manual_seed(0))
    rows = torch.arange(36) // 6
    latents[:, -2:] = torch.nn.functional.one_hot(rows % 2, 2).float()
    assert np.abs(module.images(latents) - cells).max() <= 1


@pytest.mark.parametrize("rate", [1e-2, 1e4, float("inf")])
def test_a_training_that_diverges_ends_with_a_sentence_and_no_checkpoint_of_it(gan, fit, tmp_path, rate):
    """Rates of the study's order train on; absurd ones explode, and infinite ones leave no number."""
    module = gan(critic_learning_rate=rate)
    if rate < 1:
        fit(module, steps=12)
        return
    with pytest.raises(
        TrainingDiverged, match=r"^the training diverged: at generator step \d+, .*; take lower learning"
    ):
        fit(module, steps=12)
    assert not (tmp_path / "last.ckpt").exists()
    assert len(pd.read_csv(tmp_path / "metrics.csv")) < 12


@pytest.mark.parametrize(("metrics", "why"), [
    ({"train/real_score": 1000.0, "train/fake_score": -108.0}, None),
    ({"train/real_score": -1000.0, "train/fake_score": 109.0}, "images are 1.11e\\+03 apart"),
    ({"train/real_score": 0.0, "train/fake_score": 0.0, "val/critic_loss": float("-inf")}, "val/critic_loss is -inf"),
])  # fmt: skip
def test_scores_may_be_ten_times_as_far_apart_as_images_are(gan, metrics, why):
    """Images of 32 pixels are at most 2 sqrt(3) 32 = 110.85 apart."""
    trainer = SimpleNamespace(log_every_n_steps=1, callback_metrics=metrics)
    with nullcontext() if why is None else pytest.raises(TrainingDiverged, match=why):
        Divergence().on_train_batch_end(trainer, gan())


def test_weights_that_are_no_numbers_are_never_saved(gan, data, tmp_path):
    """Between two logged steps."""
    module = gan()
    step = module.step

    def spoiled(*given, **named):
        metrics = step(*given, **named)
        if module.generator_step == 2:
            with torch.no_grad():
                next(module.generator.parameters()).fill_(float("nan"))
        return metrics

    module.step = spoiled
    with pytest.raises(TrainingDiverged, match="at generator step 3, a weight is no number"):
        Training(accelerator="cpu", log_every=50).fit(
            module, data(generator_steps=3), tmp_path, progress=lambda step, metrics: None
        )
    assert not (tmp_path / "last.ckpt").exists()
