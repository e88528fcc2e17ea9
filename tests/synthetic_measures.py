"""What a study measures besides its scores, written into a synthetic run with known outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from synthetic_runs import NEGATIVE, POSITIVE, noise, save

CLASSES = ("healthy", "leukemia")
CONTEXT = {"split": 0, "seed": 0, "protocol": "clean"}


def write_quality(
    split: Path, values: Mapping[str, float], unselected: float | None = None, classes: Sequence[str] = CLASSES
) -> None:
    rows = [
        {"class": name, "measure": measure, "value": value, "low": value - 0.1, "high": value + 0.1}
        | {"floor": 0.01, "floor_low": 0.0, "floor_high": 0.02, "noise": 9.0, "other_class": 4.0}
        | {"unselected": unselected, "n_generated": 12, "n_train": 106, "n_test": NEGATIVE}
        for name in classes
        for measure, value in values.items()
    ]
    pd.DataFrame(rows).assign(**CONTEXT).to_csv(split / "quality.csv", index=False)


def write_copies(split: Path, copies: Mapping[str, int], classes: Sequence[str] = CLASSES) -> None:
    """Copying of each class, with the pictures of its closest pairs."""
    summaries, rows = [], []
    for name in classes:
        count = copies.get(name, 0)
        summaries.append(
            {"class": name, "limit": 0.6, "copies": count, "copies_held_out": 0, "p": 1e-6 if count else 1.0}
            | {"alarm": count > 0, "authenticity": 0.4, "authenticity_held_out": 0.5, "c_t": -0.7}
            | {"median_distance": 0.31, "median_distance_held_out": 0.33}
        )
        for kind in ("generated", "held-out"):
            for i in range(3):
                ratio = 0.1 if kind == "generated" and i < count else 0.9
                rows.append({"class": name, "kind": kind, "image": f"{i}.png", "ratio": ratio, "flagged": ratio < 0.6})
                for ending in ("", "_training"):
                    save(split / "copies" / name / f"{kind}_{i}{ending}.png", noise(kind, i, name, 8))
    pd.DataFrame(summaries).assign(**CONTEXT).to_csv(split / "copying.csv", index=False)
    pd.DataFrame(rows).assign(**CONTEXT).to_csv(split / "copies.csv", index=False)


def write_cells(split: Path, shift: float, classes: Sequence[str] = CLASSES) -> None:
    """Measurements of which the generated ones are real ones moved by `shift` standard deviations."""
    columns = ("cell_area", "nucleus_area", "nucleus_to_cell", "roundness", "nucleus_lightness", "nucleus_redness")
    columns += ("cytoplasm_lightness", "cytoplasm_blueness")
    rng = np.random.default_rng(0)
    tables = []
    for name in classes:
        training = pd.DataFrame(rng.normal(0.5, 0.1, (40, len(columns))), columns=list(columns))
        held_out = pd.DataFrame(rng.normal(0.5, 0.1, (20, len(columns))), columns=list(columns))
        generated = training + shift * training.std(ddof=0)
        for kind, table in (("training", training), ("held-out", held_out), ("generated", generated)):
            keys = {"class": name, "kind": kind, "image": [f"{i}.png" for i in range(len(table))], "found": True}
            tables.append(pd.concat([pd.DataFrame(keys), table], axis=1))
    pd.concat(tables).assign(**CONTEXT).to_csv(split / "cells.csv", index=False)


def write_controls(split: Path, wrong: Mapping[tuple[str, str, str], tuple[int, int]]) -> None:
    """Controls by (control, classifier, training set): false negatives and false positives on the real test images."""
    rows = [
        {"classifier": classifier, "training_set": training_set, "control": control, "test_set": "real"}
        | {"n_train": 208, "n_test": POSITIVE + NEGATIVE, "tp": POSITIVE - fn, "fn": fn, "tn": NEGATIVE - fp, "fp": fp}
        for (control, classifier, training_set), (fn, fp) in wrong.items()
    ]
    pd.DataFrame(rows).assign(**CONTEXT).to_csv(split / "controls.csv", index=False)
