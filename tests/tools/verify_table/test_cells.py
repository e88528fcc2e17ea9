import math
from fractions import Fraction

import pytest

from leukgan.tools.verify_table.cells import Cell, cell_of, slip


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("97.06", "0.97055", "0.97065"),
        ("97.1", "0.9705", "0.9715"),
        ("97.10", "0.97095", "0.97105"),
        ("97", "0.965", "0.975"),
    ],
)
def test_the_digits_tell_the_rounding(text, low, high):
    assert Cell(text).low == pytest.approx(float(Fraction(low)), abs=1e-10)
    assert Cell(text).high == pytest.approx(float(Fraction(high)), abs=1e-10)


@pytest.mark.parametrize("text", ["84.37", "84.38"])
def test_a_tie_fits_the_numbers_on_both_sides(text):
    assert Cell(text).low <= 54 / 64 <= Cell(text).high  # 84.375


@pytest.mark.parametrize("text", ["84.36", "84.39", "84.3", "84.370", "84"])
def test_a_number_further_than_half_a_unit_does_not_fit(text):
    inside = Cell(text).low <= 54 / 64 <= Cell(text).high
    assert inside is (text == "84")


@pytest.mark.parametrize("text", ["0", "7", "7.50", "99.999", "100", "100.00"])
def test_signs_and_spaces_do_not_count(text):
    for dressed in (text, f" {text}", f"{text}%", f"{text} % "):
        assert cell_of(dressed) == Cell(text)


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_cell_is_none(text):
    assert cell_of(text) is None


@pytest.mark.parametrize(
    "text", ["100.01", "101", "-1", "nan", "97,06", "97.", ".5", "1e1", "%", "97 06", "97%%", "٩٧"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="from 0 to 100"):
        cell_of(text)


@pytest.mark.parametrize(
    ("printed", "meant", "words"),
    [
        ("87.14", "82.14", "one digit"),
        ("79.71", "79.17", "two digits swapped"),
        ("97.06", "90.76", "two digits swapped"),  # across the point
        ("9.38", "90.38", "one digit lost"),
        ("10.00", "100.00", "one digit lost"),
        ("77.50", "7.50", "one digit too many"),
        ("0.38", "91.38", None),
        ("87.14", "87.14", None),
        ("12.34", "21.43", None),
        ("12.34", "14.32", None),  # swapped, but no neighbours
        ("87.14", "undefined", None),
    ],
)
def test_a_slip_is_one_digit_wrong_lost_or_too_many_or_two_neighbours_swapped(printed, meant, words):
    assert slip(printed, meant) == words


def test_a_correction_has_the_digits_of_the_print():
    assert Cell("87.14").corrected(23 / 28) == "82.14"
    assert Cell("87").corrected(23 / 28) == "82"
    assert Cell("87.0").corrected(math.nan) == "undefined"
