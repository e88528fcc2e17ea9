"""Laws of selection: each way keeps what it says, looks at training images only, and a file is taken at its word."""

import numpy as np
import pytest
import torch

from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.features import ModuleFeatures
from leukgan.gans import WGANGP, InfoGAN
from leukgan.generation import check_selection, select
from leukgan.generation.selection import Picks, critic_scores, k_centre, read_picks

TOY = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16}
TRAIN = render_smears(image_size=32, count=24, seed=0)
FEATURES = ModuleFeatures(torch.nn.Sequential(torch.nn.AvgPool2d(8), torch.nn.Flatten()), "pixels")


@pytest.fixture(scope="module")
def gan():
    return WGANGP(**TOY)


def choose(selection, pool, count, gan=None):
    train = TRAIN.of_class(1).images
    choice = {"gan": gan, "condition": 1, "class_name": "leukemia", "train": train, "features": lambda: FEATURES}
    return select(str(selection), pool, count, **choice)


@pytest.fixture(scope="module")
def pool():
    """Noise, with real cells at the places 3, 5 and 11."""
    images = np.random.default_rng(0).integers(0, 256, (12, 3, 32, 32), dtype=np.uint8)
    images[[3, 5, 11]] = render_smears(image_size=32, count=8, seed=9).of_class(1).images[:3]
    return images


def test_random_takes_the_first_of_the_seeded_pool(pool):
    assert choose("random", pool, 4).tolist() == [0, 1, 2, 3]


def test_realism_takes_the_images_inside_the_manifold_of_training_images(pool):
    assert choose("realism", pool, 3).tolist() == [3, 5, 11]


def test_realism_fills_up_with_the_nearest(pool):
    assert set(choose("realism", pool, 5)) > {3, 5, 11}


def test_diverse_takes_the_corners_of_a_square_before_its_middle():
    corners = np.array([[0.0, 0], [0, 9], [9, 0], [9, 9], [4.5, 4.5], [4, 5], [5, 4]])
    assert k_centre(corners, 5).tolist() == [0, 1, 2, 3, 4]


def test_diverse_does_not_take_an_image_twice_before_another(pool):
    repeated = np.concatenate([pool[:1]] * 6 + [pool[:4]])
    chosen = choose("diverse", repeated, 4)
    assert len({repeated[i].tobytes() for i in chosen}) == 4


def test_critic_takes_the_images_that_it_scores_highest(gan, pool):
    scores = critic_scores(gan, pool, 1)
    chosen = choose("critic", pool, 4, gan)
    assert set(chosen) == set(np.argsort(-scores)[:4])
    assert sorted(chosen) == chosen.tolist()


@pytest.mark.parametrize("module", [WGANGP(**TOY, conditional=True), InfoGAN(**TOY)])
def test_critic_scores_are_the_critic_s_own_without_dropout(module, pool):
    module.critic.eval()
    images = torch.from_numpy(pool).float() / 127.5 - 1
    condition = torch.tensor([[0.0, 1.0]] * len(pool)) if module.classes else None
    with torch.no_grad():
        expected = module.critic(images, condition)
    module.critic.train()
    np.testing.assert_allclose(critic_scores(module, pool, 1), expected, rtol=1e-4, atol=1e-5)


def test_a_file_of_picks_is_taken_at_its_word(pool, tmp_path):
    picks = tmp_path / "picks.txt"
    picks.write_text("leukemia_00007.png\nhealthy_00001.png\n\n leukemia_00002 \n")
    assert check_selection(str(picks)) == str(picks)
    assert choose(picks, pool, 2).tolist() == [2, 7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leukemia_00012", "names 'leukemia_00012', and 12 images of leukemia are drawn"),
        ("leukemia_x", "names 'leukemia_x'"),
        ("leukemia_00001", "names 1 different images of leukemia on 1 lines; generation.per_class=2"),
        ("leukemia_00001\nleukemia_00001", "names 1 different images of leukemia on 2 lines"),
    ],
)
def test_a_file_that_names_something_else_is_refused(pool, tmp_path, text, said):
    picks = tmp_path / "picks.txt"
    picks.write_text(text)
    with pytest.raises(InputError, match=said):
        choose(picks, pool, 2)


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")])
def test_picks_read_the_same_however_a_program_has_saved_them(tmp_path, delimiter, encoding):
    path = tmp_path / "picks.csv"
    rows = "image,class,drawn,checkpoint\nleukemia_00007.png,leukemia,12,abc\n"
    path.write_text(rows.replace(",", delimiter), encoding=encoding)
    assert read_picks(path) == Picks(["leukemia_00007"], {"leukemia": (12, "abc")})


def test_an_unknown_selection_is_refused():
    with pytest.raises(InputError, match="must be random, critic, realism, diverse, or the picks"):
        check_selection("best")
