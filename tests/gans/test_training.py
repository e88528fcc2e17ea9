"""Laws of a training: its length, what it leaves, and that a stopped and continued one ends as a whole one."""

import contextlib
import os
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from gans.trainings import KilledError, assert_same, files, kill_at
from PIL import Image

from leukgan.data.split import derive_seed
from leukgan.errors import InputError
from leukgan.gans import DCGAN, WGANGP, InfoWGANGP, Training, load_gan
from leukgan.gans.networks import to_networks
from leukgan.gans.options import float_tensors

LENGTH = {"generator_steps": 25, "steps_per_epoch": 10}  # the last of three epochs is shorter
COLUMNS = {
    *(f"train/{network}_{name}" for network in ("critic", "generator") for name in ("loss", "gradient_norm")),
    *(f"train/{name}" for name in ("wasserstein", "gradient_penalty", "real_score", "fake_score", "overfitting_sign")),
}
ALL_OPTIONS = {
    "augmentation": ["translation", "cutout", "colour"],
    "adaptive_target": 0.1,
    "adaptive_images": 1000,
    "lecam_weight": 0.1,
    "ema_warmup": True,
}
HARD = {
    "codes": (InfoWGANGP, {"optimizer": "rmsprop", **ALL_OPTIONS}),
    "classes": (WGANGP, {"conditional": True, **ALL_OPTIONS}),
}


def run(gan, data, folder, progress=lambda step, metrics: None, precision="32-true"):
    training = Training(accelerator="cpu", precision=precision, log_every=5)
    return training.fit(gan, data, folder, progress=progress)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, gan, data):
    """The uninterrupted training's folder and what it reported."""
    folder = tmp_path_factory.mktemp("whole")
    reports = []
    path = run(gan(), data(**LENGTH), folder, progress=lambda *report: reports.append(report))
    assert path == folder / "last.ckpt"
    return folder, reports


def test_a_training_has_the_steps_asked_for(whole):
    state = torch.load(whole[0] / "last.ckpt", weights_only=True)
    assert state["generator_step"] == 25
    assert {int(s["step"]) for s in state["optimizer_states"][0]["state"].values()} == {50}
    assert {int(s["step"]) for s in state["optimizer_states"][1]["state"].values()} == {25}


def test_metrics_and_speed_come_every_log_every_steps(whole):
    table, speed = (pd.read_csv(whole[0] / name) for name in ("metrics.csv", "speed.csv"))
    assert table["generator_step"].tolist() == speed["generator_step"].tolist() == [5, 10, 15, 20, 25]
    assert (speed["images_per_second"] > 0).all()
    assert set(table) == {"generator_step", *COLUMNS}
    assert np.isfinite(table.to_numpy()).all()


def test_a_training_leaves_its_files_and_no_path_in_them(whole):
    samples = {f"samples/step_0000{step}.png" for step in (10, 20, 25)}
    assert set(files(whole[0])) == {
        "last.ckpt",
        "last.ckpt.sha256",
        "metrics.csv",
        "speed.csv",
        "interpolation.png",
        *samples,
    }
    assert str(whole[0]).encode() not in (whole[0] / "last.ckpt").read_bytes()


def test_a_sample_grid_shows_the_averaged_generator(whole):
    gan = load_gan(whole[0] / "last.ckpt")
    grid = np.asarray(Image.open(whole[0] / "samples" / "step_000025.png"))
    assert grid.shape == (6 * 32, 6 * 32, 3)
    expected = gan.sample(36, seed=0).reshape(6, 6, 3, 32, 32).transpose(0, 3, 1, 4, 2).reshape(192, 192, 3)
    np.testing.assert_array_equal(grid, expected)


def test_reports_tell_every_tenth_step_and_the_end(whole):
    steps = [step for step, _ in whole[1]]
    assert steps == [0, 10, 20, 25]
    assert whole[1][0][1] == {}
    assert all(set(metrics) == COLUMNS for _, metrics in whole[1][1:])


@pytest.mark.parametrize("stop", [10, 20, 25])
def test_a_killed_training_continues_to_the_same_end_in_a_moved_folder(whole, gan, data, tmp_path, stop):
    """As the same object too, with its new trainer's optimisers; what was killed at 25 is done and stays."""
    here, there, module = tmp_path / "here", tmp_path / "there", gan()
    with pytest.raises(KilledError):
        run(module, data(**LENGTH), here, progress=kill_at(stop))
    before = files(here)
    shutil.copytree(here, there)
    run(module if stop == 20 else gan(), data(**LENGTH), there)
    assert_same(files(there), files(whole[0]))
    assert_same(files(here), before)


@pytest.fixture(scope="module", params=HARD)
def hard(request, gan_of, data, images, tmp_path_factory):
    """Trains a GAN with every option, on held-out images too, and what it leaves uninterrupted."""
    kind, settings = HARD[request.param]
    classes = 2 if kind is WGANGP else 1
    given = {"images": images(classes=classes), "held_out": images(count=4, seed=7, classes=classes)}
    length = {"label": None if classes == 2 else 0, "generator_steps": 12, "steps_per_epoch": 5}

    def train(folder, **options):
        run(gan_of(kind, **settings), data(**given, **length), folder, **options)

    folder = tmp_path_factory.mktemp("whole")
    train(folder)
    return train, folder


def test_a_training_with_every_option_continues_to_the_same_end(hard, tmp_path):
    train, whole = hard
    with pytest.raises(KilledError):
        train(tmp_path, progress=kill_at(10))
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["generator_step"] == 5
    train(tmp_path)
    assert_same(files(tmp_path), files(whole))


def test_every_option_has_left_its_trace(hard):
    """So that the test above compares something."""
    state = torch.load(hard[1] / "last.ckpt", weights_only=True)
    assert 0 < state["state_dict"]["augmentation_probability"].item() < 1
    assert state["state_dict"]["average_updates"].item() == 12
    assert (state["state_dict"]["average_scores"] != 0).all()
    table = pd.read_csv(hard[1] / "metrics.csv")
    assert table["train/augmentation_probability"].nunique() > 1
    assert table["val/critic_loss"].nunique() == len(table) == 2
    assert table["generator_step"].tolist() == [5, 10]


@pytest.mark.parametrize("kind", [WGANGP, DCGAN])
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_training_is_the_textbook_loop(gan_of, data, tmp_path, kind, precision):
    """Plain torch, step by step, every weight of every update fresh (autocast must not keep casts from before)."""
    trained, plain = gan_of(kind, seed=3), gan_of(kind, seed=3)
    run(trained, data(generator_steps=3), tmp_path, precision=precision)
    critic_optimizer, generator_optimizer = plain.configure_optimizers()
    for step, batch in enumerate(data(generator_steps=3).train_dataloader()):
        torch.manual_seed(derive_seed(3, step))
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed", cache_enabled=False):
            for real in map(to_networks, batch):
                fake = plain.generator(torch.randn(4, 8)).detach()
                loss, metrics = plain.critic_loss(real, fake, torch.empty(4, 0))
                critic_optimizer.zero_grad()
                loss.backward()
                critic_optimizer.step()
                means = torch.stack([metrics["real_score"], metrics["fake_score"]]).detach()
                plain.average_scores.lerp_(means, 1 - 0.99)
            loss = plain.generator_loss(plain.critic(plain.generator(torch.randn(4, 8))), None)
            generator_optimizer.zero_grad()
            loss.backward()
            generator_optimizer.step()
        for average, current in zip(
            float_tensors(plain.average_generator), float_tensors(plain.generator), strict=True
        ):
            average.lerp_(current.detach(), 0.01)
        plain.average_updates += 1
    torch.testing.assert_close(trained.state_dict(), plain.state_dict(), rtol=0, atol=0)


def test_a_checkpoint_of_other_images_is_refused(whole, gan, data, images, tmp_path):
    for path in whole[0].glob("last.ckpt*"):
        shutil.copy(path, tmp_path)
    with pytest.raises(InputError, match=r"^the checkpoint was trained on other images; .*\.$"):
        run(gan(), data(images(seed=1), **LENGTH), tmp_path)
    assert (tmp_path / "last.ckpt").read_bytes() == (whole[0] / "last.ckpt").read_bytes()


@pytest.mark.parametrize(("setting", "value", "sentence"), [
    ("precision", "mixed", r"must be one of auto, .* got 'mixed'\."),
    ("precision", "64-true", r"must be one of auto, .* got '64-true'\."),
    ("precision", "16-mixed", "=16-mixed is refused: .* take bf16-mixed or 32-true\\."),
    ("precision", 16, "=16 is refused: .* take bf16-mixed or 32-true\\."),
    ("accelerator", "npu", r"must be auto or cpu or .* or xla_cpu, got 'npu'\."),
    ("devices", 0, r"must be at least 1, got 0\."),
    ("log_every", 0, r"must be at least 1, got 0; the default is 50\."),
])  # fmt: skip
def test_impossible_settings_are_refused(setting, value, sentence):
    with pytest.raises(InputError, match=rf"^trainer\.{setting} ?{sentence}$"):
        Training(**{setting: value})


def test_a_missing_gpu_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=r"none that torch can use; take trainer=cpu\.$"):
        Training(accelerator="gpu")


def test_apple_s_gpu_is_taken_only_if_asked_for_and_there(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=r"^trainer\.accelerator=mps .* this machine has none; take trainer=cpu\.$"):
        Training(accelerator="mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    asked = Training(accelerator="mps", precision="auto")
    assert (asked.device, asked.resolved_precision) == ("mps", "32-true")
    assert Training(accelerator="auto").device != "mps"


@pytest.mark.parametrize(("devices", "accelerator", "told"), [(2, "gpu", False), (3, "gpu", True), (3, "cpu", False)])
def test_more_processes_than_gpus_are_refused(monkeypatch, devices, accelerator, told):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    sentence = r"^trainer\.devices=3 asks for a GPU each and this machine has 2 .* or trainer\.accelerator=cpu\.$"
    with pytest.raises(InputError, match=sentence) if told else contextlib.nullcontext():
        Training(accelerator=accelerator, devices=devices)


def test_processes_that_nobody_has_started_are_refused(gan, data, tmp_path):
    with pytest.raises(ValueError, match="on 2 processes is for train_in_parallel"):
        Training(accelerator="cpu", devices=2).fit(gan(), data(), tmp_path, progress=lambda *_: None)


@pytest.mark.parametrize(("available", "accelerator", "device"), [
    (False, "auto", "cpu"), (False, "cpu", "cpu"), (True, "auto", "cuda"), (True, "gpu", "cuda"), (True, "cpu", "cpu"),
])  # fmt: skip
def test_auto_takes_the_gpu_where_there_is_one(monkeypatch, available, accelerator, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert Training(accelerator=accelerator).device == device


@pytest.mark.parametrize(("native", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_precision_is_bf16_where_the_device_computes_it(monkeypatch, native, precision):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: native)
    assert Training(accelerator="gpu", precision="auto").resolved_precision == precision
    assert Training(accelerator="cpu", precision="auto").resolved_precision in ("bf16-mixed", "32-true")
    for given in ("bf16-mixed", "32-true"):
        assert Training(accelerator="gpu", precision=given).resolved_precision == given


@pytest.mark.filterwarnings("error")
def test_a_training_is_one_process_whatever_slurm_has_started_or_could_start(gan, data, tmp_path, monkeypatch):
    """On a machine with srun, and within an allocation for four tasks; nothing is written elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "srun").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    run(gan(), data(generator_steps=1), tmp_path / "outside")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    run(gan(), data(generator_steps=1), tmp_path / "inside")
    assert {path.name for path in tmp_path.iterdir()} == {"srun", "outside", "inside"}
