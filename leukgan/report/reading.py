"""A run folder read and checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from leukgan.data.images import check_classes
from leukgan.errors import InputError
from leukgan.report.results import CLASSIFIERS, TRAINING_SETS, Key, Run, Split
from leukgan.statistics.confusion_matrix import ConfusionMatrix

TEST_SETS = ("real", "generated")
KEYS = ["classifier", "training_set", "test_set"]
NUMBERS = ["n_train", "n_test", "tp", "fn", "tn", "fp"]
PROVENANCE = (
    *("command", "code_version", "packages", "device", "precision", "seed", "protocol"),
    *("data", "gan", "classifiers", "seconds", "chain"),
)
DATA = ("source", "fingerprint", "classes", "counts", "image_size")


def read_runs(folder: Path, leaky: Path | None) -> Run:
    """A run, with the leaky splits of another beside its own.

    Args:
        folder: The run folder.
        leaky: Another run's of protocol=paper on the same images, or None.

    Raises:
        InputError: As `read_run`, or the other run has no leaky split or other images.
    """
    run = read_run(folder)
    if leaky is None:
        return run
    others = tuple(replace(split, name=f"{leaky.name}/{split.name}") for split in read_run(leaky).splits if split.leaky)
    if not others:
        raise InputError(f"{leaky} has no finished split of protocol=paper; make one with the study's command.")
    fingerprints = {split.provenance["data"]["fingerprint"] for split in (*run.splits, *others)}
    if len(fingerprints) > 1:
        raise InputError(f"{leaky} was not made from the images of {folder}; only runs on the same images compare.")
    splits = (*run.splits, *others)
    _check_agreement(splits)
    return Run(run.folder, splits, run.unfinished)


def read_run(folder: Path) -> Run:
    """Everything the report needs from a run folder, except images.

    Raises:
        InputError: No split is finished, or a file is missing or contradicts another.
    """
    folders = sorted(path for path in folder.glob("split-*") if path.is_dir())
    states = [(path, _state(path)) for path in folders]
    splits = tuple(_read_split(path) for path, state in states if state == "done")
    if not splits:
        found = ", ".join(f"{path.name} is {state}" for path, state in states) or "there is no split-* folder"
        raise InputError(f"{folder} has no finished split ({found}); run the same study command again to finish it.")
    _check_agreement(splits)
    return Run(folder, splits, tuple((path.name, state) for path, state in states if state != "done"))


def _state(split: Path) -> str:
    path = split / "status.json"
    return str(_read_json(path, ("state",))["state"]) if path.exists() else "not started"


def _read_split(folder: Path) -> Split:
    config = OmegaConf.to_container(OmegaConf.load(_existing(folder / "config.yaml")))
    provenance = _read_json(folder / "provenance.json", PROVENANCE)
    _check_keys(provenance["data"], DATA, folder / "provenance.json", "data.")
    check_classes(provenance["data"]["classes"])
    scores = _read_csv(folder / "scores.csv", ["protocol", *KEYS, *NUMBERS])
    protocols = {str(provenance["protocol"]), *scores["protocol"]}
    if not protocols <= {"clean", "paper"}:
        raise InputError(f"{folder}: protocol must be clean or paper, got {sorted(protocols)}; run the split again.")
    if not isinstance(config, dict):
        raise InputError(f"{folder / 'config.yaml'} must hold names and values, got {type(config).__name__}.")
    if config.get("classifiers") and scores.empty:
        raise InputError(f"{folder} is done and names classifiers, but scores.csv has no row; run the split again.")
    counts, trained_on = _read_scores(scores, folder / "scores.csv", provenance["classifiers"])
    return Split(
        name=folder.name,
        folder=folder,
        config={str(key): value for key, value in config.items()},
        provenance=provenance,
        leaky="paper" in protocols,
        counts=counts,
        trained_on=trained_on,
        correct=_read_predictions(folder / "predictions.csv", counts),
        losses=_read_losses(folder / "classifier_loss.csv"),
    )


def _read_scores(
    scores: pd.DataFrame, path: Path, titles: dict[str, str]
) -> tuple[dict[Key, ConfusionMatrix], dict[Key, int]]:
    counts: dict[Key, ConfusionMatrix] = {}
    trained_on: dict[Key, int] = {}
    for row in scores.to_dict("records"):
        key = (str(row["classifier"]), str(row["training_set"]), str(row["test_set"]))
        for value, known in zip(key, (CLASSIFIERS, TRAINING_SETS, TEST_SETS), strict=True):
            if value not in known:
                raise InputError(f"{path} has {value!r} where one of {', '.join(known)} is known; run the split again.")
        if key in counts:
            raise InputError(f"{path} has two rows of {', '.join(key)}; remove one or run the split again.")
        if key[0] not in titles:
            raise InputError(f"{path.parent / 'provenance.json'} has no title for {key[0]}; run the split again.")
        numbers = _integers([row[name] for name in NUMBERS], path)
        trained_on[key] = numbers[0]
        counts[key] = ConfusionMatrix(*numbers[2:])
        if counts[key].n != numbers[1] or not numbers[1] or min(numbers) < 0:
            raise InputError(f"{path}: tp + fn + tn + fp of {', '.join(key)} is {counts[key].n}, n_test {numbers[1]}.")
    return counts, trained_on


def _read_predictions(path: Path, counts: dict[Key, ConfusionMatrix]) -> dict[Key, dict[tuple[str, int], bool]]:
    if not counts:
        return {}
    predictions = _read_csv(path, [*KEYS, "image", "label", "predicted"], required=True)
    correct: dict[Key, dict[tuple[str, int], bool]] = {key: {} for key in counts}
    for row in predictions.to_dict("records"):
        key = (str(row["classifier"]), str(row["training_set"]), str(row["test_set"]))
        label, predicted = _integers([row["label"], row["predicted"]], path)
        correct.setdefault(key, {})[(str(row["image"]), label)] = label == predicted
    for key, count in counts.items():
        right = sum(correct[key].values())
        if (len(correct[key]), right) != (count.n, count.correct):
            raise InputError(
                f"{path} has {right} of {len(correct[key])} images right for {', '.join(key)}, scores.csv has "
                f"{count.correct} of {count.n}; run the split again."
            )
    return correct


def _read_losses(path: Path) -> pd.DataFrame:
    losses = _read_csv(path, ["classifier", "training_set", "epoch", "step", "loss"])
    for column in ("epoch", "step", "loss"):
        losses[column] = pd.to_numeric(losses[column])
    return losses[losses["classifier"] == "vgg16"].reset_index(drop=True)


def _check_agreement(splits: Sequence[Split]) -> None:
    first = splits[0]
    for split in splits[1:]:
        for name in ("classifiers", "data.classes", "data.source"):
            ours, theirs = (_value(s.provenance, name) for s in (first, split))
            if ours != theirs:
                raise InputError(
                    f"{name} is {ours} in {first.name} and {theirs} in {split.name}; splits of one run must agree: "
                    "give the other one a run folder of its own (name=...)."
                )


def _value(tree: dict[str, Any], name: str) -> Any:
    value: Any = tree
    for key in name.split("."):
        value = value[key]
    return value


def _integers(values: Sequence[object], path: Path) -> list[int]:
    try:
        return [int(str(value)) for value in values]
    except ValueError:
        raise InputError(f"{path} must have whole numbers, got {list(values)}; run the split again.") from None


def _read_csv(path: Path, columns: list[str], required: bool = False) -> pd.DataFrame:
    if not required and (not path.exists() or not path.stat().st_size):
        return pd.DataFrame(columns=columns)
    table = pd.read_csv(_existing(path), dtype=str, keep_default_na=False)
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}; run the split again.")
    return table


def _read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    try:
        tree = json.loads(_existing(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is no JSON ({error}); run the split again.") from None
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
