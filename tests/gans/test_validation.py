"""Laws of the distance to validation images while a GAN trains."""

import shutil
from functools import cache

import pandas as pd
import pytest
import torch

from leukgan.data.datamodule import CellData
from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images
from leukgan.errors import InputError
from leukgan.features import ModuleFeatures
from leukgan.gans import WGANGP, Training, ValidationKID, load_gan
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16, "n_critic": 1}
KID = "kid_pixels"


@pytest.fixture(scope="module")
def features():
    return ModuleFeatures(torch.nn.Sequential(torch.nn.AvgPool2d(8), torch.nn.Flatten()), "pixels")


@cache
def data_of(label, steps, conditional=False):
    cells = render_smears(image_size=32, count=40, seed=0)
    split = split_images(cells, index=0, seed=0, test_fraction=0.2, validation_fraction=0.3)
    label = None if conditional else label
    return CellData(split, label=label, n_critic=1, batch_size=4, generator_steps=steps, steps_per_epoch=2)


def fit(folder, features, steps=6, every=3, conditional=False, has_power=True):
    data = data_of(1, steps, conditional)
    tracked = ValidationKID(folder, features, data.held_out, every=every, has_power=has_power)
    training = Training(accelerator="cpu", log_every=2)
    training.fit(WGANGP(**TOY, conditional=conditional), data, folder, progress=lambda *_: None, validation=tracked)
    return data


@pytest.fixture(scope="module")
def trained(tmp_path_factory, features):
    folder = tmp_path_factory.mktemp("gan")
    return folder, fit(folder, features)


def test_it_is_measured_every_so_often_and_at_the_end(trained):
    assert pd.read_csv(trained[0] / "kid.csv")["generator_step"].tolist() == [4, 6]


def test_the_best_checkpoint_is_that_of_the_smallest_distance(trained):
    table = pd.read_csv(trained[0] / "kid.csv")
    best = load_gan(trained[0] / "best.ckpt")
    assert best.generator_step == table.loc[table[KID].idxmin(), "generator_step"]


def test_a_distance_without_power_is_measured_and_chooses_nothing(trained, tmp_path, features):
    fit(tmp_path, features, has_power=False)
    assert (tmp_path / "kid.csv").read_bytes() == (trained[0] / "kid.csv").read_bytes()
    assert not (tmp_path / "best.ckpt").exists()


def test_the_distance_is_that_of_the_averaged_generator_s_images(trained, features):
    folder, data = trained
    gan = load_gan(folder / "last.ckpt")
    drawn = gan.images(gan.latents(100, source=torch.Generator().manual_seed(0)))
    real = extract_view_features(features, seeded_views(data.held_out.images, 100, seed=0))
    row = pd.read_csv(folder / "kid.csv").iloc[-1]
    expected = kernel_distance(real, features(drawn)[None], seed=0)
    assert [row[KID], row[f"{KID}_low"], row[f"{KID}_high"]] == pytest.approx(
        [expected.value, expected.low, expected.high]
    )


def test_measuring_changes_nothing_in_the_training(trained, tmp_path, features):
    fit(tmp_path, features, every=100)
    tables = [(folder / "metrics.csv").read_bytes() for folder in (trained[0], tmp_path)]
    assert tables[0] == tables[1]


def test_a_continued_training_measures_as_the_uninterrupted_one(trained, tmp_path, features, monkeypatch):
    def stop(self, trainer, pl_module, *_):
        if pl_module.generator_step == 5:
            raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(ValidationKID, "on_train_batch_end", stop, raising=False)
        with pytest.raises(RuntimeError, match="killed"):
            fit(tmp_path, features)
    fit(tmp_path, features)
    assert (tmp_path / "kid.csv").read_bytes() == (trained[0] / "kid.csv").read_bytes()
    ours, theirs = (load_gan(folder / "best.ckpt") for folder in (tmp_path, trained[0]))
    assert ours.generator_step == theirs.generator_step
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), rtol=0, atol=0)


def test_a_gan_of_both_classes_is_measured_on_both(tmp_path, features):
    data = fit(tmp_path, features, steps=2, conditional=True)
    assert set(data.held_out.labels) == {0, 1}
    assert len(pd.read_csv(tmp_path / "kid.csv")) == 1


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_training_whose_best_checkpoint_is_damaged_does_not_continue(trained, tmp_path, features, damage):
    shutil.copytree(trained[0], tmp_path, dirs_exist_ok=True)
    best = tmp_path / "best.ckpt"
    best.write_bytes(best.read_bytes()[:-1])
    if damage == "gone":
        best.unlink()
    with pytest.raises(InputError, match=rf"best\.ckpt is {'missing' if damage == 'gone' else 'damaged'}"):
        fit(tmp_path, features)
