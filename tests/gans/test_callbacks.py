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
from leukgan.gans import DCGAN, R3GAN, WGANGP, InfoGAN, InfoWGANGP, Training
from leukgan.gans.callbacks import Divergence, LastCheckpoint
from leukgan.gans.latent_codes import InfoGANCodes
from leukgan.gans.pictures import image_grid
from leukgan.run_folder.digests import check_digest, digest_file


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


def test_a_checkpoint_replaces_the_last_one_and_a_full_disk_leaves_it(tmp_path):
    path = tmp_path / "last.ckpt"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        LastCheckpoint(path).on_train_epoch_end(FakeTrainer(fails=True), None)
    assert path.read_bytes() == b"old"
    LastCheckpoint(path).on_train_epoch_end(FakeTrainer(fails=False), None)
    assert path.read_bytes() == b"whole"
    assert set(tmp_path.iterdir()) == {path, digest_file(path)}
    check_digest(path)


@pytest.fixture(scope="module", params=[WGANGP, DCGAN, InfoGAN, InfoWGANGP], ids=lambda kind: kind.__name__)
def trained(request, gan_of, data, images, tmp_path_factory):
    """A GAN of each kind after three steps, its folder, and what each loss was, on held-out images too."""
    module, folder = gan_of(request.param), tmp_path_factory.mktemp("trained")
    found = {"critic_loss": [], "generator_loss": [], "generator_regularisation": []}

    def watch(name):
        function = getattr(module, name)
        setattr(module, name, lambda *given: found[name].append(function(*given)) or found[name][-1])

    for name in found:
        watch(name)
    batches = data(held_out=images(seed=7), generator_steps=3, steps_per_epoch=2)
    Training(accelerator="cpu", log_every=1).fit(module, batches, folder, progress=lambda *_: None)
    return module, folder, found


def test_logged_metrics_are_the_last_critic_loss_and_the_generator_loss_of_their_step(trained):
    _, folder, found = trained
    table = pd.read_csv(folder / "metrics.csv", index_col="generator_step")
    assert table.index.tolist() == [1, 2, 3]
    losses = found["critic_loss"]
    rows = zip(losses[1::3], losses[2::3], found["generator_loss"], found["generator_regularisation"], strict=True)
    for (_, row), ((loss, parts), (held_out, held_out_parts), generator_loss, term) in zip(
        table.iterrows(), rows, strict=True
    ):
        expected = {f"train/{name}": value for name, value in {**parts, "critic_loss": loss}.items()}
        expected |= {f"val/{name}": value for name, value in {**held_out_parts, "critic_loss": held_out}.items()}
        expected["train/generator_loss"] = generator_loss + term
        assert set(row.index) == {*expected, "train/critic_gradient_norm", "train/generator_gradient_norm"}
        for name, value in expected.items():
            assert row[name] == pytest.approx(value.item(), rel=1e-6), name


def test_pictures_show_what_their_names_say(trained):
    module, folder, _ = trained
    shapes = {"samples/step_000002.png": (6, 6), "samples/step_000003.png": (6, 6), "interpolation.png": (6, 8)}
    if isinstance(module, InfoGANCodes):
        shapes["codes.png"] = (3, 10)  # the categories and two continuous codes
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.png")}
    assert found == set(shapes)
    for name, (rows, columns) in shapes.items():
        assert np.asarray(Image.open(folder / name)).shape == (rows * 32, columns * 32, 3), name


def cells_of(path, columns):
    """The images (6, columns, 3, H, W) that a picture of 32-pixel cells shows."""
    pixels = np.asarray(Image.open(path)).astype(int)
    return pixels.reshape(6, 32, columns, 32, 3).transpose(0, 2, 4, 1, 3)


@pytest.mark.parametrize("trained", [WGANGP], indirect=True)
def test_an_interpolation_goes_from_one_image_of_its_row_to_another(trained):
    module, folder, _ = trained
    cells = cells_of(folder / "interpolation.png", 8)
    ends = module.sample(12, seed=0).reshape(6, 2, 3, 32, 32)
    assert np.abs(cells[:, [0, -1]] - ends).max() <= 1
    steps = np.abs(np.diff(cells, axis=1)).mean(axis=(2, 3, 4))
    assert (steps < np.abs(cells[:, -1] - cells[:, 0]).mean(axis=(1, 2, 3))[:, None]).all()


def test_a_conditional_gan_s_held_out_images_come_with_their_labels_and_its_rows_show_both_classes(
    conditional_gan, fit, images, tmp_path
):
    module = conditional_gan()
    measure, seen = module.critic_metrics, []

    def watched(real, labels):
        seen.append((real, labels))
        return measure(real, labels)

    module.critic_metrics = watched
    held_out = images(count=3, seed=7, classes=2)
    fit(module, steps=4, held_out=held_out)

    # Each held-out image, turned or not, has its own label.
    known = {
        copy.tobytes(): label
        for copies in dihedral_views(held_out.images)
        for copy, label in zip(copies, held_out.labels.tolist(), strict=True)
    }
    assert len(known) == 48
    for real, labels in seen:
        assert [known[image.tobytes()] for image in real.numpy()] == labels.tolist()
        assert len(real) == 4
    assert len({image.tobytes() for real, _ in seen for image in real.numpy()}) > 8

    # The grid of samples shows both classes in turn.
    latents = module.latents(36, 0, torch.Generator().manual_seed(0))
    latents[:, -2:] = torch.nn.functional.one_hot(torch.arange(36) // 6 % 2, 2).float()
    cells = cells_of(tmp_path / "samples" / "step_000004.png", 6)
    assert np.abs(module.images(latents) - cells.reshape(36, 3, 32, 32)).max() <= 1


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
    trainer, module = SimpleNamespace(log_every_n_steps=1, callback_metrics=metrics), gan()
    module.generator_step = 1
    with nullcontext() if why is None else pytest.raises(TrainingDiverged, match=why):
        Divergence().on_train_batch_end(trainer, module)


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


@pytest.mark.parametrize("kind", [WGANGP, R3GAN, DCGAN, InfoWGANGP], ids=lambda kind: kind.__name__)
def test_a_row_has_a_penalty_only_where_its_step_had_one(kind, gan_of, data, images, tmp_path):
    """On held-out images too."""
    module, held_out = gan_of(kind, penalty_every=2), images(count=4, seed=7)
    batches = data(held_out=held_out, n_critic=module.hparams["n_critic"], generator_steps=6)
    Training(accelerator="cpu", log_every=1).fit(module, batches, tmp_path, progress=lambda *_: None)
    table = pd.read_csv(tmp_path / "metrics.csv")
    sometimes = {name for name in table if table[name].isna().any()}
    assert sometimes == {f"{part}/{name}" for part in ("train", "val") for name in kind.penalty_metrics}
    for name in sometimes:
        assert table.loc[table[name].notna(), "generator_step"].tolist() == [2, 4, 6]
