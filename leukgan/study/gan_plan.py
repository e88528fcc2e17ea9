"""Which GANs a split trains, what each of them learns, and which of them draw the images of a class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leukgan.data.images import CellImages, is_folder_name
from leukgan.data.split import Split
from leukgan.errors import InputError
from leukgan.run_folder.paths import CONDITIONAL


@dataclass(frozen=True)
class GANPlan:
    """The GANs of a split: one for each kind of cells, or one that learns all kinds."""

    kinds: tuple[str, ...]  # names of the kinds, which are the two classes, or their members
    labels: tuple[int, ...]  # the class of each kind
    conditional: bool  # whether one GAN learns all kinds

    def kinds_of(self, label: int) -> list[int]:
        return [number for number, of_class in enumerate(self.labels) if of_class == label]

    def gan_name(self, kind: int) -> str:
        """The folder of the GAN that draws a kind."""
        return CONDITIONAL if self.conditional else self.kinds[kind]

    def gans(self, labels: Sequence[int] = (0, 1)) -> dict[str, int | None]:
        """Folder of each GAN that draws some classes, and the number of the kind that it learns; None: all kinds."""
        drawn = [kind for label in labels for kind in self.kinds_of(label)]
        return {self.gan_name(kind): None if self.conditional else kind for kind in drawn}

    def split_by_kind(self, split: Split) -> Split:
        """The parts that GANs learn from, with the numbers of kinds as labels.

        Raises:
            InputError: A kind has too few training images.
        """
        train = self._by_kind(split.train)
        for number, kind in enumerate(self.kinds):
            if (found := int((train.labels == number).sum())) < 2:
                raise InputError(
                    f"gan.per=member needs two training images of each kind of cells, and there are {found} of {kind}; "
                    "leave it out of data.members, or set gan.per=class."
                )
        return replace(split, train=train, validation=self._by_kind(split.validation), test=self._by_kind(split.test))

    def images_of(self, images: CellImages, kind: int) -> NDArray[np.uint8]:
        """The images (N, 3, H, W) of a kind."""
        return self._by_kind(images).of_class(kind).images

    def _by_kind(self, images: CellImages) -> CellImages:
        if self.kinds == images.classes:
            return images
        numbers = np.array([self.kinds.index(kind) for kind in images.kinds], dtype=np.int64)
        return replace(images, labels=numbers)

    def share(self, train: CellImages, label: int, count: int) -> NDArray[np.int64]:
        """The number of the kind that each of a class's generated images shows, (count,).

        Every beginning of the list, so every number of a curve, has the kinds nearly in the training images'
        proportion: Sainte-Laguë's method, which gives the next place to the kind with the largest n / (2 places + 1).
        """
        kinds = np.array(self.kinds_of(label))
        sizes = np.array([len(self.images_of(train, kind)) for kind in kinds])  # (K,)

        places = np.zeros(len(kinds))
        shown = np.empty(count, np.int64)
        for position in range(count):
            winner = int(np.argmax(sizes / (2 * places + 1)))
            places[winner] += 1
            shown[position] = kinds[winner]
        return shown


def plan_gans(images: CellImages, *, per: str, conditional: bool) -> GANPlan:
    """The GANs for a study's images; `per` says whether one learns, or a conditional one tells apart, class or member.

    Raises:
        InputError: The images have no members, or one whose name can't name a folder.
    """
    if per == "class":
        return GANPlan(images.classes, (0, 1), conditional)

    label_of = dict(sorted(zip(images.kinds, images.labels.tolist(), strict=False), key=lambda found: found[::-1]))
    if len(label_of) < 3:
        raise InputError(
            "gan.per=member trains a GAN for each kind of cells that data.members puts into the classes, and the data "
            f"has {' and '.join(label_of) or 'no kinds'}; name several kinds there, or leave gan.per out."
        )
    unusable = [kind for kind in label_of if not is_folder_name(kind)]
    if unusable or len({kind.casefold() for kind in label_of}) < len(label_of):
        raise InputError(
            f"gan.per=member names folders after the kinds {', '.join(label_of)}, which must differ and consist of "
            f"letters, digits, '-' and '_'{f'; rename {unusable[0]!r}' if unusable else ''}."
        )
    return GANPlan(tuple(label_of), tuple(label_of.values()), conditional)
