"""The figures of a data check: the images, what repeats, and the surroundings by class; and augmented images."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from leukgan.data.augmentation import AUGMENTATIONS, rotate_flip
from leukgan.data.check.checking import Checked
from leukgan.data.check.findings import PROPERTIES
from leukgan.data.images import CellImages
from leukgan.presentation.figures import Figure, canvas, finish
from leukgan.presentation.formatting import quantity
from leukgan.presentation.images import IN_A_ROW, images_figure
from leukgan.presentation.plots import Margins, axes_grid, common_histogram, draw_histogram

ON_A_SHEET = 160  # images of a class
SHEET_COLUMNS = 16
PAIRS = 12
PANEL_COLUMNS = 4
BINS = 24
USERS = {"gan": "the GANs", "classifiers": "the classifiers' training sets with +aug"}

Pixels = NDArray[np.uint8]


def check_figures(checked: Checked, augmentation: Mapping[str, str]) -> list[Figure]:
    """All figures of a check; `augmentation` names what the GANs and the classifiers would be trained on."""
    images = checked.images
    if images is None:
        return []

    figures = [_sheet(images, label) for label in (0, 1) if label in images.labels]
    repeats = [(pair.first, pair.second, pair.orientation) for pair in checked.repeats]
    crops = [(crop.first, crop.second, 0) for crop in checked.overlaps]
    if repeats:
        figures.append(_pairs("repeats", "Images that show the same", images, repeats))
    if crops:
        figures.append(_pairs("overlaps", "Crops that overlap", images, crops))
    if len(checked.differences):
        figures.append(_surroundings(checked))
    return [*figures, *augmentation_figures(augmentation, _rows(images.images[:1])[0])]


def augmentation_figures(augmentation: Mapping[str, str], image: Pixels, *, stamp: str = "") -> list[Figure]:
    """A figure for each user of an augmentation, gan and classifiers: an image uint8 (H, W, 3) and its copies."""
    caption = "The image itself first. Corners that a turn by 45 degrees leaves empty are filled by reflection."
    figures = []
    for user, name in augmentation.items():
        augmented = _rows(AUGMENTATIONS[name](image.transpose(2, 0, 1)[None])[:, 0])  # (K, H, W, 3)
        title = f"{name}: {quantity(len(augmented), 'image')} of one, for {USERS[user]}"
        rows = [("", augmented)]
        figures.append(images_figure(f"augmentation_{user}", title, caption, rows, IN_A_ROW, stamp=stamp))
    return figures


def _rows(images: Pixels) -> Pixels:
    return images.transpose(0, 2, 3, 1)


def _sheet(images: CellImages, label: int) -> Figure:
    """All images of a class, or some spread evenly over their names."""
    part, name = images.of_class(label), images.classes[label]
    chosen = np.unique(np.linspace(0, len(part) - 1, min(len(part), ON_A_SHEET)).round().astype(int))
    shown = part.part(chosen)
    which = "All of them" if len(shown) == len(part) else f"{len(shown)} of them, evenly spread"
    caption = f"{which}, by name from {shown.names[0]} to {shown.names[-1]}."
    title = f"{name}: {quantity(len(part), 'image')}"
    return images_figure(f"sheet_{name}", title, caption, [("", _rows(shown.images))], SHEET_COLUMNS, stamp="")


def _pairs(name: str, title: str, images: CellImages, pairs: Sequence[tuple[int, int, int]]) -> Figure:
    """The first of each pair above the second, which is turned as the first is."""
    shown = pairs[:PAIRS]
    above = images.images[[first for first, *_ in shown]]
    below = np.stack([rotate_flip(images.images[second], turn) for _, second, turn in shown])
    names = "; ".join(f"{images.names[first]} and {images.names[second]}" for first, second, _ in shown)
    more = f" {len(pairs) - PAIRS} more are in images.csv." if len(pairs) > PAIRS else ""
    caption = f"The second is turned as the first is. From left to right: {names}.{more}"
    rows = [("first", _rows(above)), ("second", _rows(below))]
    title = f"{title}: {quantity(len(pairs), 'pair')}"
    return images_figure(name, title, caption, rows, max(len(shown), 6), stamp="")


def _surroundings(checked: Checked) -> Figure:
    """Histograms of what the images show beside the cell, one class over the other."""
    table = checked.usable
    differences = checked.differences[np.isfinite(checked.differences["auc"])].to_dict("records")
    histograms = [
        common_histogram([table.loc[table["label"] == label, row["property"]] for label in (0, 1)], BINS)
        for row in differences
    ]

    rows = -(-len(histograms) // PANEL_COLUMNS)
    with canvas(8, 0.8 + 1.75 * rows) as figure:
        margins = Margins(left=0.24, right=0.12, bottom=0.42, top=0.85)
        panels = axes_grid(figure, len(histograms), -(-len(histograms) // rows), margins, wspace=0.2, hspace=0.75)
        for axes, histogram, row in zip(panels, histograms, differences, strict=True):
            draw_histogram(axes, histogram, checked.classes)
            title = f"{PROPERTIES[row['property']]}\nAUC {row['auc']:.2f}"
            axes.set_title(title, fontsize=8, fontweight="bold" if row["tells"] else "normal")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", ncols=2, fontsize=8, bbox_to_anchor=(0.99, 1.0))

        caption = (
            "AUC 0.5: the property tells nothing of the class; 0 or 1: it tells it wholly. Bold: it tells the class. "
            "Dotted lines: medians."
        )
        return finish(figure, "surroundings", "What the images show beside the cell", caption, stamp="")
