"""A synthetic run folder with known outcomes, and what a study measures besides its scores."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from leukgan.metrics.cell_measurements import MEASUREMENTS
from leukgan.run_folder.digests import read_json_with_digest, write_json_with_digest

POSITIVE, NEGATIVE = 28, 24  # the paper's test set: images 0..27 are positive, 28..51 negative
CLASSES = ("healthy", "leukemia")
TITLES = {"vgg16": "VGG16, random features", "logistic_regression": "Logistic regression", "svm": "SVM"}
SETS = ("real", "real+aug", "real+gen", "real+aug+gen")
SIZES = {"real": 208, "real+aug": 1664, "real+gen": 608, "real+aug+gen": 2064}
WRONG_IN_TABLE2 = {  # false negatives and false positives of the paper's Table 2, by training set
    "vgg16": ((1, 4), (0, 0), (1, 0), (0, 0)),
    "logistic_regression": ((4, 10), (5, 5), (2, 9), (4, 5)),
    "svm": ((3, 9), (1, 9), (8, 8), (1, 7)),
}
GENERATED = ("generated", {0, *range(102, 156)}, 102, 101)  # Table 1's test set: its wrong images, its sizes
CONTEXT = {"split": 0, "seed": 0, "protocol": "clean"}

Wrong = Mapping[tuple[str, str], Iterable[int]]  # (classifier, training set) -> test images got wrong


def wrong_images(false_negatives: int, false_positives: int) -> set[int]:
    return set(range(false_negatives)) | set(range(POSITIVE, POSITIVE + false_positives))


def paper_outcomes(classifiers: Sequence[str], sets: Sequence[str]) -> dict[tuple[str, str], set[int]]:
    return {(c, s): wrong_images(*WRONG_IN_TABLE2[c][SETS.index(s)]) for c in classifiers for s in sets}


def edit_provenance(split: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change provenance.json of a split in place, its digest with it."""
    path = split / "provenance.json"
    provenance = read_json_with_digest(path)
    edit(provenance)
    write_json_with_digest(path, provenance)


def write_run(
    folder: Path,
    wrong: Sequence[Wrong] | None = None,
    splits: int = 1,
    protocols: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    classifiers: Sequence[str] = tuple(TITLES),
    titles: Mapping[str, str] = TITLES,
    sets: Sequence[str] = SETS,
    source: str = "all_idb2",
    classes: tuple[str, str] = CLASSES,
    images: bool = False,
    image_size: int = 8,
    per_class: int = 12,
    metrics: Mapping[str, object] | None = None,
) -> None:
    """Write a run; each split's wrong test images default to the paper's counts."""
    outcomes = wrong or [paper_outcomes(classifiers, sets)] * splits
    for k, split_wrong in enumerate(outcomes):
        split, state = folder / f"split-{k:02d}", states[k] if states else "done"
        split.mkdir(parents=True)
        (split / "status.json").write_text(json.dumps({"state": state}))
        if state != "done":
            continue

        context = {"split": k, "seed": k, "protocol": protocols[k] if protocols else "clean"}
        config = {
            "name": "toy", "generator_steps": 2000, "generation": {"per_class": per_class},
            "classifiers": list(classifiers), "training_sets": list(sets),
            "classifier": {"vgg16": {"weights": "random", "learning_rate": 0.001}, "svm": {}},
        }  # fmt: skip
        config |= {"metrics": dict(metrics)} if metrics else {}
        (split / "config.yaml").write_text(json.dumps(context | config))
        data = {
            "source": source, "root": None, "fingerprint": "0123456789abcdef" * 4,
            "classes": list(classes), "image_size": image_size,
            "counts": {
                "train": dict(zip(classes, (106, 102), strict=True)),
                "test": dict(zip(classes, (NEGATIVE, POSITIVE), strict=True)),
            },
        }  # fmt: skip
        provenance = {
            "command": "python experiments/study.py experiment=quick",
            "code_version": "0.1.0",
            "packages": {"torch": "2.9.0", "lightning": "2.6.6", "scikit-learn": "1.9.1"},
            "device": "CPU <b>&",
            "precision": "32-true",
            "data": data,
            "gan": {"name": "WGANGP", "parameters": {"learning_rate": 2e-4, "n_critic": 5}},
            "classifiers": dict(titles),
            "seconds": {"gan": 754.2, "generation": 3.5, "classification": 61.0},
            "chain": {"split": "ab" * 32, "checkpoint": dict.fromkeys(classes, "cd" * 32)},
        }
        (split / "provenance.json").write_text(json.dumps(context | provenance))

        write_scores(split, context, split_wrong)
        write_losses(split, context, sets if "vgg16" in classifiers else ())
        if images:
            write_images(split, classes, per_class, image_size)


def write_scores(split: Path, context: Mapping[str, object], wrong: Wrong) -> None:
    scores, predictions = [], []
    for (classifier, training_set), images in wrong.items():
        tests = [("real", set(images), POSITIVE, NEGATIVE)]
        if "gen" not in training_set:
            tests.append(GENERATED)
        for test_set, missed, positive, negative in tests:
            keys = {**context, "classifier": classifier, "training_set": training_set, "test_set": test_set}
            fn, fp = sum(i < positive for i in missed), sum(i >= positive for i in missed)
            counts = {"tp": positive - fn, "fn": fn, "tn": negative - fp, "fp": fp}
            scores.append({**keys, "n_train": SIZES[training_set], "n_test": positive + negative, **counts})
            predictions += predicted_images(keys, missed, positive, negative)
    pd.DataFrame(scores).to_csv(split / "scores.csv", index=False)
    pd.DataFrame(predictions).to_csv(split / "predictions.csv", index=False)


def predicted_images(
    keys: Mapping[str, object], missed: set[int], positive: int = POSITIVE, negative: int = NEGATIVE
) -> list[dict[str, object]]:
    labels = [1] * positive + [0] * negative
    probability = (None, None) if keys["classifier"] == "svm" else (0.4, 0.6)  # of images that are called 0 and 1
    return [
        {**keys, "image": f"Im{i:03d}.tif", "label": label, "score": predicted - 0.5, "predicted": predicted}
        | {"probability": probability[predicted]}
        for i, label in enumerate(labels)
        for predicted in [label ^ (i in missed)]
    ]


def write_losses(split: Path, context: Mapping[str, Any], sets: Sequence[str]) -> None:
    rows = [
        {**context, "classifier": "vgg16", "training_set": name, "epoch": epoch, "step": step}
        | {"loss": 0.7 / (1 + step / 300) + 0.01 * context["split"]}
        for name in sets
        for epoch in range(1, 41)
        for step in [epoch * (SIZES[name] // 32)]
    ]
    pd.DataFrame(rows).to_csv(split / "classifier_loss.csv", index=False)


def write_images(split: Path, classes: Sequence[str], per_class: int, size: int) -> None:
    steps = np.arange(0, 2000, 50)
    losses = {"generator_step": steps, "train/critic_loss": -9 / (1 + steps / 200) - 1}
    losses["train/wasserstein"] = 10 / (1 + steps / 200)
    for name in classes:
        for kind, count in (("real", 8), ("generated", per_class)):
            for i in range(count):
                save_noise(split / kind / name / f"{i:04d}.png", size)
        for step in (500, 1000, 1500, 2000):
            save_noise(split / "gan" / name / "samples" / f"step_{step:06d}.png", 6 * size)  # six by six
        pd.DataFrame(losses).to_csv(split / "gan" / name / "metrics.csv", index=False)


def save_noise(path: Path, size: int = 8) -> None:
    """An image whose pixels are random, and the same for the same name and folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([ord(letter) for letter in f"{path.parent.name}/{path.name}"])
    Image.fromarray(rng.integers(0, 255, (size, size, 3), dtype=np.uint8)).save(path)


def write_quality(
    split: Path,
    values: Mapping[str, float],
    unselected: float | None = None,
    classes: Sequence[str] = CLASSES,
    degraded: Mapping[str, float] | None = None,
) -> None:
    """Measures of each class; `degraded` are those of real images with each fault, which older runs lack."""
    rows = [
        {"class": name, "measure": measure, "value": value, "low": value - 0.1, "high": value + 0.1}
        | {"floor": 0.01, "floor_low": 0.0, "floor_high": 0.02, "noise": 9.0, "other_class": 4.0}
        | {"unselected": unselected, "n_generated": 12, "n_train": 106, "n_test": NEGATIVE, **(degraded or {})}
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
                    save_noise(split / "copies" / name / f"{kind}_{i}{ending}.png")
    pd.DataFrame(summaries).assign(**CONTEXT).to_csv(split / "copying.csv", index=False)
    pd.DataFrame(rows).assign(**CONTEXT).to_csv(split / "copies.csv", index=False)


def write_cells(split: Path, shift: float, classes: Sequence[str] = CLASSES) -> None:
    """Measurements of which the generated ones are real ones moved by `shift` standard deviations."""
    rng, tables = np.random.default_rng(0), []
    for name in classes:
        training, held_out = (
            pd.DataFrame(rng.normal(0.5, 0.1, (n, len(MEASUREMENTS))), columns=list(MEASUREMENTS)) for n in (40, 20)
        )
        kinds = {"training": training, "held-out": held_out, "generated": training + shift * training.std(ddof=0)}
        for kind, table in kinds.items():
            names = [f"{i}.png" for i in range(len(table))]
            tables.append(table.assign(**{"class": name, "kind": kind, "image": names, "found": True}))
    pd.concat(tables).assign(**CONTEXT).to_csv(split / "cells.csv", index=False)


def write_controls(split: Path, wrong: Mapping[tuple[str, str, str], tuple[int, int]]) -> None:
    """Controls by (control, classifier, training set): false negatives and false positives on the real test images."""
    rows, predictions = [], []
    for (control, classifier, training_set), (fn, fp) in wrong.items():
        keys = {**CONTEXT, "control": control, "classifier": classifier, "training_set": training_set}
        keys |= {"test_set": "real"}
        counts = {"tp": POSITIVE - fn, "fn": fn, "tn": NEGATIVE - fp, "fp": fp}
        rows.append({**keys, "n_train": 208, "n_test": POSITIVE + NEGATIVE, **counts})
        predictions += predicted_images(keys, wrong_images(fn, fp))
    pd.DataFrame(rows).to_csv(split / "controls.csv", index=False)
    pd.DataFrame(predictions).to_csv(split / "control_predictions.csv", index=False)
