import pytest

from leukgan.classification import TRAINING_SETS, blocks
from leukgan.errors import InputError


def test_every_training_set_is_real_images_with_or_without_the_two_additions():
    assert [blocks(name) for name in TRAINING_SETS] == [
        ("real",),
        ("real", "aug"),
        ("real", "gen"),
        ("real", "aug", "gen"),
    ]


@pytest.mark.parametrize("name", ["gen", "gen+real", "real+generated", ""])
def test_unknown_training_set_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(InputError, match=r"choose from real, real\+aug, real\+gen, real\+aug\+gen"):
        blocks(name)
