"""External test sets: images from elsewhere, by which nothing is trained and nothing chosen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leukgan.data.images import CellImages, join
from leukgan.data.loading import repeats_in
from leukgan.data.split import entries_of
from leukgan.errors import InputError


def check_apart(external: CellImages, images: CellImages, *, repeats: bool, cache: Path | None = None) -> None:
    """Refuse an external set with a file that the data has too, in whatever part.

    With `repeats` also one with an image that shows the same, turned, mirrored or compressed anew.
    """
    known = {source: name for name, source in zip(images.names, images.sha256, strict=True)}
    found = {
        name: known[source] for name, source in zip(external.names, external.sha256, strict=True) if source in known
    }
    for first, second in repeats_in(join([images, external]), cache) if repeats else ():
        if first < len(images) <= second:
            found.setdefault(external.names[second - len(images)], images.names[first])
    if found:
        example, twin = next(iter(found.items()))
        alike = ", or set split.group_repeats=false if they are cells that look alike" if repeats else ""
        raise InputError(
            f"{len(found)} of its {len(external)} images show the same as images of the data, such as {example} and "
            f"{twin} there; take them out of one of the two{alike}."
        )


def external_entries(external: Mapping[str, CellImages]) -> dict[str, Any]:
    """The images of each external set as external.json holds them, with one hash over their pixels and labels."""
    return {
        name: {"fingerprint": images.fingerprint(), "images": entries_of(images)} for name, images in external.items()
    }
