"""How the classes differ in what is not the cell: a classifier may learn the camera instead."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, mannwhitneyu, norm

from leukgan.data.appearance import SURROUNDINGS
from leukgan.statistics.intervals import auc_with_variance
from leukgan.statistics.paired_tests import holm

NUMBERS = ("width", "height", *SURROUNDINGS)
KINDS = ("format", "mode")
ORDERS = 2000  # random orders that neighbours are compared with
TELLING_P, TELLING_AUC = 0.01, 0.65  # from these on, a property of the surroundings is said to tell the class


def class_differences(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each property that could tell the classes apart without the cell, where it varies at all.

    Columns: `property`; `negative` and `positive`, the classes' medians (or their most frequent kinds); `auc`, the
    chance that a positive image has the larger value than a negative one, 0.5 where the property tells nothing, with
    its 95% interval `low` to `high` (Hanley and McNeil, 1982); `p` of the Mann-Whitney test. For kinds such as the
    file format auc is missing and p is that of the chi-squared test. `p_holm` is p after Holm's correction over all
    rows, and `tells` whether the property tells the class. Images count as independent; those with a problem are left
    out.
    """
    table = table[table["problem"] == ""]
    classes = [table[table["label"] == label] for label in (0, 1)]
    rows: list[dict[str, object]] = []
    names, kinds = (NUMBERS, KINDS) if all(map(len, classes)) else ((), ())
    for name in names:
        negative, positive = (part[name].astype(float).to_numpy() for part in classes)
        if np.ptp(np.concatenate([negative, positive])) == 0:
            continue
        test = mannwhitneyu(positive, negative)
        auc, variance = auc_with_variance(positive, negative)
        half = float(norm.ppf(0.975)) * float(np.sqrt(variance))
        low, high = max(0.0, auc - half), min(1.0, auc + half)
        medians = {"negative": f"{np.median(negative):.4g}", "positive": f"{np.median(positive):.4g}"}
        rows.append({"property": name, **medians, "auc": auc, "low": low, "high": high, "p": float(test.pvalue)})

    for name in kinds:
        counts = pd.crosstab(table[name], table["label"])
        if len(counts) > 1:
            common = {side: str(counts[label].idxmax()) for label, side in enumerate(("negative", "positive"))}
            p = float(chi2_contingency(counts).pvalue)
            rows.append({"property": name, **common, "auc": np.nan, "low": np.nan, "high": np.nan, "p": p})

    found = pd.DataFrame(rows, columns=["property", "negative", "positive", "auc", "low", "high", "p"])
    p_holm = np.array(holm(list(found["p"])), dtype=float)
    is_strong = found["auc"].isna() | ((found["auc"] - 0.5).abs() > TELLING_AUC - 0.5)
    return found.assign(p_holm=p_holm, tells=(p_holm < TELLING_P) & is_strong)


def neighbours_alike(table: pd.DataFrame) -> float | None:
    """How likely chance alone makes the backgrounds of neighbouring images as alike as they are, 0 to 1.

    Where it is small, neighbours may be crops of one photograph. The mean distance between the background colours of
    neighbours of a class is compared with that in random orders. None where a class has fewer than ten images.
    """
    usable = table[table["problem"] == ""]
    classes = [usable.loc[usable["label"] == label, list(SURROUNDINGS[:3])].to_numpy(np.float64) for label in (0, 1)]
    if min(map(len, classes)) < 10:
        return None
    rng = np.random.default_rng(0)
    own = sum(_path(colours) for colours in classes)
    others = [sum(_path(rng.permutation(colours)) for colours in classes) for _ in range(ORDERS)]
    return (1 + sum(other <= own for other in others)) / (1 + ORDERS)


def _path(colours: NDArray[np.float64]) -> float:
    """The distance from each colour (N, 3) to the next, summed."""
    return float(np.linalg.norm(np.diff(colours, axis=0), axis=1).sum())
