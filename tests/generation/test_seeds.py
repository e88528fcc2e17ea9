"""Laws of seeds as users type them: every named seed once, in its order, or a sentence."""

import pytest

from leukgan.errors import InputError
from leukgan.generation import seeds_of


@pytest.mark.parametrize(
    ("typed", "seeds"),
    [
        (7, [7]),
        ("7", [7]),
        ("0-3", [0, 1, 2, 3]),
        ("5-5", [5]),
        ("20-22+3+7", [20, 21, 22, 3, 7]),
        ("3, 7-8", [3, 7, 8]),
        ([3, "7-8", "1+2"], [3, 7, 8, 1, 2]),
        ("4294967295", [2**32 - 1]),
    ],
)
def test_every_named_seed_comes_once_in_its_order(typed, seeds):
    assert list(seeds_of(typed)) == seeds
    assert len(seeds_of(typed)) == len(seeds)


def test_a_large_range_takes_no_memory():
    assert len(seeds_of("0-4294967295")) == 2**32


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (None, "names none"),
        ([], "names none"),
        ("", "names none"),
        ("a", "got 'a'"),
        ("3+", "got ''"),
        ("3-", "got '3-'"),
        ("1-2-3", "got '1-2-3'"),
        (1.5, "got '1.5'"),
        (True, "got 'True'"),
        ("1e3", "got '1e3'"),
        (-5, "negative, got -5"),
        ("0+-3-7", "negative, got -3-7"),
        ("7-3", "the range 7-3 of seeds is empty; write 3-7"),
        ("3+3", "names 3 twice"),
        ("5-9+1-5", "names 5 twice"),
        ("4294967296", "at most 4294967295, got 4294967296"),
    ],
)
def test_what_names_no_seeds_is_refused(typed, words):
    with pytest.raises(InputError) as refusal:
        seeds_of(typed)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
