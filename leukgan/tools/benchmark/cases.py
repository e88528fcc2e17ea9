"""What is measured: an image size, a critic's width and a precision, written 64-16-fp32."""

from __future__ import annotations

import re
from dataclasses import dataclass

from leukgan.errors import InputError

IMAGE_SIZES = (32, 64, 128, 256)
PRECISIONS = ("fp32", "bf16")


@dataclass(frozen=True)
class Case:
    """One row of the benchmark.

    Attributes:
        image_size: Height and width of the images.
        width: Channels of the critic's first block.
        precision: fp32, or bf16: mixed precision as in training, weights and losses stay single.
    """

    image_size: int
    width: int
    precision: str

    def __str__(self) -> str:
        return f"{self.image_size}-{self.width}-{self.precision}"


def case_of(text: str) -> Case:
    """The case that is written as image size, critic width and precision.

    Raises:
        InputError: It is written otherwise, or can't be measured.
    """
    parts = re.fullmatch(r"(\d+)-(\d+)-(\w+)", str(text))
    if parts and parts[3] == "fp16":
        raise InputError(
            f"cases can't have fp16, got {text}: its range ends at 65504 and 6e-8, which the penalty's squared norms "
            "exceed and its gradients fall below; take bf16."
        )
    if not parts or int(parts[1]) not in IMAGE_SIZES or int(parts[2]) < 1 or parts[3] not in PRECISIONS:
        raise InputError(
            f"cases must be written like 64-16-fp32: an image size of {', '.join(map(str, IMAGE_SIZES))}, "
            f"a critic width of at least 1 and {' or '.join(PRECISIONS)}, got {text}."
        )
    return Case(int(parts[1]), int(parts[2]), parts[3])
