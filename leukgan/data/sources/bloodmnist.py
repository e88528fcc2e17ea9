"""BloodMNIST: 17,092 normal blood cells of eight classes, MedMNIST's set of cells, under a name of its own."""

from collections.abc import Sequence

from leukgan.data.images import CellImages
from leukgan.data.members import Members
from leukgan.data.sources.medmnist import load_medmnist


def load_bloodmnist(
    *,
    image_size: int,
    root: str | None = None,
    classes: Sequence[str] = ("lymphocyte", "monocyte"),
    members: Members | None = None,
    source_size: int | None = None,
    download: bool = True,
) -> CellImages:
    """Two classes of BloodMNIST, or two groups of its classes, with its own training, validation and test part.

    Args:
        image_size: Height and width to resize to: 32, 64, 128 or 256.
        root: The folder of bloodmnist.npz, bloodmnist_64.npz and so on; ~/.medmnist by default.
        classes: The negative and the positive class.
        members: The cells of each class that has another name or several: {name: [cell, ...]}, and '*' for all that
            the other class does not name.
        source_size: Height and width of the images that are read: 28, 64, 128 or 224; by default the smallest from
            `image_size` up.
        download: Whether a missing file is downloaded.

    Raises:
        InputError: The package medmnist or the file is missing, or a class is none of the eight.
    """
    return load_medmnist(
        image_size=image_size,
        flag="bloodmnist",
        root=root,
        classes=classes,
        members=members,
        source_size=source_size,
        download=download,
    )
