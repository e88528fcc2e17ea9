"""Seeds as users type them: numbers and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from leukgan.errors import InputError

MOST = 2**32 - 1  # torch's random numbers on the CPU know 32 bits of a seed; a larger one repeats a smaller one's image


@dataclass(frozen=True)
class Seeds:
    """Different seeds in the order in which they were named.

    Attributes:
        ranges: Ranges of step one, none of them empty.
    """

    ranges: tuple[range, ...]

    def __len__(self) -> int:
        return sum(map(len, self.ranges))

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self.ranges)


def seeds_of(value: str | int | Sequence[str | int] | None) -> Seeds:
    """The seeds that a text such as 0-99 or 3+7+20-29 names, or a list of such texts and numbers.

    Raises:
        InputError: It is something else, or a seed is negative, too large or named twice.
    """
    text = "+".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
    if text in (None, ""):
        raise InputError("seeds names none; write for example seeds=0-99.")
    ranges = tuple(range_of(part.strip()) for part in re.split("[+,]", str(text)))
    for before, after in pairwise(sorted(ranges, key=lambda part: part.start)):
        if after.start < before.stop:
            raise InputError(f"seeds names {after.start} twice, and a seed gives one image; name it once.")
    return Seeds(ranges)


def range_of(text: str) -> range:
    """The seeds from a-b, both of them included, or the seed a alone."""
    if re.fullmatch(r"-[0-9]+(-[0-9]+)?", text):
        raise InputError(f"seeds must not be negative, got {text}; take 0 or more.")
    ends = re.fullmatch(r"([0-9]{1,20})(?:-([0-9]{1,20}))?", text)
    if ends is None:
        raise InputError(f"seeds must be numbers and ranges such as 0-99 or 3+7+20-29, got {text!r}.")
    first, last = int(ends[1]), int(ends[2] or ends[1])
    if last < first:
        raise InputError(f"the range {text} of seeds is empty; write {last}-{first}.")
    if last > MOST:
        raise InputError(f"a seed is at most {MOST}, got {last}.")
    return range(first, last + 1)
