"""The four training sets that the study compares."""

from __future__ import annotations

from leukgan.errors import InputError

TRAINING_SETS = ("real", "real+aug", "real+gen", "real+aug+gen")


def blocks(training_set: str) -> tuple[str, ...]:
    """What a training set is made of: real images, rotated copies of them ("aug"), generated images ("gen")."""
    if training_set not in TRAINING_SETS:
        raise InputError(
            f"training_sets names {training_set!r}, which does not exist; choose from {', '.join(TRAINING_SETS)}."
        )
    return tuple(training_set.split("+"))
