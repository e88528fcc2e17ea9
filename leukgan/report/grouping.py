"""What it means that images belong together: fewer independent images than there are."""

from __future__ import annotations

from leukgan.report.results import Run

ALIKE = 1.5  # images a group, from which on a test that counts images is too sure


def group_warnings(run: Run) -> list[str]:
    """What to say first where the test images are of few groups."""
    for split in run.splits:
        groups = split.provenance["data"].get("groups", {}).get("test")
        images = split.real_images[1]
        if groups and images >= ALIKE * groups:
            return [
                f"Groups: the {images} test images of {split.name} are of {groups} groups, such as patients. Images of "
                "one group are alike, and the tests count images as independent: intervals are too narrow and p values "
                "too small, most of all with one split."
            ]
    return []
