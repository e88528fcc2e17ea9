"""What a haematologist would look at: size, shape and colour of the central white cell, and how far two sets differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.measure import perimeter_crofton

from leukgan.metrics.segmentation import Mask, Masks, segment
from leukgan.statistics.bootstrap import Numbers, bootstrap_estimate, resample_counts

MEASUREMENTS = (
    "cell_area",
    "nucleus_area",
    "nucleus_to_cell",
    "roundness",
    "nucleus_lightness",
    "nucleus_redness",
    "cytoplasm_lightness",
    "cytoplasm_blueness",
)


def measure_cells(images: NDArray[np.uint8], masks: Masks | None = None) -> pd.DataFrame:
    """One row an image; measurements are missing where no cell was found, those of cytoplasm where none shows.

    - `found`: whether there is a central white cell; see `segment`.
    - `cell_area`, `nucleus_area`: shares of the image's area.
    - `nucleus_to_cell`: area of the nucleus divided by that of the whole cell, in (0, 1]: the N:C ratio as it is read
      at the microscope, in per cent. Nucleus over cytoplasm has no bound where little cytoplasm shows.
    - `roundness`: of the nucleus, 4 pi area / perimeter^2, 1 for a disc, less for folds and lobes. The perimeter is
      Crofton's in four directions, which has no bias on the pixel grid: on discs 1.00 with a spread of 0.01 at a
      radius of 8 pixels, of 0.05 at 3; values above 1 are left as they are.
    - `nucleus_lightness`, `cytoplasm_lightness`: CIELAB's L*, from 0 (black) to 100 (white).
    - `nucleus_redness`: CIELAB's a*, more for red-violet than for blue chromatin.
    - `cytoplasm_blueness`: CIELAB's -b*, more for basophilic cytoplasm.

    Colours are medians over pixels.

    Args:
        images: uint8 (N, 3, H, W), RGB.
        masks: Of these images, where they are known already.
    """
    masks = segment(images) if masks is None else masks
    rows = [_row(image, masks.nucleus[i], masks.cell[i]) for i, image in enumerate(images)]
    table = pd.DataFrame(rows, columns=list(MEASUREMENTS), dtype=np.float64)
    table.insert(0, "found", masks.found)
    return table


def measurement_distances(
    real: pd.DataFrame, generated: pd.DataFrame, *, seed: int, floor: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How far generated images are from real ones, one row a measurement.

    `distance` is the Wasserstein-1 distance in standard deviations of the real images: by how much a value moves, on
    average, when the one distribution is turned into the other. `low` and `high` end its 95% interval, percentiles of
    the bootstrap over the images of both sets. No distance is below zero, so that two samples of one distribution
    are apart too, and resamples even farther: compare a small distance with `floor`, that of other real images.

    Columns besides: `n_*` images with a value, `mean_*`, `sd_*`, and `found_*`, the share of all images where a cell
    was found. Distances are missing where a set has fewer than two values or the real ones do not vary.

    Args:
        real: As `measure_cells` gives it.
        generated: The same of generated images.
        seed: Seed of the resamples.
        floor: The same of real images that are not in `real`.
    """
    sets = {"real": real, "generated": generated} | ({} if floor is None else {"floor": floor})
    rows = []
    for name in MEASUREMENTS:
        values = {key: table[name].dropna().to_numpy() for key, table in sets.items()}
        row: dict[str, float | str] = {"measurement": name}
        for key in ("real", "generated"):
            several = len(values[key]) > 1
            row[f"found_{key}"] = float(sets[key]["found"].mean())
            row[f"n_{key}"] = len(values[key])
            row[f"mean_{key}"] = float(values[key].mean()) if len(values[key]) else np.nan
            row[f"sd_{key}"] = float(values[key].std(ddof=1)) if several else np.nan
        row["distance"], row["low"], row["high"] = _interval(values["real"], values["generated"], seed)
        if floor is not None:
            row["floor"] = _interval(values["real"], values["floor"], seed)[0]
        rows.append(row)
    return pd.DataFrame(rows)


def _row(image: NDArray[np.uint8], nucleus: Mask, cell: Mask) -> tuple[float, ...]:
    if not nucleus.any():
        return (np.nan,) * len(MEASUREMENTS)
    lab = rgb2lab(image.transpose(1, 2, 0))  # (H, W, 3)
    cytoplasm = cell & ~nucleus
    chromatin = np.median(lab[nucleus], axis=0)
    plasma = np.median(lab[cytoplasm], axis=0) if cytoplasm.any() else np.full(3, np.nan)
    area = nucleus.sum()
    roundness = 4 * np.pi * area / perimeter_crofton(nucleus, directions=4) ** 2
    shares = cell.mean(), nucleus.mean(), area / cell.sum()
    return (*shares, roundness, chromatin[0], chromatin[1], plasma[0], -plasma[2])


def _interval(real: Numbers, other: Numbers, seed: int) -> tuple[float, float, float]:
    """The distance in the real standard deviations, and the ends of its interval."""
    if min(len(real), len(other)) < 2 or np.ptp(real) == 0:
        return np.nan, np.nan, np.nan
    # Seeds that differ: with one, sets of one size would be resampled alike, as if their images were pairs.
    of_real, of_other = resample_counts(len(real), seed), resample_counts(len(other), seed + 1)  # (R, N), (R, M)
    values = np.concatenate([real, other])
    order = np.argsort(values)
    signed = np.concatenate([of_real / len(real), -of_other / len(other)], axis=1)[:, order]
    between = np.abs(np.cumsum(signed, axis=1)[:, :-1]) @ np.diff(values[order])  # (R,) area between distributions
    result = bootstrap_estimate(between / real.std(ddof=1))
    return result.value, result.low, result.high
