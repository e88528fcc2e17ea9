"""A run folder read and checked."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from leukgan.classification import TRAINING_SETS
from leukgan.data.images import check_classes
from leukgan.errors import InputError
from leukgan.metrics.cell_measurements import MEASUREMENTS
from leukgan.metrics.image_quality import COLUMNS as QUALITY
from leukgan.presentation.formatting import STAMPS
from leukgan.report.results import REAL, Run, as_predictions, group_by_training
from leukgan.report.splits import Split
from leukgan.run_folder.digests import read_json_with_digest
from leukgan.run_folder.files import TEXT, read_rows, read_settings, refuse_pipes
from leukgan.run_folder.paths import RunFolder, SplitFolder
from leukgan.statistics.classifier_metrics import FURTHER, metric_values
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix

PROVENANCE = (
    *("command", "code_version", "packages", "device", "precision", "seed", "protocol"),
    *("data", "gan", "classifiers", "seconds", "chain"),
)
DATA = ("source", "fingerprint", "classes", "counts", "image_size")

KEYS = ("classifier", "training_set", "test_set")
COUNTS = ("tp", "fn", "tn", "fp")
FILES = {  # columns that each file must have; all but predictions.csv may be missing
    "scores": ("protocol", *KEYS, "n_train", "n_test", *COUNTS),
    "predictions": (*KEYS, "image", "label", "score", "predicted"),
    "classifier_loss": ("classifier", "training_set", "epoch", "step", "loss"),
    "quality": QUALITY,
    "copying": (
        *("class", "limit", "copies", "copies_held_out", "p", "alarm", "authenticity", "authenticity_held_out"),
        *("c_t", "median_distance", "median_distance_held_out"),
    ),
    "copies": ("class", "kind", "image", "ratio", "flagged"),
    "cells": ("class", "kind", "image", "found", *MEASUREMENTS),
    "spectra": ("class", "kind", "periods", "low", "median", "high"),
    "controls": ("control", *KEYS, "n_train", "n_test", *COUNTS),
    "control_predictions": ("control", *KEYS, "image", "label", "score", "predicted"),
    "shift": ("test_set", "measure", "training", "test", "external", "auc_test", "auc", "low", "high"),
}
LATER: dict[str, dict[str, Any]] = {  # columns that older runs lack, and what they would hold
    "predictions": {"probability": math.nan},
    "control_predictions": {"probability": math.nan},
    "copying": {"against": "training"},
    "copies": {"against": "training"},
}
WHOLE = ("n_train", "n_test", *COUNTS, "label", "predicted")

Tables = dict[str, pd.DataFrame]


def read_run(folder: Path, leaky: Path | None = None) -> Run:
    """Everything that the report needs of a run folder, except images.

    The splits of a `leaky` run, of protocol=paper on the same images, join those of the first.

    Raises:
        InputError: No split is finished, a file is missing or contradicts another, or the other run has no leaky split
            or other images.
    """
    splits, unfinished = _read_splits(folder)
    if leaky is not None:
        others = [(split, tables) for split, tables in _read_splits(leaky)[0] if split.leaky]
        splits += [(replace(split, name=f"{leaky.name}/{split.name}"), tables) for split, tables in others]
        if not others:
            raise InputError(f"{leaky} has no finished split of protocol=paper; make one with the study's command.")
        if len({split.provenance["data"]["fingerprint"] for split, _ in splits}) > 1:
            raise InputError(f"{leaky} was not made from the images of {folder}; only runs on the same images compare.")
        _check_agreement([split for split, _ in splits])
    return Run(
        folder,
        splits=tuple(split for split, _ in splits),
        unfinished=tuple(unfinished),
        test_set=REAL,
        **{name: _join(name, splits) for name in FILES},
    )


def _read_splits(folder: Path) -> tuple[list[tuple[Split, Tables]], list[tuple[str, str]]]:
    """The finished splits with their tables, and names and states of the others."""
    refuse_pipes(folder)
    states = [(split, _state(split)) for split in RunFolder(folder).splits()]
    splits = [_read_split(files) for files, state in states if state == "done"]
    if not splits:
        found = ", ".join(f"{files.path.name} is {state}" for files, state in states) or "there is no split-* folder"
        raise InputError(f"{folder} has no finished split ({found}); run the same study command again to finish it.")
    _check_agreement([split for split, _ in splits])
    return splits, [(files.path.name, state) for files, state in states if state != "done"]


def _state(files: SplitFolder) -> str:
    return str(_read_json(files.status, ("state",))["state"]) if files.status.exists() else "not started"


def _read_split(files: SplitFolder) -> tuple[Split, Tables]:
    config = read_settings(_existing(files.config))
    provenance = _read_json(files.provenance, PROVENANCE)
    _check_keys(provenance["data"], DATA, files.provenance, "data.")
    check_classes(provenance["data"]["classes"])

    scores = _read_csv(files.table("scores"))
    protocols = {str(provenance["protocol"]), *scores["protocol"]}
    if not protocols <= set(STAMPS):
        known = " or ".join(STAMPS)
        raise InputError(f"{files.path}: protocol must be {known}, got {sorted(protocols)}; run the split again.")
    if config.get("classifiers") and scores.empty:
        raise InputError(f"{files.path} is done and names classifiers, but scores.csv has no row; run the split again.")
    scores = _check_scores(scores, files, provenance["classifiers"])
    predictions = _read_csv(files.table("predictions"), required=not scores.empty)
    _check_predictions(predictions, scores, files.table("predictions"))

    split = Split(
        name=files.path.name,
        folder=files,
        config=config,
        provenance=provenance,
        protocol=max(protocols, key=list(STAMPS).index),  # one stamped row stamps them all
    )
    tables = {name: _read_csv(files.table(name)) for name in FILES if name not in ("scores", "predictions")}
    scores = _with_further_metrics(scores, predictions, split.specificity)
    return split, {"scores": scores, "predictions": predictions, **tables}


def _join(name: str, splits: Sequence[tuple[Split, Tables]]) -> pd.DataFrame:
    """The tables of one name, each row with its split's folder and protocol."""
    tables = [table[name].assign(folder=split.name, protocol=split.protocol) for split, table in splits]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _check_scores(scores: pd.DataFrame, files: SplitFolder, titles: dict[str, str]) -> pd.DataFrame:
    """The scores with all metrics of their counts, once their names are known and their counts add up."""
    path, known = files.table("scores"), ", ".join(TRAINING_SETS)
    for name in scores.loc[~scores["training_set"].isin(TRAINING_SETS), "training_set"]:
        raise InputError(f"{path} has {name!r} where one of {known} is known; run the split again.")
    for name in scores.loc[~scores["classifier"].isin(list(titles)), "classifier"]:
        raise InputError(f"{files.provenance} has no title for {name}; run the split again.")
    for repeated in scores.loc[scores.duplicated(list(KEYS)), list(KEYS)].to_numpy():
        raise InputError(f"{path} has two rows of {', '.join(repeated)}; remove one or run the split again.")

    metrics = []
    for row in scores.to_dict("records"):
        counts = ConfusionMatrix(*(row[name] for name in COUNTS))
        numbers = (row["n_train"], row["n_test"], *(row[name] for name in COUNTS))
        if counts.n != row["n_test"] or not counts.n or min(numbers) < 0:
            key = ", ".join(row[name] for name in KEYS)
            raise InputError(f"{path}: tp + fn + tn + fp of {key} is {counts.n}, n_test {row['n_test']}.")
        metrics.append(counts.metrics())
    table = pd.DataFrame(metrics, columns=list(METRICS), dtype=float, index=scores.index)
    return scores.drop(columns=[name for name in METRICS if name in scores]).join(table)


def _check_predictions(predictions: pd.DataFrame, scores: pd.DataFrame, path: Path) -> None:
    """Refuse predictions other than those that the scores count."""
    images = predictions.drop_duplicates([*KEYS, "image", "label"], keep="last")
    found = {
        key: ConfusionMatrix.from_predictions(rows["label"].to_numpy(), rows["predicted"].to_numpy())
        for key, rows in images.groupby(list(KEYS))
    }
    for row in scores.to_dict("records"):
        key = tuple(row[name] for name in KEYS)
        counted, predicted = ConfusionMatrix(*(row[name] for name in COUNTS)), found.get(key)
        if predicted != counted:
            raise InputError(
                f"{path} has {_in_words(predicted)} for {', '.join(key)}, scores.csv has {_in_words(counted)}; "
                "run the split again."
            )


def _in_words(counts: ConfusionMatrix | None) -> str:
    return "none" if counts is None else ", ".join(f"{name} {getattr(counts, name)}" for name in COUNTS)


def _with_further_metrics(scores: pd.DataFrame, predictions: pd.DataFrame, specificity: float) -> pd.DataFrame:
    """The scores with the metrics that the paper does not have, from the predictions."""
    tested = {key: as_predictions(rows) for key, rows in group_by_training(predictions, KEYS).items()}
    keys = [*map(tuple, scores[list(KEYS)].to_numpy())]
    further = {
        name: [float(metric_values(name, tested[key], specificity=specificity)[0]) for key in keys] for name in FURTHER
    }
    return scores.drop(columns=[name for name in FURTHER if name in scores]).assign(**further)


def _check_agreement(splits: Sequence[Split]) -> None:
    """Refuse splits of other classes, another source, other titles or another primary metric than the first."""
    first, *others = splits
    for split in others:
        theirs = _shared(split)
        for name, ours in _shared(first).items():
            if ours != theirs[name]:
                raise InputError(
                    f"{name} is {ours} in {first.name} and {theirs[name]} in {split.name}; splits of one run must "
                    "agree: give the other one a run folder of its own (name=...)."
                )


def _shared(split: Split) -> dict[str, Any]:
    data = split.provenance["data"]
    return {
        "metrics": {"primary": split.primary, "specificity": split.specificity},
        "classifiers": split.provenance["classifiers"],
        "data.classes": data["classes"],
        "data.source": data["source"],
        "data.external": {name: one["fingerprint"] for name, one in data.get("external", {}).items()},
    }


def _read_csv(path: Path, required: bool = False) -> pd.DataFrame:
    """A split's table, empty if the file is missing or empty; text stays text, whatever it looks like."""
    columns, later = list(FILES[path.stem]), LATER.get(path.stem, {})
    if not required and (not path.exists() or path.stat().st_size <= 1):
        return pd.DataFrame(columns=[*columns, *later])
    # Counts are read as text first: pandas would round 1.5 or take an empty cell for a float.
    table = read_rows(_existing(path), TEXT + WHOLE)
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}; run the split again.")

    whole = [name for name in table if name in WHOLE]
    are_whole = table[whole].apply(lambda column: column.str.fullmatch(r"-?\d+")).all(axis=1)
    for row in table.loc[~are_whole, whole].to_numpy():
        raise InputError(f"{path} must have whole numbers, got {list(row)}; run the split again.")
    table = table.astype(dict.fromkeys(whole, int))
    return table.assign(**{name: value for name, value in later.items() if name not in table})


def _read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    tree = read_json_with_digest(_existing(path))
    _check_keys(tree, keys, path)
    return dict(tree)


def _check_keys(tree: object, keys: Sequence[str], path: Path, prefix: str = "") -> None:
    missing = [prefix + key for key in keys if not isinstance(tree, dict) or key not in tree]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}; run the split again.")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path} is missing; run the same study command again.")
    return path
