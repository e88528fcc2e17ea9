"""Laws of a GAN under a Lightning Trainer of anybody's own: what counts as a step, where it stops, how it goes on."""

import lightning
import pytest
import torch
from gans.trainers import LIGHTNING_ADVICE, endless_data, trainer_in
from gans.trainings import assert_same
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from toys import toy_gan

from leukgan.gans import WGANGP

pytestmark = LIGHTNING_ADVICE


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A GAN after twelve steps under a default Trainer, that trainer, and its checkpoints by step."""
    folder = tmp_path_factory.mktemp("whole")
    gan, every = toy_gan(WGANGP), ModelCheckpoint(folder, "{step}", every_n_train_steps=1, save_top_k=-1)
    trainer = trainer_in(folder, max_steps=12, callbacks=[every])
    trainer.fit(gan, endless_data())
    return gan, trainer, {step: folder / f"step={step}.ckpt" for step in range(1, 13)}


def test_a_trainer_counts_generator_steps_and_stops_at_max_steps(whole):
    gan, trainer, checkpoints = whole
    assert trainer.global_step == gan.generator_step == 12
    assert {path.name for path in checkpoints[1].parent.glob("*.ckpt")} == {path.name for path in checkpoints.values()}
    assert torch.load(checkpoints[7], weights_only=True)["global_step"] == 7


@pytest.mark.parametrize("stop", [5, 7, 12])
def test_a_resumed_training_ends_as_the_uninterrupted_one(whole, tmp_path, stop):
    """In the middle of an epoch, at its end, and at the training's end."""
    gan, checkpoints = toy_gan(WGANGP), whole[2]
    trainer = trainer_in(tmp_path, max_steps=12)
    trainer.fit(gan, endless_data(), ckpt_path=checkpoints[stop], weights_only=True)
    assert trainer.global_step == gan.generator_step == 12
    assert_same(dict(gan.state_dict()), dict(whole[0].state_dict()))


@pytest.mark.parametrize("stop", [5, 7])
def test_an_older_checkpoint_in_which_no_step_was_counted_resumes_and_then_counts(whole, tmp_path, stop):
    old = torch.load(whole[2][stop], weights_only=True)
    progress = old["loops"]["fit_loop"]["epoch_loop.manual_optimization.optim_step_progress"]
    progress |= {part: {"ready": 0, "completed": 0} for part in ("total", "current")}
    torch.save(old | {"global_step": 0}, tmp_path / "old.ckpt")

    gan, trainer = toy_gan(WGANGP), trainer_in(tmp_path, max_steps=12)
    trainer.fit(gan, endless_data(), ckpt_path=tmp_path / "old.ckpt", weights_only=True)
    assert trainer.global_step == gan.generator_step == 12
    assert_same(dict(gan.state_dict()), dict(whole[0].state_dict()))


def test_a_second_training_of_the_same_gan_counts_from_its_own_start(whole, tmp_path):
    gan = WGANGP.load_from_checkpoint(whole[2][12], weights_only=True)
    trainer = trainer_in(tmp_path, max_steps=3)
    trainer.fit(gan, endless_data())
    assert (trainer.global_step, gan.generator_step) == (3, 15)


@pytest.mark.parametrize("stop", [None, 4, 7])
def test_a_training_ends_where_its_data_ends(tmp_path, stop):
    gan, rest = toy_gan(WGANGP), {}
    if stop:
        trainer_in(tmp_path, max_steps=stop).fit(gan, endless_data(generator_steps=7))
        rest = {"ckpt_path": next(tmp_path.rglob("*.ckpt")), "weights_only": True}
    trainer = trainer_in(tmp_path, enable_checkpointing=False)
    trainer.fit(gan, endless_data(generator_steps=7), **rest)
    assert trainer.global_step == 7
    assert trainer.current_epoch == 2


@pytest.mark.parametrize("limit", [2, 0.4])
def test_epochs_that_a_trainer_cuts_read_one_stream_of_images(whole, tmp_path, limit):
    gan, trainer = toy_gan(WGANGP), trainer_in(tmp_path, max_epochs=6, limit_train_batches=limit)
    trainer.fit(gan, endless_data())
    assert trainer.global_step == 12
    assert_same(dict(gan.state_dict()), dict(whole[0].state_dict()))


def test_lightning_s_weight_averaging_averages_generator_steps(tmp_path):
    """As a fold over what the weights were after each step, the first of which it starts from."""
    gan, seen = toy_gan(WGANGP), []

    class Watch(lightning.Callback):
        def on_train_batch_end(self, trainer, pl_module, *_):
            seen.append([weight.detach().clone() for weight in pl_module.parameters()])

    trainer_in(tmp_path, max_steps=3, callbacks=[Watch(), EMAWeightAveraging(decay=0.5)]).fit(gan, endless_data())
    for first, second, third, found in zip(*seen, gan.parameters(), strict=True):
        torch.testing.assert_close(found, first.lerp(second, 0.5).lerp(third, 0.5))
