"""Every classifier, trained on every training set, tested on real and on generated images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from leukgan.classification.registry import CLASSIFIERS
from leukgan.data.images import CellImages
from leukgan.errors import InputError
from leukgan.metrics.masking import MaskedParts
from leukgan.presentation.console import Progress, within
from leukgan.statistics.classifier_metrics import FURTHER, SPECIFICITY, Predictions, metric_values
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix

TRAINING_SETS = ("real", "real+aug", "real+gen", "real+aug+gen")
_KEYS = ("split", "seed", "protocol", "classifier", "training_set")
SCORE_COLUMNS = (*_KEYS, "test_set", "n_train", "n_test", "tp", "fn", "tn", "fp", *METRICS, *FURTHER)
PREDICTION_COLUMNS = (*_KEYS, "test_set", "image", "label", "score", "predicted", "probability")
EQUAL_STEPS = "equal_steps"  # the control that takes equal optimiser steps on every training set
LOSS_COLUMNS = (*_KEYS, "epoch", "step", "loss")

IMAGES_BETWEEN_REPORTS = 256

Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """Tables of all classifiers and training sets; the order of rows and columns is fixed.

    Attributes:
        scores: One row a trained classifier and test set (SCORE_COLUMNS); a ratio without denominator is NaN.
        controls: As `scores`, with the further column `control`: a classifier that trains in epochs, trained on
            every set for the number of optimiser steps that it takes on the largest; and trainings with fewer generated
            images.
        predictions: One row a tested image (PREDICTION_COLUMNS); `score` above 0 means positive, and
            `probability` is the positive class's, NaN if the classifier gives none.
        control_predictions: As `predictions`, of the control trainings.
        losses: One row an epoch of a classifier that trains in epochs (LOSS_COLUMNS); `step` counts optimiser steps.
    """

    scores: pd.DataFrame
    controls: pd.DataFrame
    predictions: pd.DataFrame
    control_predictions: pd.DataFrame
    losses: pd.DataFrame


def blocks(training_set: str) -> tuple[str, ...]:
    """The parts of a training set: real images, rotated copies of them ("aug"), generated images ("gen")."""
    if training_set not in TRAINING_SETS:
        raise InputError(
            f"training_sets names {training_set!r}, which does not exist; choose from {', '.join(TRAINING_SETS)}."
        )
    return tuple(training_set.split("+"))


def evaluate(
    classifiers: Mapping[str, Pipeline],
    training_sets: Sequence[str],
    *,
    train: CellImages,
    augmented: CellImages,
    generated: CellImages | None,
    test: CellImages,
    context: Mapping[str, int | str],
    on_progress: Progress,
    specificity: float = SPECIFICITY,
    external: Mapping[str, CellImages] = {},
    numbers: Sequence[int] = (),
) -> Results:
    """Scores of all classifiers trained on all training sets.

    Real test images and external sets test every model. Generated images test only the models that were not trained
    on them. `augmented` are rotated copies of the training part without the originals. `context` has the values of the
    columns split, seed and protocol. `numbers` are fewer generated images of each class, the first ones, with which
    training sets that have any are trained too: controls that `control_of_number` names.

    Raises:
        InputError: A training set is unknown, or the images do not fit the training sets or each other.
    """
    pool_of = {"real": "test", "generated": "gen"} | {name: f"external {name}" for name in external}  # by test set
    pools = {"real": train, "aug": augmented, "test": test} | ({"gen": generated} if generated is not None else {})
    pools |= {pool_of[name]: images for name, images in external.items()}
    _check(training_sets, pools)

    # Features are computed once per image, and only of images that some training or test needs.
    needed = {"test", *map(pool_of.get, external), *(block for name in training_sets for block in blocks(name))}
    if any("gen" not in blocks(name) for name in training_sets):
        needed.add("gen")
    largest = max(sum(len(pools[part]) for part in blocks(name)) for name in training_sets)

    scores: list[Row] = []
    predictions: list[pd.DataFrame] = []
    losses: list[Row] = []
    for position, (classifier, pipeline) in enumerate(classifiers.items(), start=1):
        show = within(on_progress, f"{classifier}, classifier {position} of {len(classifiers)}")
        read = {name: pool.images for name, pool in pools.items() if name in needed}
        features = _features(pipeline[:-1], read, show)
        for training_set in training_sets:
            show(f"training on {training_set}")
            keys = {**context, "classifier": classifier, "training_set": training_set}
            parts = blocks(training_set)

            fewer = numbers if "gen" in parts else ()
            for control, untrained, number in _trainings(classifier, pipeline[-1], largest, fewer):
                chosen = {part: _first(pools[part].labels, number if part == "gen" else None) for part in parts}
                labels = np.concatenate([pools[part].labels[chosen[part]] for part in parts])
                inputs = np.concatenate([features[part][chosen[part]] for part in parts])
                model = untrained.fit(inputs, labels)
                if CLASSIFIERS[classifier].trains_in_epochs and not control:
                    epochs = enumerate(model.loss_curve_, start=1)
                    losses += [{**keys, "epoch": n, "step": n * model.n_steps_, "loss": loss} for n, loss in epochs]
                for test_set, pool in pool_of.items():
                    if pool in features and pool not in parts:
                        row = {**keys, "control": control, "test_set": test_set}
                        predicted = _predict(model, features[pool], pools[pool])
                        predictions.append(predicted.assign(**row))
                        sizes = {"n_train": len(labels), "n_test": len(predicted)}
                        scores.append({**row, **sizes, **_score(predicted, specificity)})

    return Results(
        *_split_by_control(pd.DataFrame(scores), SCORE_COLUMNS),
        *_split_by_control(pd.concat(predictions), PREDICTION_COLUMNS),
        losses=pd.DataFrame(losses, columns=[*LOSS_COLUMNS]),
    )


def evaluate_masked(
    classifiers: Mapping[str, Pipeline],
    masked: MaskedParts | None,
    context: Mapping[str, int | str],
    on_progress: Progress,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Scores and predictions of the shortcut control, with the kind of masked image in the column `control`.

    The arguments are those of `evaluate`; `masked` is None if no cell was found, which makes no control.
    """
    for control, (train, test) in masked.parts.items() if masked is not None else ():
        results = evaluate(
            classifiers,
            ["real"],
            train=train,
            augmented=train,
            generated=None,
            test=test,
            context=context,
            on_progress=within(on_progress, f"{control} only"),
        )
        yield results.scores.assign(control=control), results.predictions.assign(control=control)


def _predict(model: Any, features: NDArray[np.float32], images: CellImages) -> pd.DataFrame:
    """A trained model's prediction of each image, a row each; trees and neighbours have probabilities alone."""
    probability, score = np.full(len(images), np.nan), None
    if hasattr(model, "predict_proba"):
        probability = model.predict_proba(features)[:, 1].astype(np.float64)
        score = probability - 0.5
    if score is None or hasattr(model, "decision_function"):
        score = model.decision_function(features).astype(np.float64)
    predicted = (score > 0).astype(np.int64)
    columns = {"label": images.labels, "score": score, "predicted": predicted, "probability": probability}
    return pd.DataFrame({"image": images.names, **columns})


def _score(rows: pd.DataFrame, specificity: float) -> Row:
    """The counts and metrics of some predictions."""
    predictions = Predictions(*(rows[name].to_numpy() for name in ("label", "predicted", "score", "probability")))
    matrix = ConfusionMatrix.from_predictions(predictions.labels, predictions.predicted)
    further = {name: float(metric_values(name, predictions, specificity=specificity)[0]) for name in FURTHER}
    return {**asdict(matrix), **matrix.metrics(), **further}


def control_of_number(number: int) -> str:
    """Name of the control that is trained with this many generated images of each class."""
    return f"{number} generated"


def _trainings(
    classifier: str, model: Any, largest: int, numbers: Sequence[int]
) -> Iterator[tuple[str, Any, int | None]]:
    """Name, untrained model and number of generated images of each class, None for all, of each training of a set.

    First the study's own, then if the model trains in epochs one with the largest set's number of steps, then those
    with fewer generated images. A model that leaves its seed open gets one, so that a study can be repeated.
    """
    open_seeds = [name for name, value in model.get_params().items() if name.endswith("random_state") and value is None]
    model = clone(model).set_params(**dict.fromkeys(open_seeds, 0))
    yield "", clone(model), None
    if CLASSIFIERS[classifier].trains_in_epochs:
        steps = model.epochs * model.steps_per_epoch(largest)
        yield EQUAL_STEPS, clone(model).set_params(steps=steps), None
    for number in numbers:
        yield control_of_number(number), clone(model), number


def _first(labels: NDArray[np.int64], number: int | None) -> NDArray[np.int64]:
    """Indices of the first images of each class, or of all, in order."""
    if number is None:
        return np.arange(len(labels))
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:number] for label in (0, 1)]))


def _split_by_control(table: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the study itself, and the rows of controls, which name their control."""
    ordered = table[[*_KEYS, "control", *columns[len(_KEYS) :]]]
    is_main = ordered["control"] == ""
    return ordered.loc[is_main, [*columns]].reset_index(drop=True), ordered[~is_main].reset_index(drop=True)


def _features(
    transformers: Pipeline, pools: Mapping[str, NDArray[np.uint8]], on_progress: Progress
) -> dict[str, NDArray[np.float32]]:
    """A classifier's features of the images of each pool, which take most of its time."""
    features, done, total = {}, 0, sum(map(len, pools.values()))
    for name, images in pools.items():
        parts = []
        for start in range(0, len(images), IMAGES_BETWEEN_REPORTS):
            on_progress(f"features of {name} images, {start} of {len(images)}", done, total)
            parts.append(transformers.transform(images[start : start + IMAGES_BETWEEN_REPORTS]))
            done += len(parts[-1])
        features[name] = np.concatenate(parts)
    return features


def _check(training_sets: Sequence[str], pools: Mapping[str, CellImages]) -> None:
    """Refuse training sets without images, and images that do not fit each other."""
    for name in training_sets:
        missing = [block for block in blocks(name) if not len(pools.get(block, ()))]
        if missing:
            raise InputError(
                f"training_sets names {name!r}, but there are no {missing[0]!r} images; "
                "make them first, or leave this training set out."
            )

    real = pools["real"]
    if len(np.unique(real.labels)) != 2:
        raise InputError(
            f"The real training part has {len(real)} images, all of one class; "
            "training needs both classes: give more images or a smaller split.test_fraction."
        )
    for name, pool in pools.items():
        if pool.images.shape[1:] != real.images.shape[1:] or pool.classes != real.classes:
            raise InputError(
                f"The {name!r} images are {pool.images.shape[2:]} px of the classes {pool.classes}, the real training "
                f"images {real.images.shape[2:]} px of {real.classes}; make both with the same data settings."
            )
