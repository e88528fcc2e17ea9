"""Numbers and names as a reader sees them; NaN is a dash."""

import math
from collections.abc import Callable, Iterable, Sequence

LEAKY, UNVERIFIED = "LEAKY", "UNVERIFIED"
STAMPS = {  # protocol of rows -> the word in these rows, in titles and in figures; worse ones last
    "clean": "",
    "unverified": UNVERIFIED,
    "paper": LEAKY,
}
STAMP_REASONS = {LEAKY: "GAN saw test images", UNVERIFIED: "generator may have seen test images"}
NONE = "–"


def worst_stamp(protocols: Iterable[str]) -> str:
    """The stamp of what rests on rows of these protocols; empty if none bears one."""
    return max((STAMPS[protocol] for protocol in protocols), key=[*STAMPS.values()].index, default="")


def points(fraction: float, sign: bool = True) -> str:
    """A difference in percentage points with one decimal, such as +1.9 or −9.6."""
    plus = "+" if sign and round(100 * fraction, 1) > 0 else ""
    return plus + number(100 * fraction, 1)


def interval(low: float, high: float, form: Callable[[float], str] = points) -> str:
    """An interval, by default of a difference in percentage points; `form` formats its ends."""
    return NONE if math.isnan(low) or math.isnan(high) else f"{form(low)} to {form(high)}"


def percent(fraction: float) -> str:
    """A percentage with one decimal, without its sign."""
    return number(100 * fraction, 1)


def percent_with_interval(value: float, low: float, high: float) -> str:
    """A percentage, and its interval in brackets if it has one."""
    return percent(value) if math.isnan(low) else f"{percent(value)} ({interval(low, high, form=percent)})"


def p_value(p: float) -> str:
    """A p value with three decimals."""
    if math.isnan(p):
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def number(value: float, digits: int | None = None) -> str:
    """A number with these decimals, or by default with about three significant digits."""
    if math.isnan(value):
        return NONE
    if digits is None:
        digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0 makes -0.0 plain


def with_error(value: float, error: float) -> str:
    """A number and its standard error, if it has one, with two decimals."""
    return number(value, 2) if math.isnan(error) else f"{number(value, 2)} ± {number(error, 2)}"


def count(value: float) -> str:
    """A whole number."""
    return NONE if math.isnan(value) else f"{int(value)}"


def quantity(value: int, noun: str) -> str:
    """A number with its noun: 1 split, 3 splits."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


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
