"""Which kinds of cells each of the two classes is made of."""

from collections.abc import Mapping, Sequence

from leukgan.data.table import names_of
from leukgan.errors import InputError

SHOWN = 20  # kinds that a sentence lists
REST = "*"  # all kinds that the other class does not name

Members = Mapping[str, str | Sequence[str]]


def labels_of_kinds(
    classes: tuple[str, str], members: Members | None, present: Sequence[str], has: str, advice: str = ""
) -> dict[str, int]:
    """The label of each kind of cells that is in a class, 0 for the negative and 1 for the positive one.

    `members` has the kinds of each class, or REST for those that the other one leaves; a class that it does not name is
    the kind of its own name. `present` are the kinds that the data has; in messages `has` starts the sentence that ends
    with them, and `advice` is another remedy for a kind that is not there.

    Raises:
        InputError: Members of another form, a class or a kind that does not exist, a kind in both classes, or a class
            without a kind.
    """
    given = members or {}
    if not isinstance(given, Mapping) or not all(isinstance(kinds, Sequence) for kinds in given.values()):
        raise InputError(f"data.members must name the kinds of a class, as in {{leukemia: [blast]}}, got {members!r}.")
    members = {str(name): names_of(kinds) for name, kinds in given.items()}
    if strange := sorted(set(members) - set(classes)):
        raise InputError(f"data.members has {strange[0]!r}, which is none of data.classes={','.join(classes)}.")

    named = [members.get(name, (name,)) for name in classes]
    if all(kinds == (REST,) for kinds in named):
        raise InputError("data.members says '*' for both classes; name the kinds of one of them.")
    kinds_of = [
        tuple(kind for kind in present if kind not in other) if kinds == (REST,) else kinds
        for kinds, other in zip(named, reversed(named), strict=True)
    ]

    shown = f"{has} {', '.join(present[:SHOWN]) or '(none)'}"
    for name, kinds in zip(classes, kinds_of, strict=True):
        if not kinds:
            raise InputError(f"{shown}, and data.members leaves none of them for class {name}.")
        for kind in kinds:
            if kind not in present:
                setting = "members" if name in members else "classes"
                example = f" A class of several kinds is data.members={{{name}: [{', '.join(present[:2])}]}}."
                hint = advice or (example if len(present) > len(classes) else "")
                raise InputError(f"{shown}, and data.{setting} asks for {kind!r}.{hint}")
    if both := set(kinds_of[0]) & set(kinds_of[1]):
        raise InputError(f"data.members has {min(both)!r} in both classes; take it out of one.")
    return {kind: label for label, kinds in enumerate(kinds_of) for kind in kinds}
