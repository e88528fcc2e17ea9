"""Correction of p values for the number of tests in a family."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values; an undefined p (NaN) counts in the family as 1 and stays undefined."""
    p = np.asarray(p_values, dtype=np.float64)
    filled = np.where(np.isnan(p), 1.0, p)

    # The smallest p is multiplied by the size of the family, the next by one less, and so on, never decreasing.
    order = np.argsort(filled, kind="stable")
    scaled = filled[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(scaled).clip(max=1.0)

    return np.where(np.isnan(p), np.nan, adjusted).tolist()
