"""Could readers tell generated images from real ones? Tables, figure and words of a blind reader test."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import NONE, count, interval, number, p_value, percent, points, quantity
from leukgan.presentation.images import IN_A_ROW, images_figure, read_image
from leukgan.presentation.page import Statement
from leukgan.presentation.tables import Column, Table
from leukgan.report.answers import ReaderTest
from leukgan.report.results import Run
from leukgan.statistics.intervals import ALPHA, Estimate
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.readers import CHANCE, exact_interval, half_width, images_needed, kappa

SHOWN = 2 * IN_A_ROW  # images of a set in the figure
PRECISIONS = (0.05, 0.1)  # half lengths of an interval, whose numbers of images are told
ALL = "all readers"
QUESTIONS = {"origin": "real or generated", "class": "class"}

_interval = partial(interval, form=percent)
READER_COLUMNS = (
    Column("Reader", "reader"),
    Column("Images", "images", count),
    Column("Real or generated: right (%)", "accuracy", percent),
    Column("95% interval", ("low", "high"), _interval),
    Column("p", "p", p_value),
    Column("Real called real (%)", "real", percent),
    Column("Generated called generated (%)", "generated", percent),
    Column("Seconds an image (median)", "seconds", lambda value: number(value, 1)),
    Column("Sure (mean, 1 to 5)", "confidence", lambda value: number(value, 1)),
)
CLASS_COLUMNS = (
    Column("Class", "class"),
    Column("Real or generated: right (%)", "accuracy", percent),
    Column("95% interval", ("low", "high"), _interval),
    Column("Class right, real images (%)", "class_real", percent),
    Column("95% interval", ("class_real_low", "class_real_high"), _interval),
    Column("Class right, generated images (%)", "class_generated", percent),
    Column("95% interval", ("class_generated_low", "class_generated_high"), _interval),
)
AGREEMENT_COLUMNS = (
    Column("Question", "question"),
    Column("Kappa", "kappa", lambda value: number(value, 2)),
    Column("Of", "of"),
    Column("All readers gave one answer (%)", "same", percent),
)
IMAGE_COLUMNS = (
    Column("Number", "item"),
    Column("Image", "image"),
    Column("Origin", "origin"),
    Column("Class", "class"),
    Column("Called real by", "called_real", count),
    Column("Class right by", "class_right", count),
)


def accuracy_over_readers(correct: NDArray[np.bool_]) -> Estimate:
    """The mean accuracy of readers (R, N), with readers and images both random, tested against chance."""
    found = multi_reader_t_test(correct.astype(np.float64) - CHANCE)
    low, high = (float(np.clip(end + CHANCE, 0, 1)) for end in found.interval)
    return found._replace(value=found.value + CHANCE, low=low, high=high)


def reader_tables(run: Run, test: ReaderTest) -> Iterator[Table]:
    """The tables of the readers, of the classes, of the readers' agreement, and of the images."""
    yield _readers_table(run, test)
    yield _classes_table(run, test)
    if len(test.answers) > 1:
        yield _agreement_table(run, test)
    yield _images_table(run, test)


def reader_statement(test: ReaderTest) -> Statement:
    """The answer of the test in a sentence."""
    correct = test.correct("origin")
    readers, images = correct.shape
    found = exact_interval(int(correct.sum()), images) if readers == 1 else accuracy_over_readers(correct)
    if not found.has_interval:
        verdict = "all readers alike, so that the test over readers has no interval"
    elif found.p >= ALPHA:
        verdict = f"95% interval {_interval(*found.interval)}, so that guessing is not ruled out"
    else:
        side = "more often" if found.value > CHANCE else "less often"
        verdict = f"95% interval {_interval(*found.interval)}, {side} than by guessing"
    reached = points(half_width(images), sign=False)
    sizes = ", ".join(f"±{points(p, sign=False)} points need {images_needed(p)} images" for p in PRECISIONS)
    text = (
        f"{quantity(readers, 'reader')} told real from generated in {percent(found.value)}% of {images} images "
        f"({verdict}). With {images} images one reader's accuracy is known to ±{reached} points at worst; {sizes}."
    )
    return Statement("Readers", text)


def fooled_figures(run: Run, test: ReaderTest) -> list[Figure]:
    """One figure: generated images that all readers or none called real, and real images that all called generated."""
    called_real = test.codes("origin") == 1  # (R, N): generated comes before real
    is_real = (test.key["origin"] == "real").to_numpy()
    sets = {
        "fooled all": ~is_real & called_real.all(0),
        "fooled none": ~is_real & ~called_real.any(0),
        "doubted by all": is_real & ~called_real.any(0),
    }
    rows = [
        (label, np.stack([read_image(test.folder.image(int(item))) for item in test.key.loc[chosen, "item"][:SHOWN]]))
        for label, chosen in sets.items()
        if chosen.any()
    ]
    if not rows:
        return []
    counts = "; ".join(f"{label}: {quantity(int(chosen.sum()), 'image')}" for label, chosen in sets.items())
    caption = f"Of {quantity(len(test.answers), 'reader')}, {counts}. The first {SHOWN} of each in the test's order."
    title = "Generated images that fooled all readers or none, and real images that all doubted"
    return [images_figure("fooled_readers", title, caption, rows, IN_A_ROW, stamp=run.stamp)]


def _readers_table(run: Run, test: ReaderTest) -> Table:
    is_real, correct = (test.key["origin"] == "real").to_numpy(), test.correct("origin")
    rows: list[dict[Any, Any]] = []
    for (reader, answers), right in zip(test.answers.items(), correct, strict=True):
        found = exact_interval(int(right.sum()), len(right))
        rows.append(
            {"reader": reader, "images": len(right), "accuracy": found.value, "low": found.low, "high": found.high}
            | {"p": found.p, "real": right[is_real].mean(), "generated": right[~is_real].mean()}
            | {"seconds": answers["seconds"].median(), "confidence": answers["confidence"].mean()}
        )
    if len(rows) > 1:
        found, mean = accuracy_over_readers(correct), pd.DataFrame(rows).mean(numeric_only=True)
        rows.append(mean.to_dict() | {"reader": ALL, "low": found.low, "high": found.high, "p": found.p})

    frame = pd.DataFrame(rows)
    notes = [
        "Half of the images are real. A reader's interval is exact (Clopper and Pearson), p is the exact binomial test "
        "against guessing, and both are about this reader and images like these."
    ]
    if len(test.answers) > 1:
        notes.append(
            f"{ALL[0].upper()}{ALL[1:]}: means, with the interval and p of the multi-reader multi-case analysis, which "
            f"takes readers and images as drawn by chance; {NONE} if all readers are right equally often."
        )
    title = run.stamped("Could readers tell generated images from real ones?")
    return Table("readers", title, frame, READER_COLUMNS, tuple(notes), grouped_by=None)


def _classes_table(run: Run, test: ReaderTest) -> Table:
    rows = []
    for i, reader in enumerate(test.answers):
        for name in run.classes[::-1]:
            of_class, is_real = test.key["class"] == name, test.key["origin"] == "real"
            row: dict[str, object] = {"reader": reader, "class": name}
            parts = {"": (of_class, "origin"), "class_real": (of_class & is_real, "class")}
            parts["class_generated"] = (of_class & ~is_real, "class")
            for prefix, (chosen, question) in parts.items():
                right = test.correct(question)[i][chosen.to_numpy()]
                found = exact_interval(int(right.sum()), len(right))
                low, high = (f"{prefix}_{end}".lstrip("_") for end in ("low", "high"))
                row |= {prefix or "accuracy": found.value, low: found.low, high: found.high}
            rows.append(row)

    frame = pd.DataFrame(rows)
    title = run.stamped("Readers by class")
    notes = ("The class of a generated image is the one that its generator was to draw. Intervals are exact.",)
    group = Column("Reader", "reader")
    return Table("readers_by_class", title, frame, CLASS_COLUMNS, notes, grouped_by=group)


def _agreement_table(run: Run, test: ReaderTest) -> Table:
    codes = {question: test.codes(question) for question in QUESTIONS}
    of = "Cohen" if len(test.answers) == 2 else "Fleiss"
    frame = pd.DataFrame(
        [
            {"question": QUESTIONS[question], "kappa": kappa(answers), "of": of}
            | {"same": float((answers == answers[0]).all(0).mean())}
            for question, answers in codes.items()
        ]
    )
    notes = ("1 is full agreement and 0 as much as chance gives. Readers can agree and all be wrong.",)
    title = run.stamped("Do the readers agree?")
    return Table("reader_agreement", title, frame, AGREEMENT_COLUMNS, notes, grouped_by=None)


def _images_table(run: Run, test: ReaderTest) -> Table:
    frame = test.key.drop(columns="test").assign(
        called_real=(test.codes("origin") == 1).sum(0), class_right=test.correct("class").sum(0)
    )
    notes = (f"Of {quantity(len(test.answers), 'reader')}.",)
    title = run.stamped("Each image of the reader test")
    return Table("reader_images", title, frame, IMAGE_COLUMNS, notes, grouped_by=None)
