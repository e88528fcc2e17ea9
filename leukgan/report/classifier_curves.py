"""Figures of single classifiers: ROC curves, and how reliable predicted probabilities are."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve

from leukgan.classification import TRAINING_SETS
from leukgan.presentation.figures import Figure, finish
from leukgan.presentation.formatting import quantity
from leukgan.presentation.plots import Line, line_panels
from leukgan.report.comparisons import predictions_by_split
from leukgan.report.results import Run
from leukgan.report.splits import Split
from leukgan.statistics.classifier_metrics import Predictions, roc_curve

BINS = 5  # of predicted probabilities, each with as many images
GRID = np.arange(101)  # false-positive rates in percent


def roc_figures(run: Run) -> Iterator[Figure]:
    """ROC curves on real test images, a panel a classifier and a line a training set, with their range over splits."""
    splits = run.groups()[0]
    panels: dict[str, list[Line]] = {}
    for classifier, name, tested in _tested(run, splits):
        curves = np.array([_sensitivities(predictions) for predictions in tested])  # (splits, 101)
        band = (curves.min(axis=0), curves.max(axis=0)) if len(curves) > 1 else None
        lines = panels.setdefault(run.titles[classifier], [])
        lines.append(Line(x=GRID, y=curves.mean(axis=0), number=TRAINING_SETS.index(name), label=name, band=band))

    if panels:
        caption = f"Tested on {run.test_images}. " + (
            f"Mean and range over {len(splits)} splits of the sensitivity at each specificity."
            if len(splits) > 1
            else "One split: no band, as nothing here tells how much another split would change."
        )
        axes = ("100 − specificity (%)", "sensitivity (%)")
        title = f"ROC curves by training set, on {run.test_images}"
        yield _panels(panels, axes, f"roc{run.suffix}", title, caption, stamp=run.pictured.stamp)


def reliability_figures(run: Run) -> Iterator[Figure]:
    """How often images with a predicted probability are positive; none if no classifier gives probabilities."""
    splits = run.groups()[0]
    panels: dict[str, list[Line]] = {}
    for classifier, name, tested in _tested(run, splits):
        probabilities = np.concatenate([one.probabilities for one in tested])
        if np.isnan(probabilities).any():
            continue
        labels = np.concatenate([one.labels for one in tested])
        share, predicted = calibration_curve(labels, probabilities, n_bins=BINS, strategy="quantile")
        lines = panels.setdefault(run.titles[classifier], [])
        lines.append(Line(x=100 * predicted, y=100 * share, number=TRAINING_SETS.index(name), label=name))

    if panels:
        caption = (
            f"Tested on {run.test_images} in {quantity(len(splits), 'split')}, an image as often as it was tested, in "
            f"up to {BINS} bins of equally many images by predicted probability. A reliable classifier lies on the "
            "diagonal. Classifiers that give no probabilities, such as a support vector machine, have no panel."
        )
        axes = ("predicted probability (%)", f"share that are {run.classes[1]} (%)")
        title = f"Reliability of predicted probabilities, on {run.test_images}"
        yield _panels(panels, axes, f"reliability{run.suffix}", title, caption, stamp=run.pictured.stamp)


def _sensitivities(predictions: Predictions) -> NDArray[np.float64]:
    """The sensitivity (101,), in percent, at each false-positive rate of GRID."""
    false_rate, sensitivity = roc_curve(predictions)
    highest = np.searchsorted(100 * false_rate, GRID + 1e-9, side="right") - 1  # point up to each rate
    return np.asarray(100 * sensitivity[highest])


def _tested(run: Run, splits: Sequence[Split]) -> Iterator[tuple[str, str, list[Predictions]]]:
    """Each classifier and training set that was tested on real images of both classes, with its predictions a split."""
    for classifier in run.titles:
        for name in TRAINING_SETS:
            found = predictions_by_split(run, splits, ("", classifier, name))
            tested = [predictions for _, (predictions,) in found]
            if tested and all(len(set(one.labels)) == 2 for one in tested):
                yield classifier, name, tested


def _panels(
    panels: Mapping[str, Sequence[Line]], labels: tuple[str, str], name: str, title: str, caption: str, *, stamp: str
) -> Figure:
    """Square panels from 0 to 100 percent with the diagonal, and one legend above them."""
    with line_panels(panels, x_label=labels[0], y_label=labels[1], height=3.35, top=1.0, columns=3) as (figure, grid):
        for axes in grid:
            axes.plot([0, 100], [0, 100], color="#bbbbbb", linewidth=1, zorder=1)
            axes.set(xlim=(0, 100), ylim=(0, 101))
        named = grid[0].get_legend_handles_labels()
        figure.legend(*named, loc="upper left", bbox_to_anchor=(0.08, 0.88), ncols=len(TRAINING_SETS), fontsize=8)
        return finish(figure, name, title, caption, stamp=stamp)
