import math

import pytest

from leukgan.presentation.formatting import NONE, number, percent, points


@pytest.mark.parametrize("form", [number, percent, lambda value: points(value, sign=False)])
def test_a_negative_number_is_its_opposite_after_a_minus_sign(form):
    assert form(-0.5) == f"−{form(0.5)}"
    assert form(-1e-9) == form(0.0)
    assert form(math.nan) == NONE


def test_a_difference_has_a_sign_unless_it_rounds_to_none():
    assert [points(value) for value in (0.0191, -0.096, 0.0004, -0.0004)] == ["+1.9", "−9.6", "0.0", "0.0"]
