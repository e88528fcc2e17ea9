"""Laws of Lightning's validation of a GAN: val/kid, what listens to it, and that it changes nothing."""

import lightning
import numpy as np
import pytest
import torch
from gans.trainers import LIGHTNING_ADVICE, endless_data, trainer_in
from gans.trainings import assert_same
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader
from toys import toy_gan, toy_images

from leukgan.errors import InputError
from leukgan.features import ModuleFeatures
from leukgan.gans import DCGAN, WGANGP
from leukgan.gans.networks import to_uint8
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views

pytestmark = LIGHTNING_ADVICE

PIXELS = ModuleFeatures(torch.nn.Sequential(torch.nn.AvgPool2d(8), torch.nn.Flatten()), "pixels")
HELD_OUT = toy_images(count=6, seed=7, classes=2)


def measured(kind=WGANGP, **changes):
    gan = toy_gan(kind, **changes)
    gan.features = PIXELS
    return gan


def expected_distance(gan, images, labels=None):
    drawn = gan.images(gan.latents(100, labels, torch.Generator().manual_seed(0)))
    real = extract_view_features(PIXELS, seeded_views(images, 100, seed=0))
    return kernel_distance(real, PIXELS(drawn)[None], seed=0)


@pytest.mark.parametrize(("limit", "count"), [(1.0, 6), (1, 4)])
def test_validate_measures_the_distance_of_the_batches_that_it_takes(tmp_path, limit, count):
    gan = measured()
    data = endless_data(held_out=toy_images(count=6, seed=7))
    (found,) = trainer_in(tmp_path, limit_val_batches=limit).validate(gan, data, verbose=False)
    expected = expected_distance(gan, toy_images(count=6, seed=7).images[:count])
    names = ("val/kid", "val/kid_low", "val/kid_high")
    assert [found[name] for name in names] == pytest.approx(expected[:3], rel=1e-6)


def test_a_gan_of_both_classes_is_validated_on_both(tmp_path):
    gan = measured(DCGAN, conditional=True)
    data = endless_data(toy_images(classes=2), held_out=HELD_OUT, label=None)
    (found,) = trainer_in(tmp_path).validate(gan, data, verbose=False)
    expected = expected_distance(gan, HELD_OUT.images, torch.arange(100) % 6 % 2)
    assert found["val/kid"] == pytest.approx(expected.value, rel=1e-6)


def test_callbacks_hear_of_a_validation_which_changes_nothing_in_the_training(tmp_path):
    """Twice an epoch; the smallest distance stops the training and stays as the best checkpoint."""
    values = []

    class Watch(lightning.Callback):
        def on_validation_end(self, trainer, pl_module):
            values.append(trainer.callback_metrics["val/kid"].item() if not trainer.sanity_checking else None)

    best = ModelCheckpoint(tmp_path, "best-{step}", monitor="val/kid", save_top_k=1)
    stopping = EarlyStopping("val/kid", min_delta=1e9, patience=2)  # no gain is large enough
    gan = measured()
    trainer = trainer_in(tmp_path, max_steps=20, val_check_interval=2, callbacks=[Watch(), best, stopping])
    trainer.fit(gan, endless_data(steps_per_epoch=4, held_out=toy_images(count=6, seed=7)))
    assert trainer.global_step == 6
    assert values[0] is None
    assert best.best_model_score.item() == min(values[1:])
    assert best.best_model_path.endswith(f"best-step={2 + 2 * int(np.argmin(values[1:]))}.ckpt")

    unwatched = toy_gan(WGANGP)
    trainer_in(tmp_path, max_steps=6, enable_checkpointing=False).fit(unwatched, endless_data(steps_per_epoch=4))
    assert_same(dict(gan.state_dict()), dict(unwatched.state_dict()))


def test_one_validation_image_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^val/kid needs 2 validation images .*, got 1; .*limit_val_batches=0\.$"):
        trainer_in(tmp_path).validate(measured(), endless_data(held_out=toy_images(count=1)), verbose=False)


def test_labels_that_are_missing_are_refused(tmp_path):
    images = torch.from_numpy(HELD_OUT.images)
    with pytest.raises(InputError, match="validated by batches of images and labels, got no labels"):
        trainer_in(tmp_path).validate(measured(conditional=True), [images], verbose=False)


def test_a_gan_s_images_of_latents_are_the_averaged_generator_s(tmp_path):
    gan = toy_gan(WGANGP)
    latents = gan.latents(4, source=torch.Generator().manual_seed(0))
    images = gan(latents)
    assert images.abs().max() <= 1
    np.testing.assert_array_equal(to_uint8(images.detach()).numpy(), gan.images(latents))
    (predicted,) = trainer_in(tmp_path).predict(gan, DataLoader(latents, batch_size=4))
    torch.testing.assert_close(predicted, images.detach())
