"""A percentage as it is printed: the fractions that round to it, and the typing errors that could have made it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

TOLERANCE = 1e-9  # percent: keeps a tie a tie in floating-point numbers


@dataclass(frozen=True)
class Cell:
    """A printed percentage from 0 to 100; its number of digits tells how it was rounded.

    Attributes:
        text: As printed, without sign and spaces: 97.06 stands for 97.055 to 97.065, and 97 for 96.5 to 97.5.
    """

    text: str

    @property
    def value(self) -> float:
        """The percentage."""
        return float(self.text)

    @property
    def digits(self) -> int:
        """Digits behind the point."""
        return len(self.text.partition(".")[2])

    @property
    def low(self) -> float:
        """Least fraction that fits: half a unit of the last digit below, the tie included.

        A tie fits the numbers on both sides. Rounding half up and half to even differ there, and a product of rounded
        floating-point numbers can fall on either side before it is rounded. Cut-off digits are not considered.
        """
        return (self.value - 0.5 * 10**-self.digits - TOLERANCE) / 100

    @property
    def high(self) -> float:
        """Largest fraction that fits, as `low`."""
        return (self.value + 0.5 * 10**-self.digits + TOLERANCE) / 100

    def corrected(self, fraction: float) -> str:
        """A fraction printed with the cell's digits, 'undefined' for none."""
        return "undefined" if math.isnan(fraction) else f"{100 * fraction:.{self.digits}f}"


def cell_of(text: str) -> Cell | None:
    """The cell that is written as a number from 0 to 100, with or without a % sign, None where nothing is written.

    Raises:
        ValueError: It is something else.
    """
    bare = text.strip().removesuffix("%").strip()
    if not text.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", bare) or float(bare) > 100:
        raise ValueError(f"must be a percentage from 0 to 100 like 97.06, or empty where none is printed, got {text!r}")
    return Cell(bare)


def slip(printed: str, meant: str) -> str | None:
    """The slip of the hand that makes `printed` of `meant`, in words, None where it takes more than one.

    Args:
        printed: A number.
        meant: Another one with as many digits behind the point, or 'undefined'.
    """
    wrong, right = printed.replace(".", ""), meant.replace(".", "")
    if len(wrong) == len(right):
        places = [place for place in range(len(wrong)) if wrong[place] != right[place]]
        if len(places) == 1:
            return "one digit"
        first, last = (places[0], places[-1]) if places else (0, 0)
        if last == first + 1 and wrong[first : last + 1] == right[last] + right[first]:
            return "two digits swapped"
    if wrong in one_shorter(right):
        return "one digit lost"
    return "one digit too many" if right in one_shorter(wrong) else None


def one_shorter(text: str) -> set[str]:
    """All texts that are left when one character is taken away."""
    return {text[:place] + text[place + 1 :] for place in range(len(text))}
