"""What the leak was worth: the same classifiers on the same test images, by GANs that had and had not seen them."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from leukgan.presentation.formatting import interval, p_value, percent, points, quantity
from leukgan.presentation.tables import Column, Table
from leukgan.report.comparisons import difference_test, result_columns
from leukgan.report.results import Run
from leukgan.report.splits import Split
from leukgan.statistics.multiple_testing import holm

SETS = ("real+gen", "real+aug+gen")
NUMBERS = (
    *("classifier", "training_set", "splits", "clean", "leaky"),
    *("difference", "low", "high", "p", "p_holm"),
)
COLUMNS = (
    Column("Training set", "training_set"),
    Column("Accuracy, clean", "clean", percent),
    Column("Accuracy, LEAKY", "leaky", percent),
    Column("Difference (points)", "difference", points),
    Column("95% interval", ("low", "high"), interval),
    Column("p (Holm)", "p_holm", p_value),
)

Pair = tuple[Split, Split]  # a clean and a leaky split with the same test images


def leak_table(run: Run) -> Table | None:
    """Accuracy of each classifier and training set with generated images, clean and leaky; None without both."""
    pairs = list(_same_test_images(run))
    frame = pd.DataFrame(
        row for name in SETS for classifier in run.titles for row in _compare(run, pairs, classifier, name)
    )
    if frame.empty:
        return None
    frame["p_holm"] = holm(frame["p"].tolist())
    return Table(
        name="leak",
        title="What the leak was worth: accuracy by GANs that had seen the test images against GANs that had not",
        frame=run.by_classifier(frame.assign(title=frame["classifier"].map(run.titles), look="stamped")),
        columns=COLUMNS,
        notes=(
            f"On the same test images, in {quantity(len(pairs), 'pair')} of splits. A difference above zero is no "
            "gain: it is what seeing the test images adds to the score. Tests as for the main comparison.",
        ),
        numbers=frame[[*NUMBERS]],
    )


def _same_test_images(run: Run) -> Iterator[Pair]:
    """The clean and leaky splits that were tested on the same images, each in one pair."""
    leaky = [split for split in run.splits if split.leaky]
    for clean in (split for split in run.splits if not split.stamp and run.tested(split)):
        twin = next((split for split in leaky if run.tested(split) == run.tested(clean)), None)
        if twin is not None:
            leaky.remove(twin)
            yield clean, twin


def _compare(run: Run, pairs: Sequence[Pair], classifier: str, training_set: str) -> Iterator[dict[str, Any]]:
    """The leaky splits against the clean ones; nothing if one of them did not train this."""
    key = ("", classifier, training_set, "real")
    if not pairs or any((split.name, *key) not in run.correct_by_image for pair in pairs for split in pair):
        return

    correct = [tuple(run.correct_by_image[split.name, *key] for split in pair) for pair in pairs]
    clean, leaky = (fmean(pair[i].mean() for pair in correct) for i in (0, 1))
    by_image = [(with_leak - without).astype(float) for without, with_leak in correct]
    differences = [float(with_leak.mean() - without.mean()) for without, with_leak in correct]
    yield {
        "classifier": classifier,
        "training_set": training_set,
        "splits": len(pairs),
        "clean": clean,
        "leaky": leaky,
        **result_columns(difference_test(run, [split for split, _ in pairs], differences, by_image)),
    }
