"""Laws of what a study's settings take from Lightning and from the user's own classes."""

import importlib.util
import re
import shlex

import hydra
import pytest
from apps import ROOT, TOY
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor
from lightning.pytorch.loggers import TensorBoardLogger

from leukgan.cli.typed import as_hydra_reads
from leukgan.config import read_config
from leukgan.errors import InputError
from leukgan.study.build import build_study
from leukgan.study.instantiate import build_tracking, build_training
from leukgan.tracking.lightning_loggers import LightningTracking
from leukgan.tracking.stages import CSVOnly, SeveralLoggers

CSV = "lightning.pytorch.loggers.CSVLogger"


def config_of(*arguments):
    with hydra.initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return read_config(hydra.compose("study", as_hydra_reads([*TOY, *arguments])))


def test_callbacks_and_arguments_of_the_trainer_reach_the_training():
    chosen = ("callbacks=[early_stopping,learning_rate_monitor]", "callbacks.early_stopping.patience=9")
    _, extras = build_training(config_of(*chosen, "trainer.max_time=00:01:00:00", "trainer.strategy=ddp"))
    stopping, rates = extras.callbacks
    assert (type(stopping), stopping.patience, stopping.monitor) == (EarlyStopping, 9, "val/kid")
    assert isinstance(rates, LearningRateMonitor)
    assert extras.arguments == {"max_time": "00:01:00:00"}  # ddp is what leukgan does


def test_several_loggers_are_used_at_once():
    tracking = build_tracking(config_of("logger=[csv,tensorboard]").logger)
    assert isinstance(tracking, SeveralLoggers)
    csv, tensorboard = tracking.loggers
    assert csv == CSVOnly()
    assert isinstance(tensorboard, LightningTracking)
    assert tensorboard.constructor is TensorBoardLogger


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trainer.max_steps=3"], "trainer.max_steps=3 is leukgan's own to set: generator_steps="),
        (["callbacks=[early_stopping]", "callbacks.early_stopping.patiense=3"], "'callbacks.early_stopping.patiense'"),
        (["callbacks.mine.patience=3"], "callbacks.mine has no class;"),
        (["logger.mine.project=x"], "is no logger; settings stand below a logger's name, as in logger.wandb.mine="),
        (["callbacks.x._target_=lightning.pytorch.callbacks.ProgressBar", "callbacks.x.y=1"], "callbacks.x.y"),
        ([f"logger.x._target_={CSV}", "logger.x.vresion=2"], "logger.x: got an unexpected keyword argument 'vresion'."),
    ],
)
def test_wrong_parts_are_sentences(arguments, said):
    config = config_of(*arguments)
    with pytest.raises(InputError) as error:
        build_training(config), build_tracking(config.logger)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("argument", "said"), [("trainer.max_steps=3", "trainer.max_steps"), ("logger=wandb", "bogus")]
)
def test_wrong_parts_are_refused_before_an_image_is_read(monkeypatch, argument, said):
    monkeypatch.setenv("WANDB_MODE", "bogus")
    monkeypatch.setattr("leukgan.study.build.load_grouped", lambda *_, **__: pytest.fail("images were read"))
    with pytest.raises(InputError, match=said):
        build_study(config_of(argument))


def test_the_documented_commands_are_built():
    text = (ROOT / "docs" / "lightning.md").read_text().replace("\\\n", "")
    commands = [shlex.split(line)[2:] for line in re.findall("^    python experiments/.*", text, re.M)]
    assert len(commands) == 2
    for arguments in commands:
        config = config_of(*arguments)
        _, extras = build_training(config)
        assert extras.callbacks
        build_tracking(config.logger)


@pytest.mark.parametrize(
    ("variable", "place"), [(None, "sqlite:///my runs/mlflow.db"), ("http://127.0.0.1:5000", "http://127.0.0.1:5000")]
)
def test_mlflow_keeps_all_runs_in_one_database_or_where_its_own_variable_says(monkeypatch, variable, place):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if variable is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", variable)
    assert config_of("logger=mlflow", "runs=my runs").logger["mlflow"]["tracking_uri"] == place


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is not None, reason="mlflow is installed")
def test_a_logger_whose_package_is_missing_is_a_sentence():
    with pytest.raises(InputError, match="logger=mlflow needs a package; install it with: pip install mlflow"):
        build_tracking(config_of("logger=mlflow").logger)
