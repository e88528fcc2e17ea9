"""The comparison of GANs as figures: what each draws below real cells, and what its critic knows by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, MaxNLocator

from leukgan.presentation.figures import COLOURS, DPI, Figure, canvas, finished
from leukgan.presentation.images import GAP, Pixels, fitted, mosaic

SHOWN = 10  # images a row
IMAGE_WIDTH = 128  # pixels of the figure
TOP, MARGIN = 110, 20  # pixels
STEPS = [1, 2, 2.5, 5, 10]  # of ticks
PANELS_IN_A_ROW = 4
SIDES = {"training": COLOURS[0], "held-out": COLOURS[1]}


@dataclass(frozen=True)
class Strip:
    """One row of the figure of images.

    Attributes:
        label: Whose images.
        detail: Their distance.
        images: uint8 (N, H, W, 3).
        begins: Whether another class begins here.
    """

    label: str
    detail: str
    images: Pixels
    begins: bool = False


@dataclass(frozen=True)
class Training:
    """One panel of the figure of gaps.

    Attributes:
        label: Which training.
        gap: Its overfitting gap in words.
        lead: How far real images lie above generated ones, by generator step: a column for each side.
    """

    label: str
    gap: str
    lead: pd.DataFrame


def images_figure(strips: Sequence[Strip], caption: str, leaky: bool) -> Figure:
    """A row of real images for each class, and below it one for each GAN; one pixel of theirs on whole pixels."""
    mosaics = [mosaic(*fitted(strip.images[:SHOWN], IMAGE_WIDTH), SHOWN) for strip in strips]
    words = max(_width(text, size) for s in strips for text, size in ((s.label, 8.5), (s.detail, 7.5)))
    left = MARGIN + int(words) + 22
    width = left + max(pixels.shape[1] for pixels in mosaics) + MARGIN
    steps = [4 * GAP if strip.begins and i else GAP for i, strip in enumerate(strips)]
    height = TOP - GAP + sum(steps) + sum(pixels.shape[0] for pixels in mosaics) + MARGIN
    with canvas(width / DPI, height / DPI) as figure:
        y = TOP - GAP
        for strip, pixels, step in zip(strips, mosaics, steps, strict=True):
            y += step
            h, w = pixels.shape[:2]
            axes = figure.add_axes((left / width, 1 - (y + h) / height, w / width, h / height))
            axes.imshow(pixels, interpolation="none", aspect="auto")
            axes.set_axis_off()
            x, middle = 0.012, 1 - (y + h / 2) / height  # below the title's first letter
            figure.text(
                x, middle + 3 / height, strip.label,
                fontsize=8.5, fontweight="bold" if strip.begins else "normal", color="#222222", va="bottom",
            )  # fmt: skip
            figure.text(x, middle - 7 / height, strip.detail, fontsize=7.5, color="#777777", va="top")
            y += h
        return finished(figure, "images", "Held-out cells, and what each GAN draws", caption, leaky)


def gap_figure(trainings: Sequence[Training], leaky: bool) -> Figure:
    """How far each critic scores real images above generated ones, on training and on held-out images."""
    columns = min(PANELS_IN_A_ROW, len(trainings))
    rows = -(-len(trainings) // columns)
    width, height = 0.9 + 2.05 * columns, 1.25 + 1.75 * rows
    with canvas(max(width, 4.6), height) as figure:
        width = figure.get_figwidth()
        grid = figure.add_gridspec(
            rows, columns, left=0.62 / width, right=1 - 0.28 / width, bottom=0.5 / height, top=1 - 1.0 / height,
            wspace=0.3, hspace=0.55,
        )  # fmt: skip
        for i, training in enumerate(trainings):
            axes = figure.add_subplot(grid[divmod(i, columns)])
            _draw(axes, training)
            if i + columns >= len(trainings):
                axes.set_xlabel("generator step", fontsize=8)
        figure.text(
            0.18 / width, (0.5 + height - 1.0) / 2 / height, "score of real − generated",
            rotation=90, fontsize=8, color="#222222", ha="center", va="center",
        )  # fmt: skip
        lines = [Line2D([], [], color=colour, linewidth=1.8) for colour in SIDES.values()]
        names = [f"{side} images" for side in SIDES]
        figure.legend(lines, names, loc="upper left", bbox_to_anchor=(0.0, 1 - 0.42 / height), ncols=2, fontsize=8)
        title = "How much better the critic knows its training images"
        caption = (
            "How far the critic scores real images above generated ones, on images of its training and on held-out "
            "ones; for a Wasserstein GAN this is its estimate of the distance. Thin: each logged batch; thick: running "
            "mean; the first steps may leave the panel. The gap is taken over the shaded last fifth. Scales differ: so "
            "do the losses."
        )
        return finished(figure, "gap", title, caption, leaky)


def _draw(axes: Axes, training: Training) -> None:
    lead = training.lead
    smooth = lead.rolling(max(1, len(lead) // 8), center=True, min_periods=1).mean()
    for side in lead:
        colour = SIDES[str(side)]
        axes.plot(lead.index, lead[side], color=colour, linewidth=0.5, alpha=0.35)
        axes.plot(smooth.index, smooth[side], color=colour, linewidth=1.6)
    if len(lead) > 1:
        axes.axvspan(lead.index[-max(1, round(len(lead) / 5))], lead.index[-1], color="#f1f1f1", zorder=-2, linewidth=0)
    settled = lead.iloc[len(lead) // 5 :].to_numpy()  # the first steps' scores would press all others flat
    settled = settled[np.isfinite(settled)]
    if len(settled):
        low, high = (float(end) for end in np.quantile(settled, (0.005, 0.995)))
        axes.set_ylim(min(0.0, low) - 0.02 * (high - low), max(0.0, high) + 0.1 * (high - low) + 1e-9)
    axes.set_xlim(0, lead.index[-1])
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=STEPS, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
    axes.tick_params(labelsize=7.5, length=2.5)
    axes.grid(axis="y")
    axes.set_title(training.label, fontsize=8.5, fontweight="bold", pad=14)
    axes.text(0, 1.03, training.gap, transform=axes.transAxes, fontsize=7.5, color="#777777", va="bottom")


def _width(text: str, size: float) -> float:
    """Pixels of a text in a figure."""
    return float(TextPath((0, 0), text, size=size).get_extents().width) * DPI / 72
