"""Laws of Lightning's callbacks, loggers and Trainer arguments in a study's training."""

import os
import pickle

import pandas as pd
import pytest
import torch
from lightning import Callback
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint, Timer
from toys import toy_data, toy_gan, toy_images

from leukgan.errors import InputError
from leukgan.features import ModuleFeatures
from leukgan.gans import WGANGP, Training, ValidationKID
from leukgan.gans.trainer_arguments import MEANT, TrainerExtras, check_trainer_arguments
from leukgan.tracking.lightning_loggers import LightningTracking
from leukgan.tracking.stages import SeveralLoggers, Stage

LENGTH = {"generator_steps": 8, "steps_per_epoch": 2}
STAGE = Stage(key="00-gan-x", name="a/b-00-gan-x", group="a", job_type="gan", config={"gan": {"n": 1}}, tags=[])


class Watcher(Callback):
    """Logs through the Trainer's logger and the module, as callbacks of users do."""

    def on_train_batch_start(self, trainer, pl_module, *_):
        trainer.logger.log_metrics({"mine/logged": 3.0}, trainer.global_step)

    def on_train_batch_end(self, trainer, pl_module, *_):
        pl_module.log("mine/step", float(pl_module.generator_step))


class HourLater(Callback):
    """Lets the clock of the Trainer's timer run on by an hour once a step is done."""

    def __init__(self, after):
        self.after = after

    def on_train_batch_end(self, trainer, pl_module, *_):
        if pl_module.generator_step == self.after:
            (timer,) = (callback for callback in trainer.callbacks if isinstance(callback, Timer))
            timer._start_time["train"] -= 3600


def fit(folder, *callbacks, every=4, tracking=None, **further):
    extras = pickle.loads(pickle.dumps(TrainerExtras(callbacks=callbacks, arguments=further)))  # as to its process
    training = Training(accelerator="cpu", log_every=2)
    held_out = toy_images(6, seed=1)
    features = ModuleFeatures(torch.nn.PixelUnshuffle(8), "pixels")
    validation = ValidationKID(folder, features, held_out, every=every)
    run = {} if tracking is None else {"open_run": lambda: tracking.run(folder, STAGE)}
    data = toy_data(held_out=held_out, **LENGTH)
    run |= {"progress": lambda *_: None, "validation": validation, "extras": extras}
    training.fit(toy_gan(WGANGP), data, folder, **run)
    return folder


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A training that ends at its second validation, with the callbacks and loggers of docs/lightning.md."""
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

    folder = tmp_path_factory.mktemp("stopped")
    loggers = SeveralLoggers(
        [
            LightningTracking(name="tensorboard", constructor=TensorBoardLogger, arguments={"version": ""}),
            LightningTracking(name="lines", constructor=CSVLogger, arguments={}),
        ]
    )
    stop = EarlyStopping("val/kid", min_delta=1e6, patience=1)
    top = ModelCheckpoint(monitor="val/kid", save_top_k=1)
    return fit(folder, stop, top, LearningRateMonitor(), Watcher(), tracking=loggers, profiler="simple")


def test_early_stopping_waits_for_measurements(stopped):
    assert pd.read_csv(stopped / "kid.csv")["generator_step"].tolist() == [4, 8]
    assert torch.load(stopped / "last.ckpt", weights_only=True)["generator_step"] == 8


def test_early_stopping_ends_a_training(tmp_path):
    fit(tmp_path, EarlyStopping("val/kid", min_delta=1e6, patience=1), every=2)
    assert pd.read_csv(tmp_path / "kid.csv")["generator_step"].tolist() == [2, 4]
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["generator_step"] == 4


def test_the_best_checkpoint_lies_in_the_folder_of_the_gan(stopped):
    kid = pd.read_csv(stopped / "kid.csv").set_index("generator_step")["kid_pixels"]
    assert [path.name for path in (stopped / "checkpoints").iterdir()] == [
        f"epoch={kid.idxmin() // 2 - 1}-step={kid.idxmin()}.ckpt"
    ]


def test_what_callbacks_log_is_in_metrics_and_in_every_logger(stopped):
    metrics = pd.read_csv(stopped / "metrics.csv")
    assert metrics["mine/logged"].tolist() == [3.0] * 4
    assert metrics["mine/step"].tolist() == metrics["generator_step"].tolist() == [2, 4, 6, 8]
    assert metrics["lr-Adam"].notna().all()
    assert "val/kid" not in metrics

    (lines,) = (stopped / "lines").rglob("metrics.csv")
    told = pd.read_csv(lines).groupby("step").first()
    assert told.loc[[2, 4, 6, 8], "mine/step"].tolist() == [2, 4, 6, 8]
    kid = pd.read_csv(stopped / "kid.csv").set_index("generator_step")["kid_pixels"]
    assert told["val/kid"].dropna().to_dict() == pytest.approx(kid.to_dict())
    assert list((stopped / "tensorboard" / "a-b-00-gan-x").glob("events.*"))


def test_a_profile_lies_in_the_folder_of_the_gan(stopped):
    assert "run_training_epoch" in (stopped / "fit-profile.txt").read_text()


def test_without_callbacks_a_training_leaves_what_it_would(stopped, tmp_path):
    fit(tmp_path)
    own = pd.read_csv(tmp_path / "metrics.csv")
    pd.testing.assert_frame_equal(own, pd.read_csv(stopped / "metrics.csv")[list(own)])


def test_no_time_for_a_first_step_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="ended before its first step"):
        fit(tmp_path, max_time={"seconds": 0})


def test_the_time_of_a_training_ends_it_between_two_steps(tmp_path):
    """An hour, which is over in the middle of an epoch."""
    fit(tmp_path, HourLater(after=5), max_time="00:01:00:00")
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["generator_step"] == 5


@pytest.mark.parametrize(("given", "mode"), [(True, 2), ("warn", 1), (False, 0)])
def test_a_training_is_as_deterministic_as_asked_for_and_what_checks_it_is_not(tmp_path, monkeypatch, given, mode):
    monkeypatch.setattr("lightning.Trainer.fit", lambda *_, **__: (tmp_path / "last.ckpt").touch())
    check_trainer_arguments({"deterministic": given})
    assert torch.get_deterministic_debug_mode() == 0
    try:
        fit(tmp_path, deterministic=given)
        assert torch.get_deterministic_debug_mode() == mode
    finally:
        torch.set_deterministic_debug_mode(0)


def test_a_metric_that_there_is_not_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="callbacks: Early stopping conditioned on metric `val/kdi` which is not"):
        fit(tmp_path, EarlyStopping("val/kdi"))


@pytest.mark.parametrize("name", sorted(MEANT))
def test_what_leukgan_sets_itself_is_refused_with_the_setting_that_is_meant(name):
    with pytest.raises(InputError, match=f"^trainer.{name}=1 is leukgan's own to set: ") as error:
        check_trainer_arguments({name: 1})
    assert MEANT[name] in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"deterministic": "maybe"}, "trainer.deterministic must be true, false or warn, got 'maybe'."),
        ({"profiler": "quick"}, "trainer.profiler must be simple or advanced or pytorch, got 'quick'"),
        ({"num_nodes": 2}, "trainer.num_nodes=2: a command trains a GAN on one machine; launcher=slurm gives splits"),
        ({"strategy": "fsdp"}, "trainer.strategy must be auto, or ddp or another of Lightning's ddp_*, got 'fsdp'"),
        ({"strategy": "deepspeed_stage_2"}, "trainer.strategy must be auto, or ddp"),
        ({"max_time": "soon"}, "trainer: "),
    ],
)
def test_arguments_that_can_not_be_are_sentences(arguments, said):
    with pytest.raises(InputError) as error:
        check_trainer_arguments(arguments)
    assert str(error.value).startswith(said)


def test_other_arguments_of_the_trainer_are_taken():
    check_trainer_arguments({"max_time": "00:01:00:00", "deterministic": True, "num_nodes": 1})
    for strategy in ("auto", "ddp", "ddp_spawn", "ddp_notebook", "ddp_find_unused_parameters_true"):
        check_trainer_arguments({"strategy": strategy})


@pytest.mark.filterwarnings("error")
def test_arguments_are_judged_alike_on_a_machine_of_a_cluster(tmp_path, monkeypatch):
    """Where there is srun, and within an allocation for four tasks."""
    (tmp_path / "srun").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    check_trainer_arguments({"max_time": "00:01:00:00"})
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_JOB_NAME", "study")
    check_trainer_arguments({"max_time": "00:01:00:00"})
