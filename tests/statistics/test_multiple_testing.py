import math

import pytest

from leukgan.statistics.multiple_testing import holm


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_undefined_p_stays_undefined_and_counts_in_the_family():
    assert holm([0.02, math.nan]) == pytest.approx([0.04, math.nan], nan_ok=True)
