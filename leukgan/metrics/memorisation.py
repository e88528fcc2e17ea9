"""Whether a GAN has copied its training images: the closest pairs, two published measures, and an alarm.

The alarm does not look at how near generated images are to training images, since blurred and average images are near
to all of them, but at how much nearer they are to one cell than to any other. Among real cells, the logarithm of that
ratio of distances falls off exponentially, whatever their number (Facco et al., 2017, "Estimating the intrinsic
dimension of datasets by a minimal neighborhood information"): twice the median is exceeded by one in four, sixteen
times the median by one in 65,536. Copies exceed it by far.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom, rankdata, tiecorrect

from leukgan.errors import InputError
from leukgan.metrics.nearest_neighbours import Distances, Numbers, dihedral_distances

MEDIANS = 16  # how many times the median log ratio of real cells a copy exceeds
CHANCE = 0.005  # share of flagged images that is no reason for an alarm
TAIL = 2.0**-16  # share of real cells that are flagged
ALPHA = 0.01
TWINS = 0.4  # of the median distance between training cells: closer images show the same cell
ROUNDING = 1e-6  # of distances


@dataclass(frozen=True)
class Memorisation:
    """Comparison of generated images with the training images of their GAN.

    Attributes:
        generated: A row for each generated image: `index` of the image, `nearest` training cell, the `orientation` (0
            to 15) of that cell's nearest view, `distance` to it, distance to the `second`, the nearest cell that is not
            a picture of the same, their `ratio`, and whether the image is `flagged` as a copy.
        held_out: The same of the held-out real images.
        limit: The ratio below which an image is flagged.
        copies: Number of flagged generated images.
        p: Probability of at least this number if copies were as rare as among held-out images (or as `chance`).
        alarm: Whether `p` is below 1%.
        authenticity: Share of authentic generated images.
        c_t: The three-sample test's z; below -3, generated images are nearer to training images than real ones are.
        median_distance: Of generated images to their nearest training cell, 0 to 2.
    """

    generated: pd.DataFrame
    held_out: pd.DataFrame
    limit: float
    copies: int
    copies_held_out: int
    p: float
    alarm: bool
    authenticity: float
    authenticity_held_out: float
    c_t: float
    median_distance: float
    median_distance_held_out: float


def measure_memorisation(
    training: NDArray[np.uint8], held_out: NDArray[np.uint8], generated: NDArray[np.uint8], chance: float = CHANCE
) -> Memorisation:
    """Compare generated images, and real ones that the GAN never saw, with its training images, uint8 (N, 3, H, W).

    An image is flagged as a copy where log(second / distance) is above 16 times its median among real cells: the
    held-out ones, and each training cell against the others. The alarm goes off where more images are flagged than
    the share of flagged held-out images, or `chance`, explains (binomial test, 1%).

    Raises:
        InputError: Fewer than 3 training images, or no held-out or generated ones.
    """
    counts = {"training": (len(training), 3), "held-out": (len(held_out), 1), "generated": (len(generated), 1)}
    for kind, (count, least) in counts.items():
        if count < least:
            raise InputError(f"copies are looked for with at least {least} {kind} image(s) of a class, got {count}.")

    found = dihedral_distances(np.concatenate([training, held_out, generated]), training)
    ends = [len(training), len(training) + len(held_out)]
    parts = zip(np.split(found.values, ends), np.split(found.orientations, ends), strict=True)
    among, reference, images = (Distances(*part) for part in parts)
    return summarise_distances(among, reference, images, chance)


def summarise_distances(
    among: Distances, held_out: Distances, generated: Distances, chance: float = CHANCE
) -> Memorisation:
    """Memorisation from the distances of training (N, N), held-out (K, N) and generated images (M, N) to the cells."""
    twins = find_same_cells(among.values)
    others = Distances(np.where(twins, np.inf, among.values), among.orientations)
    training, reference, images = (neighbours(found, twins) for found in (others, held_out, generated))

    # Flag images that are closer to one cell than real cells are.
    limit = flag_limit(np.concatenate([training["ratio"], reference["ratio"]]))
    reference, images = (table.assign(flagged=table["ratio"] < limit) for table in (reference, images))
    copies, copies_held_out = (int(table["flagged"].sum()) for table in (images, reference))

    p = excess_p_value(copies, len(images), copies_held_out / len(reference), chance)
    spacing = np.where(np.eye(len(among.values), dtype=bool), np.inf, among.values).min(1)
    return Memorisation(
        generated=images,
        held_out=reference,
        limit=limit,
        copies=copies,
        copies_held_out=copies_held_out,
        p=p,
        alarm=p < ALPHA,
        authenticity=authenticity(images, spacing),
        authenticity_held_out=authenticity(reference, spacing),
        c_t=three_sample_z(images["distance"].to_numpy(), reference["distance"].to_numpy()),
        median_distance=float(images["distance"].median()),
        median_distance_held_out=float(reference["distance"].median()),
    )


def find_same_cells(among: Numbers) -> NDArray[np.bool_]:
    """Which pairs of training images, of these distances (N, N), show the same cell; each image with itself does."""
    itself = np.eye(len(among), dtype=bool)
    close = among <= TWINS * np.median(among[~itself])
    return close | close.T | itself


def neighbours(found: Distances, twins: NDArray[np.bool_]) -> pd.DataFrame:
    """The nearest training cell of each image and the nearest other cell: all columns of a table but `flagged`.

    Distances (M, N) are infinite where a cell does not count; `twins` (N, N) says which cells are one and the same.
    """
    rows = np.arange(len(found.values))
    nearest = found.values.argmin(1)
    distance = found.values[rows, nearest]

    # Without any other cell the ratio is 1: nothing to tell.
    second = np.where(twins[nearest], np.inf, found.values).min(1)
    second = np.where(np.isfinite(second), second, distance)
    return pd.DataFrame(
        {
            "index": rows,
            "nearest": nearest,
            "orientation": found.orientations[rows, nearest],
            "distance": distance,
            "second": second,
            "ratio": np.maximum(distance, ROUNDING) / np.maximum(second, ROUNDING),
        }
    )


def closest_first(table: pd.DataFrame) -> pd.DataFrame:
    """A table of `Memorisation` with flagged images first, each kind by its ratio."""
    return table.sort_values(["flagged", "ratio"], ascending=[False, True], kind="stable")


def flag_limit(ratios: Numbers) -> float:
    """The ratio below which an image is flagged as a copy, from the ratios of real cells."""
    return float(np.exp(MEDIANS * np.median(np.log(ratios))))


def excess_p_value(copies: int, count: int, share: float, chance: float = CHANCE) -> float:
    """Binomial p of at least `copies` flagged of `count` images, at this share or at `chance` if that is more."""
    return float(binom.sf(copies - 1, count, max(chance, share)))


def authenticity(table: pd.DataFrame, spacing: Numbers) -> float:
    """Share of images farther from their nearest cell than that cell is from its own neighbour (Alaa et al., 2022).

    `table` has a row for each image, `spacing` (N,) the distance of each training cell to the nearest other.
    """
    return float((table["distance"] > spacing[table["nearest"]]).mean())


def three_sample_z(generated: Numbers, held_out: Numbers) -> float:
    """C_T of the data-copying test (Meehan, Chaudhuri and Dasgupta, 2020), of one cell: the whole space.

    With U the number of pairs whose generated image is the farther one from the training images (a tie is half a pair)
    it is (U - MK/2) / sqrt(MK (M + K + 1) / 12), the variance corrected for ties: below 0 where generated images (M,)
    are nearer than held-out ones (K,), NaN if all are equally near. The paper averages it over k-means cells, which a
    few dozen held-out images do not fill.
    """
    m, k = len(generated), len(held_out)
    ranks = rankdata(np.concatenate([generated, held_out]))
    u = ranks[:m].sum() - m * (m + 1) / 2
    variance = tiecorrect(ranks) * m * k * (m + k + 1) / 12
    return float((u - m * k / 2) / math.sqrt(variance)) if variance > 0 else math.nan
