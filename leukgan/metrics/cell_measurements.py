"""What a haematologist would look at: size, shape and colour of the central white cell, and how far two sets differ."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.measure import perimeter_crofton

from leukgan.metrics.segmentation import Mask, Masks, segment
from leukgan.statistics.intervals import bootstrap_estimate, resample_counts

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
    """One row an image; measurements are missing where no cell was found, the cytoplasm's where none shows.

    Images are uint8 (N, 3, H, W), RGB; their masks are looked for where they are not given.

    - `found`: whether there is a central white cell; see `segment`.
    - `cell_area`, `nucleus_area`: shares of the image's area.
    - `nucleus_to_cell`: area of the nucleus divided by that of the whole cell, in (0, 1]: the N:C ratio as it is read
      at the microscope, in per cent. Nucleus over cytoplasm has no bound where little cytoplasm shows.
    - `roundness`: of the nucleus, 4 pi area / perimeter^2, 1 for a disc, less for folds and lobes. The perimeter is
      Crofton's in four directions, without bias on the pixel grid: discs measure 1.00 with a spread of 0.01 at a
      radius of 8 pixels, of 0.05 at 3, so some values exceed 1.
    - `nucleus_lightness`, `cytoplasm_lightness`: CIELAB's L*, from 0 (black) to 100 (white), median over pixels.
    - `nucleus_redness`: CIELAB's a*, more for red-violet than for blue chromatin.
    - `cytoplasm_blueness`: CIELAB's -b*, more for basophilic cytoplasm.
    """
    masks = segment(images) if masks is None else masks
    rows = [_row(image, masks.nucleus[i], masks.cell[i]) for i, image in enumerate(images)]
    table = pd.DataFrame(rows, columns=list(MEASUREMENTS), dtype=np.float64)
    table.insert(0, "found", masks.found)
    return table


def measurement_distances(
    real: pd.DataFrame, generated: pd.DataFrame, *, seed: int, real_baseline: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How far generated images are from real ones, one row a measurement, from what `measure_cells` gives of both.

    `distance` is the Wasserstein-1 distance in standard deviations of the real images: by how much a value moves, on
    average, when the one distribution is turned into the other. `low` and `high` end its 95% interval, percentiles of
    the bootstrap over the images of both sets. No distance is below zero, so two samples of one distribution are apart
    too: compare a small distance with `floor`, the distance of other real images (`real_baseline`).

    Columns besides: `n_*` images with a value, `mean_*`, `sd_*`, and `found_*`, the share of all images where a cell
    was found. Distances are missing where a set has fewer than two values or the real ones do not vary.
    """
    rows = []
    for name in MEASUREMENTS:
        row: dict[str, float | str] = {"measurement": name}
        values = {"real": real[name].dropna(), "generated": generated[name].dropna()}
        for key, table in (("real", real), ("generated", generated)):
            row[f"found_{key}"] = float(table["found"].mean())
            row[f"n_{key}"] = len(values[key])
            row[f"mean_{key}"] = float(values[key].mean())
            row[f"sd_{key}"] = float(values[key].std())

        row["distance"], row["low"], row["high"] = _interval(values["real"], values["generated"], seed)
        if real_baseline is not None:
            row["floor"] = _interval(values["real"], real_baseline[name].dropna(), seed)[0]
        rows.append(row)
    return pd.DataFrame(rows)


def _row(image: NDArray[np.uint8], nucleus: Mask, cell: Mask) -> tuple[float, ...]:
    """An image's measurements, in the order of MEASUREMENTS."""
    if not nucleus.any():
        return (np.nan,) * len(MEASUREMENTS)

    area = nucleus.sum()
    roundness = 4 * np.pi * area / perimeter_crofton(nucleus, directions=4) ** 2

    lab = rgb2lab(image.transpose(1, 2, 0))  # (H, W, 3)
    chromatin = np.median(lab[nucleus], axis=0)
    cytoplasm = cell & ~nucleus
    plasma = np.median(lab[cytoplasm], axis=0) if cytoplasm.any() else np.full(3, np.nan)
    colours = chromatin[0], chromatin[1], plasma[0], -plasma[2]
    return (cell.mean(), nucleus.mean(), area / cell.sum(), roundness, *colours)


def _interval(real_values: pd.Series, other_values: pd.Series, seed: int) -> tuple[float, float, float]:
    """The distance in the real standard deviations, and the ends of its interval."""
    real, other = real_values.to_numpy(), other_values.to_numpy()
    if min(len(real), len(other)) < 2 or np.ptp(real) == 0:
        return np.nan, np.nan, np.nan

    # Seeds that differ: with one, sets of one size would be resampled alike, as if their images were pairs.
    real_counts, other_counts = resample_counts(len(real), seed), resample_counts(len(other), seed + 1)  # (R, N or M)

    # The area between the two cumulative distributions, in each resample.
    values = np.concatenate([real, other])
    order = np.argsort(values)
    signed = np.concatenate([real_counts / len(real), -other_counts / len(other)], axis=1)[:, order]
    area = np.abs(np.cumsum(signed, axis=1)[:, :-1]) @ np.diff(values[order])  # (R,)
    return bootstrap_estimate(area / real.std(ddof=1))[:3]
