"""Fonts of figures: DejaVu Sans, and for the characters that it lacks, such as Chinese ones, fonts of the machine."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from matplotlib import font_manager

from leukgan.presentation.console import stderr_console

DEJAVU = "DejaVu Sans"  # comes with matplotlib
FALLBACKS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Droid Sans Fallback", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic", "Arial Unicode MS"),
    *("Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Unifont"),
)
MISSING = re.compile(r"Glyph (\d+) .* missing from font")
SAID: set[str] = set()  # characters of which the reader knows already


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
