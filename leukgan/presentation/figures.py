"""Figures as files: one look, a stamp where the data leaks, the same bytes every time.

Texts are in DejaVu Sans, and characters that it lacks, such as Chinese ones, in fonts of the machine.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import font_manager, style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from leukgan.presentation.console import stderr_console
from leukgan.presentation.formatting import STAMP_REASONS

DPI = 200
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # Okabe and Ito's, safe for colour-blind readers
METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Producer": None, "Creator": None}}
STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": "#222222",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.frameon": False,
    "pdf.fonttype": 42,
}

DEJAVU = "DejaVu Sans"  # comes with matplotlib
FALLBACKS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Droid Sans Fallback", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic", "Arial Unicode MS"),
    *("Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Unifont"),
)
MISSING = re.compile(r"Glyph (\d+) .* missing from font")
SAID: set[str] = set()  # characters of which the reader knows already


@dataclass(frozen=True)
class Figure:
    """A figure of the report: file name without ending, title, what to know beside it, and its bytes in two formats."""

    name: str
    title: str
    caption: str
    png: bytes
    pdf: bytes

    def files(self, folder: Path) -> dict[Path, bytes]:
        """The content of its two files in a folder."""
        return {folder / f"{self.name}.png": self.png, folder / f"{self.name}.pdf": self.pdf}


@cache
def font_families() -> list[str]:
    """The fonts that figures are drawn with, in the order in which a character is looked up in them."""
    installed = set(font_manager.get_font_names())
    return [DEJAVU, *(name for name in FALLBACKS if name in installed)]


@contextmanager
def named_missing_characters() -> Iterator[None]:
    """Say in one sentence, once, which characters no font has, in place of matplotlib's warning for each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield

    found = {chr(int(match[1])) for warning in caught if (match := MISSING.search(str(warning.message)))}
    if new := sorted(found - SAID):
        SAID.update(new)
        stderr_console().print(
            f"Figures show boxes for {' '.join(new)}, which no font of this machine has; install one that has, such as "
            "Debian's fonts-noto-cjk for Chinese, Japanese and Korean, and make the report again. Tables are right.",
        )
    for warning in caught:
        if not MISSING.search(str(warning.message)):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


@contextmanager
def canvas(width: float, height: float) -> Iterator[Canvas]:
    """A figure of this size in inches, drawn without a display and in the report's style."""
    with style.context(["default", STYLE, {"font.family": font_families()}]):
        figure = Canvas(figsize=(width, height), dpi=DPI)
        FigureCanvasAgg(figure)
        yield figure


def finish(figure: Canvas, name: str, title: str, caption: str, *, stamp: str) -> Figure:
    """The drawn figure as files, with its title, and its stamp, if any; no dates inside."""
    height = figure.get_figheight()
    figure.text(0.012, 1 - 0.35 / height, title, fontsize=10.5, fontweight="bold", va="baseline")

    if stamp:
        width = figure.get_figwidth()
        figure.text(
            1 - 0.08 / width, 1 - 0.06 / height, f"{stamp}: {STAMP_REASONS[stamp]}",
            color="#c00000", fontsize=7, fontweight="bold", ha="right", va="top",
        )  # fmt: skip

    files = {}
    for kind, metadata in METADATA.items():
        buffer = BytesIO()
        with named_missing_characters():
            figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
        files[kind] = buffer.getvalue()
    return Figure(name, title, caption, files["png"], files["pdf"])
