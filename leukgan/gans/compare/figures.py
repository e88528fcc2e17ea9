"""The comparison of GANs as figures: what each draws below real cells, and how much its critic overfits."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, MaxNLocator

from leukgan.gans.compare.curves import last_fifth, running_mean, settled_range
from leukgan.presentation.figures import COLOURS, DPI, Figure, canvas, finish
from leukgan.presentation.formatting import with_error, worst_stamp
from leukgan.presentation.images import GAP, MARGIN, Pixels, Row, image_rows, text_at
from leukgan.presentation.plots import Margins, axes_grid

SHOWN = 10  # images a row
IMAGE_WIDTH = 128  # pixels of the figure
TOP = 110  # pixels of the figure
STEPS = [1, 2, 2.5, 5, 10]  # of ticks
PANELS_IN_A_ROW = 4
SIDES = {"training": COLOURS[0], "held-out": COLOURS[1]}
GAP_CAPTION = (
    "How far the critic scores real images above generated ones, on images of its training and on held-out ones; for a "
    "Wasserstein GAN this is its estimate of the distance. Thin: each logged batch; thick: running mean; the first "
    "steps may leave the panel. The gap is taken over the shaded last fifth. Scales differ: so do the losses."
)


def images_figure(
    rows: pd.DataFrame, kid: str, real: Mapping[str, Pixels], drawn: Sequence[Pixels], caption: str
) -> Figure:
    """A row of real images for each class, and below it one for each GAN, all uint8 (N, H, W, 3).

    Each pixel covers whole pixels. `rows` has the numbers of the GANs of one split, those of a class together.
    """
    images, labels = list[Row](), list[tuple[str, str, str]]()  # label, detail and weight of the label
    for row, pixels in zip(rows.to_dict("records"), drawn, strict=True):
        if f"real {row['class']}" not in [label for label, *_ in labels]:
            images.append(Row(real[row["class"]][:SHOWN], above=4 * GAP if images else 0))
            floor = with_error(row[f"{kid}_floor"], row[f"{kid}_floor_std"])
            labels.append((f"real {row['class']}", f"KID floor {floor}", "bold"))
        images.append(Row(pixels[:SHOWN], above=GAP))
        labels.append((row["run"], f"KID {with_error(row[kid], row[f'{kid}_std'])}", "normal"))

    widest = max(_width(text, size) for label, detail, _ in labels for text, size in ((label, 8.5), (detail, 7.5)))
    left = MARGIN + int(widest) + 22
    with image_rows(images, SHOWN, left=left, top=TOP, width=IMAGE_WIDTH) as (figure, placed):
        x = 0.012 * figure.get_figwidth() * DPI  # below the title's first letter
        for (label, detail, weight), where in zip(labels, placed, strict=True):
            middle = where.top + where.height / 2
            text_at(figure, x, middle - 3, label, fontsize=8.5, fontweight=weight, color="#222222", va="bottom")
            text_at(figure, x, middle + 7, detail, fontsize=7.5, color="#777777", va="top")
        title, stamp = "Held-out cells, and what each GAN draws", worst_stamp(rows["protocol"])
        return finish(figure, "images", title, caption, stamp=stamp)


def gap_figure(rows: pd.DataFrame, leads: Sequence[pd.DataFrame]) -> Figure:
    """The lead by step of each GAN of one split: how far its critic scores real images above generated ones."""
    several = rows["class"].nunique() > 1
    columns = min(PANELS_IN_A_ROW, len(rows))
    width, height = max(0.9 + 2.05 * columns, 4.6), 1.25 + 1.75 * -(-len(rows) // columns)
    with canvas(width, height) as figure:
        margins = Margins(left=0.62, right=0.28, bottom=0.5, top=1.0)
        panels = axes_grid(figure, len(rows), columns, margins, wspace=0.3, hspace=0.55)
        for axes, row, lead in zip(panels, rows.to_dict("records"), leads, strict=True):
            _draw_lead(axes, lead)
            axes.set_title(row["run"], fontsize=8.5, fontweight="bold", pad=14)
            gap = f"{row['class'] + ', ' if several else ''}gap {with_error(row['gap'], row['gap_std'])}"
            axes.text(0, 1.03, gap, transform=axes.transAxes, fontsize=7.5, color="#777777", va="bottom")

        for axes in panels[-columns:]:
            axes.set_xlabel("generator step", fontsize=8)
        figure.text(
            0.18 / width, (0.5 + height - 1.0) / 2 / height, "score of real − generated",
            rotation=90, fontsize=8, color="#222222", ha="center", va="center",
        )  # fmt: skip
        lines = [Line2D([], [], color=colour, linewidth=1.8) for colour in SIDES.values()]
        names = [f"{side} images" for side in SIDES]
        figure.legend(lines, names, loc="upper left", bbox_to_anchor=(0.0, 1 - 0.42 / height), ncols=2, fontsize=8)

        title = "How much better the critic knows its training images"
        return finish(figure, "gap", title, GAP_CAPTION, stamp=worst_stamp(rows["protocol"]))


def _draw_lead(axes: Axes, lead: pd.DataFrame) -> None:
    smooth = running_mean(lead)
    for side in lead:
        colour = SIDES[str(side)]
        axes.plot(lead.index, lead[side], color=colour, linewidth=0.5, alpha=0.35)
        axes.plot(smooth.index, smooth[side], color=colour, linewidth=1.6)
    if len(lead) > 1:
        shaded = last_fifth(lead).index
        axes.axvspan(shaded[0], shaded[-1], color="#f1f1f1", zorder=-2, linewidth=0)

    axes.set_xlim(0, lead.index[-1])
    limits = settled_range(lead)
    if limits is not None:
        low, high = limits
        axes.set_ylim(min(0.0, low) - 0.02 * (high - low), max(0.0, high) + 0.1 * (high - low) + 1e-9)
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=STEPS, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
    axes.tick_params(labelsize=7.5, length=2.5)
    axes.grid(axis="y")


def _width(text: str, size: float) -> float:
    """Pixels of a text in a figure."""
    return float(TextPath((0, 0), text, size=size).get_extents().width) * DPI / 72
