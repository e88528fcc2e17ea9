"""Selection of generated images; every method but the random one introduces a bias, which the report shows."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from leukgan.data.table import read_csv, text_of
from leukgan.errors import InputError
from leukgan.features import Features
from leukgan.gans import GAN
from leukgan.metrics.kid import seeded_views
from leukgan.metrics.precision_recall import choose_neighbours, realism
from leukgan.run_folder.files import read_given

SELECTIONS = ("random", "critic", "realism", "diverse")
BY_FEATURES = ("realism", "diverse")
PICK_COLUMNS = ("image", "class", "drawn", "checkpoint")  # of picks.csv; without a GAN of ours the last two are empty
TRAINING_VIEWS = 400  # augmented views of the training images, which span the manifold of real images

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]  # into the pool, ascending


def check_selection(name: str) -> str:
    """The selection itself; an error unless it is one of SELECTIONS or an existing file."""
    if name not in SELECTIONS and not Path(name).is_file():
        raise InputError(
            f"generation.selection must be {', '.join(SELECTIONS)}, or the picks.csv of a review page, or a text file "
            f"with the name of a generated image on each line, got {name!r}."
        )
    return name


def select(
    selection: str,
    pool: Pixels,
    count: int,
    *,
    gan: GAN | None,
    condition: int,
    class_name: str,
    train: Pixels,
    features: Callable[[], Features],
) -> Indices:
    """Indices of the `count` images to keep of a pool uint8 (N, 3, H, W).

    - random: the first.
    - critic: those with the highest scores of the GAN's critic.
    - realism: the first inside the manifold of the real training images (Kynkäänniemi et al., 2019), then the nearest.
    - diverse: a greedy k-centre cover, each image the farthest from those before.
    - a file: those that it names; see `read_picks`.

    `gan` generated them, asked for `condition` if it is conditional; it is None for another generator, whose images no
    critic can score. `train` are training images of the same kind of cells: a selection may look at no other real
    images. `features` makes the feature extractor that distances are computed in, for those of BY_FEATURES alone.

    Raises:
        InputError: The file's names are unknown or repeated, or their number is not `count`.
    """
    match selection:
        case "random":
            return np.arange(count)
        case "critic":
            assert gan is not None, "the settings allow the critic of a GAN of the study alone"
            return _best(critic_scores(gan, pool, condition), count)
        case "realism":
            scores = realism_scores(train, pool, features())
            return _best(np.minimum(scores, 1), count)
        case "diverse":
            return k_centre(features()(pool), count)
        case _:
            return _picked(Path(selection), len(pool), count, class_name)


def _best(scores: NDArray[np.float64], count: int) -> Indices:
    """Indices of the highest scores; of equal scores, the first."""
    return np.sort(np.argsort(-scores, kind="stable")[:count])


def realism_scores(train: Pixels, images: Pixels, features: Features) -> NDArray[np.float64]:
    """The realism (N,) of images uint8 (N, 3, H, W) beside augmented views of training images of their class."""
    views = seeded_views(train, TRAINING_VIEWS, seed=0)  # (V, N, 3, H, W)
    real = features(views.reshape(-1, *views.shape[2:]))
    return realism(real, features(images), choose_neighbours(len(real)))


@torch.no_grad()
def critic_scores(gan: GAN, images: Pixels, label: int) -> NDArray[np.float64]:
    """The critic's scores (N,) of images uint8 (N, 3, H, W), without dropout."""
    gan.critic.eval()
    labels = torch.full((len(images),), label)
    parts = zip(torch.from_numpy(images).split(64), labels.split(64), strict=True)
    return torch.cat([gan.score(pixels, of_class) for pixels, of_class in parts]).double().numpy()


def k_centre(vectors: NDArray[np.float64], count: int) -> Indices:
    """Greedy cover of features (N, F): the image nearest to the mean, then always the farthest from those chosen."""
    chosen = [int(np.linalg.norm(vectors - vectors.mean(0), axis=1).argmin())]
    distance = np.linalg.norm(vectors - vectors[chosen[0]], axis=1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(vectors - vectors[chosen[-1]], axis=1))
    return np.sort(chosen)


def _picked(path: Path, pool: int, count: int, class_name: str) -> Indices:
    """The indices that a file names for a class."""
    names = read_picks(path).names
    ours = [name for name in names if name.rpartition("_")[0] == class_name]

    wrong = [name for name in ours if not name.rpartition("_")[2].isdigit() or int(name.rpartition("_")[2]) >= pool]
    if wrong:
        raise InputError(
            f"generation.selection={path} names {wrong[0]!r}, and {pool} images of {class_name} are drawn, from "
            f"{class_name}_{0:05d} to {class_name}_{pool - 1:05d}; raise generation.candidates or correct the name."
        )

    indices = sorted({int(name.rpartition("_")[2]) for name in ours})
    if len(indices) < len(ours) or len(indices) != count:
        raise InputError(
            f"generation.selection={path} names {len(indices)} different images of {class_name} on {len(ours)} lines; "
            f"generation.per_class={count} wants {count}, each once."
        )
    return np.array(indices)


@dataclass(frozen=True)
class Picks:
    """Names of picked images, and from how many images of which checkpoint those of a class were picked."""

    names: list[str]  # such as leukemia_00012
    origins: dict[str, tuple[int, str]] = field(default_factory=dict)  # class -> images drawn, sha256 of the checkpoint


def read_picks(path: Path) -> Picks:
    """The picks of a review page's picks.csv, or of a text file with a name such as leukemia_00012.png on each line.

    Raises:
        InputError: The file is neither, or its images were not drawn by leukgan.
    """
    try:
        text = text_of(read_given(path))
    except (OSError, ValueError) as error:
        raise InputError(f"generation.selection={path} can't be read ({error}); export the picks again.") from None
    if not re.match(rf"{PICK_COLUMNS[0]}[,;\t]", text):
        return Picks([Path(line.strip()).stem for line in text.splitlines() if line.strip()])

    try:
        table = read_csv(io.StringIO(text))
        rows = table[list(PICK_COLUMNS)]
    except (KeyError, ValueError):
        raise InputError(
            f"generation.selection={path} is no picks.csv with the columns {', '.join(PICK_COLUMNS)}; export it again."
        ) from None
    return Picks([Path(name).stem for name in rows["image"]], _origins(rows, path))


def _origins(rows: pd.DataFrame, path: Path) -> dict[str, tuple[int, str]]:
    """The one origin of each class's images."""
    origins: dict[str, tuple[int, str]] = {}
    for name, drawn, checkpoint in zip(rows["class"], rows["drawn"], rows["checkpoint"], strict=True):
        if not (drawn.isascii() and drawn.isdigit() and checkpoint):
            raise InputError(
                f"generation.selection={path} has images of {name} that no GAN of leukgan drew; copy it into the "
                "folder of these images and give generated=FOLDER/" + f"{path.name}."
            )
        if origins.setdefault(name, (int(drawn), checkpoint)) != (int(drawn), checkpoint):
            raise InputError(f"generation.selection={path} has images of {name} from two pages; take those of one.")
    return origins
