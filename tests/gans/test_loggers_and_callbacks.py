"""The documented ten lines, and Lightning's own loggers, callbacks and options around a GAN."""

import re
from pathlib import Path

import pandas as pd
import pytest
import torch
from gans.trainers import LIGHTNING_ADVICE, endless_data, trainer_in
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger, WandbLogger
from toys import toy_gan

from leukgan.gans import WGANGP

pytestmark = LIGHTNING_ADVICE

ROOT = Path(__file__).parents[2]
SMALL = {"image_size=64": "image_size=32", "max_steps=500": "max_steps=2", "count=200": "count=40"}


@pytest.mark.parametrize("page", ["README.md", "docs/lightning.md"])
def test_the_documented_lines_train_a_gan(tmp_path, monkeypatch, page):
    """At toy sizes, without validation's network."""
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"import lightning\n.*?# uint8 \(16, 3, 64, 64\)\n", (ROOT / page).read_text(), re.S)
    lines = re.sub("^    ", "", lines, flags=re.M)
    for full, small in SMALL.items():
        assert full in lines
        lines = lines.replace(full, small)
    lines = lines.replace("critic_width=16", "critic_width=4, generator_width=16, n_critic=1")
    lines = lines.replace("validation_fraction=0.2", "validation_fraction=0.2, n_critic=1, batch_size=4")
    found = {}
    exec(lines.replace("max_steps=2", "max_steps=2, limit_val_batches=0, accelerator='cpu'"), found)
    assert found["images"].shape == (16, 3, 32, 32)
    assert found["trainer"].global_step == 2
    assert [path.name for path in tmp_path.rglob("*.ckpt")] == ["epoch=0-step=2.ckpt"]


def test_the_documented_subclass_keeps_its_own_setting_in_a_checkpoint(tmp_path):
    page = (ROOT / "docs" / "lightning.md").read_text()
    (lines,) = re.findall(r"```python\n(from dataclasses.*?)```", page, re.S)
    exec(lines.replace("image_size=64", "image_size=32, critic_width=4, generator_width=16, n_critic=2"), found := {})
    trainer = trainer_in(tmp_path, max_steps=1)
    trainer.fit(found["gan"], endless_data())
    again = found["Scaled"].load_from_checkpoint(trainer.checkpoint_callback.best_model_path)
    assert again.settings.scale == 2.0


def test_lightning_s_loggers_get_every_metric_and_setting(tmp_path):
    """All three at once, of one training, with learning rates, a profiler, a bar and the top checkpoints."""
    loggers = [CSVLogger(tmp_path), TensorBoardLogger(tmp_path), WandbLogger(save_dir=tmp_path, offline=True)]
    top = ModelCheckpoint(tmp_path / "top", monitor="train/critic_loss", every_n_train_steps=1, save_top_k=2)
    trainer = trainer_in(
        tmp_path,
        max_steps=3,
        log_every_n_steps=1,
        logger=loggers,
        callbacks=[top, LearningRateMonitor("step"), RichProgressBar()],
        enable_progress_bar=True,
        enable_model_summary=True,
        profiler="simple",
    )
    trainer.fit(toy_gan(WGANGP, critic_learning_rate=3e-4), endless_data())
    loggers[2].experiment.finish()

    table = pd.read_csv(Path(loggers[0].log_dir) / "metrics.csv").groupby("step").first()
    assert table.index.tolist() == [0, 1, 2]
    assert table[["train/critic_loss", "train/generator_loss", "lr-Adam"]].notna().all(axis=None)
    assert table["lr-Adam"].tolist() == pytest.approx([3e-4] * 3)
    assert "critic_learning_rate: 0.0003" in (Path(loggers[0].log_dir) / "hparams.yaml").read_text()
    assert list(Path(loggers[1].log_dir).glob("events.*"))
    assert list(tmp_path.rglob("*.wandb"))
    assert len(list((tmp_path / "top").iterdir())) == 2
    assert top.best_model_score.item() == pytest.approx(table["train/critic_loss"].min(), rel=1e-6)


def test_a_dry_run_and_a_time_limit_end_a_training(tmp_path):
    dry = trainer_in(tmp_path, fast_dev_run=True)
    dry.fit(toy_gan(WGANGP), endless_data())
    assert dry.global_step == 1
    timed = trainer_in(tmp_path, max_time={"seconds": 1}, max_epochs=-1)
    timed.fit(toy_gan(WGANGP), endless_data())
    assert timed.global_step > 1
    assert torch.load(next(tmp_path.rglob("*.ckpt")), weights_only=False)["global_step"] == timed.global_step
