"""Laws of what a training's own files say went wrong."""

import re

import numpy as np
import pandas as pd
import pytest

from leukgan.data.images import png_bytes
from leukgan.errors import InputError
from leukgan.gans.pictures import image_grid
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import GANFolder
from leukgan.study.training_faults import find_training_faults


def training(folder, *, kid=(3.0, 2.0, 1.0), unseen=1.0, varied=True, step=100):
    """A training whose critic scores 1 on training images, 0 on generated ones and `unseen` on others."""
    files = GANFolder(folder)
    table = pd.DataFrame({"generator_step": 100 * np.arange(1, len(kid) + 1), "kid_x": kid})
    table = table.assign(kid_x_low=table["kid_x"] - 0.3, kid_x_high=table["kid_x"] + 0.3)
    write_atomic(files.kid, table.to_csv(index=False))

    scores = {"train/real_score": 1.0, "train/fake_score": 0.0, "val/real_score": unseen}
    write_atomic(files.metrics, pd.DataFrame([scores] * 20).to_csv(index=False))

    source = np.random.default_rng(0)
    images = np.repeat(source.integers(0, 256, (1, 3, 32, 32)), 36, axis=0) + source.integers(0, 3, (36, 3, 32, 32))
    if varied:
        images = images + source.integers(0, 40, (36, 1, 1, 1))
    write_atomic(files.sample(step), png_bytes(image_grid(np.clip(images, 0, 255).astype(np.uint8), 6)))
    return files


def test_a_sound_training_has_no_fault(tmp_path):
    assert find_training_faults(training(tmp_path)) == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (
            {"kid": (3.0, 1.0, 2.0)},
            r"rose from 1\.00 at generator step 200 to 2\.00 at 300; take generator_steps=200",
        ),
        ({"unseen": 0.2}, r"80% of the way down to generated ones; the distance .* has not risen with it; should it"),
        ({"varied": False}, r"one image whatever the latent: .* differ by 0\.\d of 255 levels; take gan=r3gan"),
    ],
)
def test_each_planted_fault_is_named_with_the_setting_to_change(tmp_path, planted, said):
    (fault,) = find_training_faults(training(tmp_path, **planted))
    assert re.search(said, fault)


def test_fewer_steps_are_no_advice_for_an_overfitted_critic_whose_images_do_not_suffer(tmp_path):
    (unharmed,) = find_training_faults(training(tmp_path / "fell", unseen=0.2))
    _, harmed = find_training_faults(training(tmp_path / "rose", unseen=0.2, kid=(3.0, 1.0, 2.0)))
    assert "generator_steps" not in unharmed
    assert harmed.endswith("or fewer generator_steps.")


@pytest.mark.parametrize("harmless", [{"kid": (3.0, 1.0, 1.5)}, {"unseen": 0.6}, {"varied": False, "step": 99}])
def test_what_chance_or_too_few_steps_explain_is_no_fault(tmp_path, harmless):
    assert find_training_faults(training(tmp_path, **harmless)) == []


def test_a_training_without_validation_images_is_judged_by_its_samples_alone(tmp_path):
    files = training(tmp_path, varied=False)
    files.kid.unlink()
    files.metrics.unlink()
    assert len(find_training_faults(files)) == 1


@pytest.mark.parametrize("content", [b"no picture", png_bytes(np.zeros((3, 7, 9), np.uint8))])
def test_a_damaged_grid_of_samples_is_a_sentence(tmp_path, content):
    files = training(tmp_path)
    files.sample(100).write_bytes(content)
    with pytest.raises(InputError, match=r"step_000100\.png is damaged \(.*\); delete "):
        find_training_faults(files)
