"""Numbers and names as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEAKY = "LEAKY"
NONE = "–"


def points(fraction: float, sign: bool = True) -> str:
    """A difference in percentage points with one decimal, such as +1.9 or −9.6."""
    rounded = round(100 * fraction, 1) + 0.0  # + 0.0 makes -0.0 plain
    text = f"{abs(rounded):.1f}"
    if rounded == 0 or not sign:
        return text if rounded >= 0 else f"−{text}"
    return f"{'+' if rounded > 0 else '−'}{text}"


def percent(fraction: float) -> str:
    """A percentage with one decimal, without its sign; a dash where undefined."""
    return NONE if math.isnan(fraction) else f"{100 * fraction:.1f}"


def p_value(p: float) -> str:
    """A p value with three decimals; a dash where undefined."""
    if math.isnan(p):
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def join_words(items: Sequence[str], last: str = "and") -> str:
    """Items as a sentence lists them: a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def classifier_phrase(title: str) -> str:
    """A classifier's title within a sentence: the SVM, logistic regression, VGG16 with random features."""
    name, _, detail = title.partition(", ")
    if name.isupper() and name.isalpha():
        name = f"the {name}"
    elif name[1:].islower() or " " in name:
        name = name[:1].lower() + name[1:]
    return f"{name} with {detail}" if detail else name


def quantity(number: int, noun: str) -> str:
    """A number with its noun: 1 split, 3 splits."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
