"""Laws of a GAN that anybody's Trainer and DataLoader train: which batches, which Trainer, whose random numbers."""

import os
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import lightning
import pytest
import torch
from apps import ROOT
from gans.trainers import LIGHTNING_ADVICE, endless_data, trainer_in
from gans.trainings import assert_same
from lightning.pytorch.strategies import DDPStrategy, FSDPStrategy
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from toys import toy_gan, toy_images

from leukgan.data.batches import StepBatches
from leukgan.data.datamodule import CellData
from leukgan.errors import InputError
from leukgan.gans import DCGAN, WGANGP
from leukgan.gans.accelerators.distributed import ManualDDPStrategy, OwnRandomness, seed_step
from leukgan.gans.trainer_arguments import prepare_trainer

pytestmark = LIGHTNING_ADVICE

IMAGES = torch.from_numpy(toy_images(count=12, classes=2).images)
LABELS = torch.arange(12) % 2


@pytest.mark.parametrize("conditional", [False, True])
def test_an_ordinary_loader_s_batches_make_up_generator_steps_across_epochs(tmp_path, conditional):
    """Three batches an epoch, two a step: the weights are those of the same batches, two by two."""
    loader = DataLoader(TensorDataset(IMAGES, LABELS), batch_size=4)
    gan, trainer = toy_gan(DCGAN, conditional=conditional), trainer_in(tmp_path, max_steps=3)
    trainer.fit(gan, loader)
    assert trainer.global_step == gan.generator_step == 3
    assert trainer.current_epoch == 2

    single = [pair if conditional else pair[0] for pair in loader] * 2
    paired = toy_gan(DCGAN, conditional=conditional)
    steps = [single[i : i + 2] for i in range(0, 6, 2)]
    trainer_in(tmp_path, max_steps=3, enable_checkpointing=False).fit(paired, DataLoader(steps, batch_size=None))
    assert_same(dict(gan.state_dict()), dict(paired.state_dict()))


@pytest.mark.parametrize(("batches", "told"), [
    ([IMAGES.float()], r"takes images uint8 \(B, 3, 32, 32\), got float32 \(12, 3, 32, 32\); .*PILToTensor"),
    ([IMAGES[..., :16]], r"got uint8 \(12, 3, 32, 16\)"),
    ([IMAGES, IMAGES[:2]], r"one size, got 2 images after batches of 12; give the DataLoader drop_last=True\.$"),
    ([[IMAGES, IMAGES, IMAGES]], r"^gan\.n_critic is 2 .* 3 real batches; .*: CellData\(n_critic=2\) gives them\.$"),
    ([[(IMAGES, LABELS), (IMAGES, LABELS)]], r"gan\.conditional is False and the batches have labels\.$"),
    ([{"image": IMAGES, "label": LABELS}], r"got a dict of Tensor \(12, 3, 32, 32\) and Tensor \(12,\); .* collate_fn"),
    ([[IMAGES, ["healthy"] * 12]], r"got a list of Tensor \(12, 3, 32, 32\) and list; the DataLoader's collate_fn"),
    ([[IMAGES, LABELS[:, None]]], r"got a list of Tensor \(12, 3, 32, 32\) and Tensor \(12, 1\); "),
    ([IMAGES[:1]], r"at least 2 images for batch normalisation, got 1; take 32\.$"),
])  # fmt: skip
def test_batches_that_a_gan_cannot_take_are_refused(batches, told):
    step = StepBatches(n_critic=2, image_size=32, labelled=False)
    with pytest.raises(InputError, match=told):
        list(map(step.add, batches * 2))


def test_a_conditional_gan_refuses_batches_without_labels():
    step = StepBatches(n_critic=1, image_size=32, labelled=True)
    with pytest.raises(InputError, match=r"gan\.conditional is True and the batches lack labels\.$"):
        step.add(IMAGES)


@pytest.mark.parametrize(("batch", "told"), [
    ({"image": IMAGES}, r"got a dict of Tensor \(12, 3, 32, 32\); "),
    ([IMAGES, ["healthy"] * 12], r"got a list of Tensor \(12, 3, 32, 32\) and list; "),
])  # fmt: skip
def test_a_validation_batch_that_has_no_images_is_refused(batch, told):
    with pytest.raises(InputError, match=told):
        toy_gan(WGANGP).validation_step(batch, 0)


@pytest.mark.parametrize("nothing", [{"barebones": True}, {"log_every_n_steps": 0}])
def test_a_trainer_that_logs_nothing_trains(tmp_path, nothing):
    gan = toy_gan(WGANGP)
    options = {"accelerator": "cpu", "max_steps": 2, "default_root_dir": tmp_path, "enable_progress_bar": False}
    lightning.Trainer(**options | nothing).fit(gan, endless_data())
    assert gan.generator_step == 2


def test_a_training_leaves_the_global_random_numbers_as_they_were(tmp_path):
    """What a callback draws between two steps is what it would draw without the GAN, and the GAN's stays the same."""
    drawn = []

    class Draws(lightning.Callback):
        def on_train_start(self, *_):
            drawn.append(torch.get_rng_state())

        def on_train_batch_end(self, *_):
            drawn.append(torch.rand(3))

    silent, beside = toy_gan(WGANGP), toy_gan(WGANGP)
    trainer_in(tmp_path, max_steps=3, enable_checkpointing=False).fit(silent, endless_data())
    trainer_in(tmp_path, max_steps=3, enable_checkpointing=False, callbacks=[Draws()]).fit(beside, endless_data())
    torch.set_rng_state(drawn[0])
    assert_same(drawn[1:], [torch.rand(3) for _ in range(3)])
    assert_same(dict(beside.state_dict()), dict(silent.state_dict()))


def test_a_stream_of_random_numbers_goes_on_where_it_was_left():
    stream, cpu = OwnRandomness(), torch.device("cpu")
    with stream.drawn(cpu):
        seed_step(3, 4, cpu)
        first = torch.rand(2)
    torch.rand(7)
    with stream.drawn(cpu):
        second = torch.rand(2)
    seed_step(3, 4, cpu)
    torch.testing.assert_close(torch.cat([first, second]), torch.cat([torch.rand(2), torch.rand(2)]), rtol=0, atol=0)


@pytest.mark.parametrize(("precision", "told"), [
    ("16-mixed", r"^trainer\.precision=16-mixed is refused: .* take bf16-mixed or 32-true\.$"),
    ("64-true", r"^trainer\.precision must be one of 32-true, bf16-mixed, got '64-true'\.$"),
])  # fmt: skip
def test_a_gan_refuses_a_precision_itself(tmp_path, monkeypatch, precision, told):
    trainer = trainer_in(tmp_path)
    monkeypatch.setattr(lightning.Trainer, "precision", precision)
    with pytest.raises(InputError, match=told):
        trainer.fit(toy_gan(WGANGP), endless_data())


def test_ddp_leaves_the_gradients_to_the_gan_and_other_strategies_are_refused(tmp_path):
    for start in ("ddp", "ddp_spawn", "ddp_notebook", "ddp_find_unused_parameters_true"):
        trainer = trainer_in(tmp_path, strategy=start, devices=2)
        assert type(trainer.strategy) is DDPStrategy
        prepare_trainer(trainer)
        assert type(trainer.strategy) is ManualDDPStrategy
    sharded = SimpleNamespace(precision="32-true", strategy=FSDPStrategy())
    with pytest.raises(InputError, match=r"can't be trained by the strategy FSDPStrategy, .* strategy='ddp' or"):
        prepare_trainer(sharded)


def train_three_steps(folder, **options):
    trainer_in(folder, max_steps=3, **options).fit(toy_gan(DCGAN), endless_data())


def only_checkpoint(folder):
    (path,) = folder.rglob("*.ckpt")
    return torch.load(path, weights_only=True)


@pytest.fixture(scope="module")
def of_two_processes(tmp_path_factory):
    """With CellData, whose batches they share, and Lightning's own default for samplers."""
    folder = tmp_path_factory.mktemp("spawned")
    train_three_steps(folder, strategy="ddp_spawn", devices=2)
    return only_checkpoint(folder)


@pytest.mark.slow
def test_two_processes_that_lightning_starts_train_one_gan(of_two_processes):
    assert of_two_processes["generator_step"] == of_two_processes["global_step"] == 3


ON_A_NODE = """
import sys
from gans.test_ordinary_loaders import train_three_steps
train_three_steps(
    sys.argv[1], strategy="ddp_find_unused_parameters_true", num_nodes=2, devices=1, sync_batchnorm=True
)
"""


@pytest.mark.slow
def test_two_nodes_train_the_gan_of_two_processes(tmp_path, of_two_processes):
    """Each node's process with the variables that torchrun gives it; one of them writes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "TORCHELASTIC_RUN_ID": "run"}
    path = {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}
    ranks = [{"RANK": node, "GROUP_RANK": node, "LOCAL_RANK": "0", "WORLD_SIZE": "2"} for node in "01"]
    command = [sys.executable, "-c", ON_A_NODE, str(tmp_path)]
    nodes = [subprocess.Popen(command, env=os.environ | path | meeting | rank) for rank in ranks]
    while None in (codes := [node.poll() for node in nodes]) and not any(codes):
        time.sleep(0.1)
    for node in nodes:  # one would wait for the other that has failed
        node.kill()
    assert codes == [0, 0]

    assert_same(only_checkpoint(tmp_path)["state_dict"], of_two_processes["state_dict"])


class Classifier(lightning.LightningModule):
    """A module of anybody's own, which keeps the training images that it was given, with their labels."""

    def __init__(self):
        super().__init__()
        self.layer, self.given = nn.Linear(3 * 32 * 32, 2), []

    def loss(self, images, labels):
        return F.cross_entropy(self.layer(images.flatten(1).float() / 255), labels)

    def training_step(self, batch):
        ((images, labels),) = batch
        self.given += zip(images, labels.tolist(), strict=True)
        return self.loss(images, labels)

    def validation_step(self, batch):
        self.log("loss", self.loss(*batch))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.01)


def test_cell_data_feeds_any_module(tmp_path):
    images = toy_images(count=16, classes=2)
    data = CellData(
        images,
        label=None,
        n_critic=1,
        batch_size=4,
        validation_fraction=0.25,
        gan_augmentation="none",
        steps_per_epoch=3,
    )
    module, trainer = Classifier(), trainer_in(tmp_path, max_epochs=1, num_sanity_val_steps=0)
    trainer.fit(module, data)
    assert trainer.global_step == 3
    assert "loss" in trainer.callback_metrics

    # Each training image once, with its own label.
    known = {image.tobytes(): label for image, label in zip(data.train.images, data.train.labels, strict=True)}
    assert {image.numpy().tobytes(): label for image, label in module.given} == known
    assert len(module.given) == len(known) == 12


def test_overfit_batches_is_a_sentence_for_cell_data_and_works_with_a_loader(tmp_path):
    with pytest.raises(InputError, match="give CellData a few images instead"):
        trainer_in(tmp_path, overfit_batches=2).fit(toy_gan(WGANGP), endless_data())
    trainer = trainer_in(tmp_path, overfit_batches=2, max_epochs=2, enable_checkpointing=False)
    trainer.fit(toy_gan(WGANGP), DataLoader(IMAGES, batch_size=4))
    assert trainer.global_step == 2


@pytest.mark.parametrize(("fraction", "held_out"), [(0.0, 0), (0.25, 2), (0.01, 1)])
def test_images_without_a_split_are_trained_on_but_for_the_held_out_ones(fraction, held_out):
    images = toy_images(count=16, classes=2)
    data = CellData(images, label=1, validation_fraction=fraction)
    assert len(data.held_out) == held_out
    assert sorted(data.sources.names + data.held_out.names) == sorted(images.of_class(1).names)


def test_validating_without_held_out_images_is_a_sentence(tmp_path):
    data = CellData(toy_images(count=8, classes=2))
    with pytest.raises(InputError, match=r"holds no image out to validate by; give it validation_fraction=0\.2"):
        trainer_in(tmp_path).validate(toy_gan(WGANGP), data)


@pytest.mark.parametrize(("changes", "told"), [
    ({"label": 2}, "label must be 0 or 1, in the order .* got 2"),
    ({"label": "class_1"}, "label must be 0 or 1, in the order .* got 'class_1'"),
    ({"n_critic": 0}, "n_critic must be a whole number from 1, got 0"),
    ({"batch_size": 8.0}, r"batch_size must be a whole number from 1, got 8\.0"),
    ({"generator_steps": -1}, "generator_steps must be a whole number from 1, got -1"),
    ({"steps_per_epoch": 0}, "steps_per_epoch must be a whole number from 1, got 0"),
    ({"gan_augmentation": "flip"}, "gan_augmentation must be none, flips, .* got 'flip'"),
    ({"classifier_augmentation": "flip"}, "classifier_augmentation must be none, flips, .* got 'flip'"),
])  # fmt: skip
def test_data_that_cannot_be_is_a_sentence(changes, told):
    with pytest.raises(InputError, match=f"^{told}\\.$"):
        CellData(toy_images(count=8, classes=2), **changes)


@pytest.mark.parametrize("given", [IMAGES, "cells", None])
def test_data_of_something_else_than_labelled_images_is_a_sentence(given):
    with pytest.raises(InputError, match=rf"got {type(given).__name__}; list_folder\(root=\.\.\., image_size="):
        CellData(given)


def test_a_class_whose_images_would_all_be_held_out_is_a_sentence():
    with pytest.raises(InputError, match="leaves a class without a training image"):
        CellData(toy_images(count=3, classes=2), validation_fraction=0.1)
