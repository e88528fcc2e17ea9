"""How far rendered smears are from real cells: measured, as text to read, as csv and as a figure."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tabulate import tabulate

from leukgan.data.sources.smears import render_smears
from leukgan.presentation.console import Progress
from leukgan.presentation.formatting import NONE, join_words, percent
from leukgan.report.cells import PANELS
from leukgan.run_folder.files import write_atomic
from leukgan.tools.smears_realism.figure import smears_figure
from leukgan.tools.smears_realism.sets import COLOURS, compare_sets, sample_of


def write_smears_comparison(
    real: NDArray[np.uint8], folder: Path, *, subtypes: Sequence[str], repeats: int, seed: int, progress: Progress
) -> dict[str, pd.DataFrame]:
    """Set as many rendered smears beside real images; write smears.csv, and smears.png and smears.pdf, into a folder.

    Real images are uint8 (N, 3, H, W); `subtypes` are healthy cells like them.

    Returns:
        Rows of `compare_sets` by what is rendered: the default mix of cells, and healthy cells of the subtypes.
    """
    progress(f"rendering {3 * len(real)} images")
    n, size = len(real), real.shape[-1]
    alike = join_words([subtype.replace("_", " ") for subtype in subtypes])
    healthy = render_smears(image_size=size, count=2 * n, seed=seed, subtypes=subtypes).of_class(0).images
    mix = render_smears(image_size=size, count=n + n % 2, seed=seed).images[:n]

    progress("comparing")
    sample, samples = sample_of(real), {"default mix": sample_of(mix), alike: sample_of(healthy)}
    comparisons = {name: compare_sets(sample, other, repeats=repeats, seed=seed) for name, other in samples.items()}
    accuracy = comparisons[alike].set_index("measure")["value"]["accuracy"]
    figure = smears_figure(sample, samples[alike], accuracy, alike)

    write_atomic(folder / "smears.csv", csv_of(comparisons))
    for path, content in figure.files(folder).items():
        write_atomic(path, content)
    return comparisons


def csv_of(comparisons: Mapping[str, pd.DataFrame]) -> str:
    """All rows of all comparisons, what is rendered first."""
    tables = [table.assign(rendered=name) for name, table in comparisons.items()]
    together = pd.concat(tables, ignore_index=True).rename(columns=lambda name: name.replace("_other", "_rendered"))
    return together[["rendered", *together.columns.drop("rendered")]].to_csv(index=False, lineterminator="\n")


def text_of(comparisons: Mapping[str, pd.DataFrame]) -> str:
    """Three tables and what their numbers are, from results of `compare_sets` by what is rendered."""
    by_measure = {
        name: table.set_index("measure").astype(float).to_dict("index") for name, table in comparisons.items()
    }
    accuracies, colours = [], []
    for name, rows in by_measure.items():
        mean, spread, n = (rows["accuracy"][key] for key in ("value", "spread", "n_real"))
        error = np.sqrt(mean * (1 - mean) / (2 * n))
        accuracies.append((name, f"{percent(mean)} ± {percent(spread)}", "50", percent(error)))
        colours.append((name, *(f"{rows[colour]['value']:.1f}" for colour in COLOURS)))

    parts = [
        _table(accuracies, ("rendered", "told from real, %", "chance", "standard error")),
        "Accuracy of a logistic regression on 25 x 25 pixels, cross-validated; ± over divisions into folds. The\n"
        "standard error is what other images would do to it.",
        _table(colours, ("rendered", *COLOURS)),
        "Wasserstein distances of the colour histograms, in levels of 0 to 255.",
    ]
    for name, rows in by_measure.items():
        cells = [(f"{words} ({unit})", *_cells(rows[key], factor)) for key, (words, unit, factor) in PANELS.items()]
        parts.append(_table(cells, ("cells", "real", f"rendered: {name}", "distance", "95% interval")))
    parts.append(
        "Median (quartiles). Distance: Wasserstein-1, in standard deviations of the real images; two samples of the\n"
        "same cells are not 0 apart."
    )
    return "\n\n".join(parts)


def _cells(row: Mapping[Hashable, float], factor: float) -> tuple[str, ...]:
    summaries = []
    for which in ("real", "other"):
        median, lower, upper = (factor * row[f"{key}_{which}"] for key in ("median", "lower", "upper"))
        summaries.append(NONE if np.isnan(median) else f"{median:#.3g} ({lower:#.3g} to {upper:#.3g})")
    if np.isnan(row["value"]):
        return (*summaries, NONE, NONE)
    return (*summaries, f"{row['value']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}")


def _table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> str:
    return tabulate(rows, header, disable_numparse=True, colalign=("left", *["right"] * (len(header) - 1)))
