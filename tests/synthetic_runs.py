"""A synthetic run folder with known outcomes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

POSITIVE, NEGATIVE = 28, 24  # the paper's test set: images 0..27 are positive, 28..51 negative
TITLES = {"vgg16": "VGG16, random features", "logistic_regression": "Logistic regression", "svm": "SVM"}
SETS = ("real", "real+aug", "real+gen", "real+aug+gen")
SIZES = {"real": 208, "real+aug": 1664, "real+gen": 608, "real+aug+gen": 2064}
WRONG_IN_TABLE2 = {  # false negatives and false positives of the paper's Table 2, by training set
    "vgg16": ((1, 4), (0, 0), (1, 0), (0, 0)),
    "logistic_regression": ((4, 10), (5, 5), (2, 9), (4, 5)),
    "svm": ((3, 9), (1, 9), (8, 8), (1, 7)),
}
GENERATED_WRONG = (1, 54)

Wrong = Mapping[tuple[str, str], Iterable[int]]  # (classifier, training set) -> test images got wrong
MakeRun = Callable[..., Path]


def wrong_images(false_negatives: int, false_positives: int) -> set[int]:
    return set(range(false_negatives)) | set(range(POSITIVE, POSITIVE + false_positives))


def paper_outcomes(classifiers: Sequence[str], sets: Sequence[str]) -> dict[tuple[str, str], set[int]]:
    return {(c, s): wrong_images(*WRONG_IN_TABLE2[c][SETS.index(s)]) for c in classifiers for s in sets}


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
    classes: tuple[str, str] = ("healthy", "leukemia"),
    images: bool = True,
    image: Callable[[str, int, str, int], np.ndarray] | None = None,
    image_size: int = 8,
    per_class: int = 12,
) -> None:
    outcomes = wrong or [paper_outcomes(classifiers, sets)] * splits
    for k, split_wrong in enumerate(outcomes):
        split = folder / f"split-{k:02d}"
        split.mkdir(parents=True)
        protocol = protocols[k] if protocols else "clean"
        state = states[k] if states else "done"
        (split / "status.json").write_text(json.dumps({"state": state}))
        if state != "done":
            continue
        write_records(split, k, protocol, classifiers, titles, sets, source, classes, image_size, per_class)
        write_scores(split, k, protocol, split_wrong)
        write_losses(split, k, protocol, classifiers, sets)
        if images:
            write_images(split, k, classes, image or noise, per_class, image_size)


def write_records(
    split: Path,
    k: int,
    protocol: str,
    classifiers: Sequence[str],
    titles: Mapping[str, str],
    sets: Sequence[str],
    source: str,
    classes: tuple[str, str],
    image_size: int,
    per_class: int,
) -> None:
    (split / "config.yaml").write_text(
        f"name: toy\nseed: {k}\nprotocol: {protocol}\ngenerator_steps: 2000\ngeneration:\n  per_class: {per_class}\n"
        f"split:\n  test_fraction: 0.2\nclassifiers: {json.dumps(list(classifiers))}\n"
        f"training_sets: {json.dumps(list(sets))}\n"
        "classifier:\n  vgg16: {weights: random, learning_rate: 0.001}\n  svm: {}\n"
    )
    provenance = {
        "command": "python experiments/study.py experiment=quick",
        "code_version": "0.1.0",
        "packages": {"torch": "2.9.0", "lightning": "2.6.6", "scikit-learn": "1.9.1"},
        "device": "CPU <b>&",
        "precision": "32-true",
        "seed": k,
        "split": k,
        "protocol": protocol,
        "data": {
            "source": source,
            "root": None,
            "fingerprint": "0123456789abcdef" * 4,
            "classes": list(classes),
            "counts": {
                "train": {classes[0]: 106, classes[1]: 102},
                "test": {classes[0]: NEGATIVE, classes[1]: POSITIVE},
            },
            "image_size": image_size,
        },
        "gan": {"name": "WGANGP", "parameters": {"learning_rate": 2e-4, "n_critic": 5}},
        "classifiers": dict(titles),
        "seconds": {"gan": 754.2, "generation": 3.5, "classification": 61.0},
        "chain": {"split": "ab" * 32, "checkpoint": dict.fromkeys(classes, "cd" * 32)},
    }
    (split / "provenance.json").write_text(json.dumps(provenance))


def write_scores(split: Path, k: int, protocol: str, wrong: Wrong) -> None:
    scores: list[dict[str, object]] = []
    predictions: list[dict[str, object]] = []
    for (classifier, training_set), images in wrong.items():
        tests = [("real", set(images), POSITIVE, NEGATIVE)]
        if "gen" not in training_set:
            tests.append(("generated", set(range(1)) | set(range(102, 156)), 102, 101))
        for test_set, missed, positive, negative in tests:
            keys = {"split": k, "seed": k, "protocol": protocol, "classifier": classifier}
            keys |= {"training_set": training_set, "test_set": test_set}
            fn, fp = sum(i < positive for i in missed), sum(i >= positive for i in missed)
            counts = {"tp": positive - fn, "fn": fn, "tn": negative - fp, "fp": fp}
            n = positive + negative
            scores.append(
                {**keys, "n_train": SIZES[training_set], "n_test": n, **counts, "accuracy": (n - fn - fp) / n}
                | dict.fromkeys(("precision", "recall", "f1", "specificity"), "")
            )
            for i in range(n):
                label = int(i < positive)
                predicted = 1 - label if i in missed else label
                predictions.append(
                    {**keys, "image": f"Im{i:03d}.tif", "label": label, "score": 0.5, "predicted": predicted}
                )
    write_csv(split / "scores.csv", scores)
    write_csv(split / "predictions.csv", predictions)


def write_losses(split: Path, k: int, protocol: str, classifiers: Sequence[str], sets: Sequence[str]) -> None:
    rows: list[dict[str, object]] = []
    for training_set in sets if "vgg16" in classifiers else ():
        for epoch in range(1, 41):
            step = epoch * (SIZES[training_set] // 32)
            rows.append(
                {"split": k, "seed": k, "protocol": protocol, "classifier": "vgg16", "training_set": training_set}
                | {"epoch": epoch, "step": step, "loss": 0.7 / (1 + step / 300) + 0.01 * k}
            )
    write_csv(split / "classifier_loss.csv", rows)


def write_images(
    split: Path,
    k: int,
    classes: tuple[str, str],
    image: Callable[[str, int, str, int], np.ndarray],
    per_class: int,
    image_size: int,
) -> None:
    for name in classes:
        for kind, count in (("real", 8), ("generated", per_class)):
            for i in range(count):
                save(split / kind / name / f"{i:04d}.png", image(kind, i, name, image_size))
        for step in (500, 1000, 1500, 2000):
            save(split / "gan" / name / "samples" / f"step_{step:06d}.png", image("samples", step, name, image_size))
        rows = [
            {"generator_step": s, "train/critic_loss": -9 / (1 + s / 200) - 1, "train/wasserstein": 10 / (1 + s / 200)}
            for s in range(0, 2000, 50)
        ]
        write_csv(split / "gan" / name / "metrics.csv", rows)


def noise(kind: str, i: int, name: str, size: int) -> np.ndarray:
    seed = [len(kind), i, len(name)]
    return np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["split"])
        if rows:
            writer.writeheader()
            writer.writerows(rows)
