"""The shortcut control's classifiers, which see real images without their cells, or the cells alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd
from sklearn.pipeline import Pipeline

from leukgan.classification.evaluation import evaluate
from leukgan.metrics.masking import MaskedParts


def masked_controls(
    classifiers: Mapping[str, Pipeline],
    masked: MaskedParts | None,
    context: Mapping[str, int | str],
    show: Callable[[str], None],
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Scores and predictions of all classifiers on each kind of masked image, named in the column `control`.

    Args:
        classifiers: As `evaluate` takes them.
        masked: The images; None where no cell was found, which makes no control.
        context: The values of the columns split, seed and protocol.
        show: Is told in a few words what is being done.
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
            on_progress=lambda task, control=control: show(f"{control} only: {task}"),  # type: ignore[misc]
        )
        yield results.scores.assign(control=control), results.predictions.assign(control=control)
