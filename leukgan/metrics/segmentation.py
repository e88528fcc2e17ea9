"""The central white cell of an image and its nucleus, by their colour alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, distance_transform_edt, gaussian_filter
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops
from skimage.morphology import isotropic_closing, isotropic_opening

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]

# Lengths are shares of the image's side, areas of its area; stains are optical densities, natural logarithms.
BLUR = 0.012  # evens out chromatin and noise, and leaves outlines where they are
DETAIL = 0.016  # outlines are smoothed over this radius
CHROMATIN, VIOLET = 0.35, 0.12  # a nucleus is stained at least so much
SEPARATION = 0.65  # of the variance of violet, explained by Otsu's threshold; Gaussian noise has 2 / pi = 0.637
INNER = 0.7  # quantile of the densest pixels: the nucleus's density, even where dark cytoplasm is among them
NUCLEUS_AREA = (0.015, 0.6)  # platelets are smaller
OFF_CENTRE = 0.25  # the nucleus's centroid is nearer to the image's centre
LOBE_GAP = 0.06  # lobes of one nucleus are nearer to each other
CYTOPLASM_VIOLET = (0.08, 0.18)  # the cell's edge lies between these; red cells have hardly any
CYTOPLASM_REACH = 0.35  # cytoplasm is nearer to its nucleus


@dataclass(frozen=True)
class Masks:
    """Where the central white cells lie; both masks are empty where no plausible cell is found."""

    nucleus: Mask  # (N, H, W)
    cell: Mask  # (N, H, W), nucleus included
    found: Mask  # (N,)


def segment(images: NDArray[np.uint8]) -> Masks:
    """The central white cell of each Romanowsky-stained square image uint8 (N, 3, H, W), by thresholds on its stains.

    The nucleus is where the chromatin's stain is at least half as dense as inside it: the part nearest to the centre
    with the lobes beside it. The cell is what is violet or blue around it, by Otsu's threshold. A cell is found where
    violet splits the image in two (Otsu's threshold explains more of the variance than on noise), and a part that is
    stained like a nucleus has 1.5 to 60% of the image's area and its centroid within a quarter side of the centre.
    """
    chromatin, violet = stains(images)
    nucleus = np.zeros(chromatin.shape, dtype=bool)  # (N, H, W)
    cell = np.zeros_like(nucleus)

    for i in range(len(images)):
        nucleus[i], others = _nuclei(chromatin[i], violet[i])
        if nucleus[i].any():
            cell[i] = _cell(violet[i], nucleus[i], others)
    found: Mask = np.asarray(nucleus.any(axis=(1, 2)))
    return Masks(nucleus, cell, found)


def stains(images: NDArray[np.uint8]) -> tuple[Field, Field]:
    """Chromatin and violet: optical densities above the empty background's, each (N, H, W).

    Red cells absorb as much red as blue light, white cells much more red: `violet` is the difference. Chromatin
    absorbs more green than red, cytoplasm as much: `chromatin` is green plus their difference.
    """
    blur = BLUR * images.shape[2]
    light = gaussian_filter(images.astype(np.float32) + 1, (0, 0, blur, blur))  # (N, 3, H, W)

    # The median of the brightest quarter of the image is empty background: lamp and slide do not matter.
    background = np.empty((len(images), 3, 1, 1), np.float32)
    for i, image in enumerate(light):
        brightest = image[1] >= np.quantile(image[1], 0.75)
        background[i, :, 0, 0] = np.median(image[:, brightest], axis=1)

    red, green, blue = np.moveaxis(np.log(background / light), 1, 0)
    return 2 * green - red, red - blue


def _nuclei(chromatin: Field, violet: Field) -> tuple[Mask, Mask]:
    """The central nucleus and all the others (H, W); no central one where none is plausible."""
    side = len(violet)
    central, all_nuclei = np.zeros((2, *violet.shape), dtype=bool)
    if violet.max() < VIOLET:
        return central, all_nuclei

    # Does violet split the image in two, and is the denser part stained like chromatin?
    stained = violet > threshold_otsu(violet)
    share = stained.mean()
    explained = share * (1 - share) * (violet[stained].mean() - violet[~stained].mean()) ** 2
    candidates = chromatin[stained]
    inner = np.quantile(candidates[candidates >= threshold_otsu(candidates)], INNER)
    if explained < SEPARATION * violet.var() or inner < CHROMATIN:
        return central, all_nuclei

    dense = binary_fill_holes((chromatin > inner / 2) & (violet > VIOLET))
    parts = label(isotropic_opening(dense, DETAIL * side), connectivity=1)

    # Plausible parts, with the distance of their edge, not their middle, from the centre: large ones before specks.
    off_centre = {}
    for region in regionprops(parts):
        distance = np.hypot(*(np.array(region.centroid) + 0.5 - side / 2)) / side
        area = region.area / side**2
        if area >= NUCLEUS_AREA[0]:
            all_nuclei |= parts == region.label
            if area <= NUCLEUS_AREA[1] and distance <= OFF_CENTRE:
                off_centre[region.label] = distance - np.sqrt(area / np.pi)

    # The nearest part and the lobes beside it.
    if off_centre:
        nearest = min(off_centre, key=off_centre.__getitem__)
        gap = distance_transform_edt(parts != nearest) / side
        lobes = [part for part in off_centre if gap[parts == part].min() < LOBE_GAP]
        central = binary_fill_holes(isotropic_closing(np.isin(parts, lobes), 2 * DETAIL * side))
    return central, all_nuclei & ~central


def _cell(violet: Field, nucleus: Mask, others: Mask) -> Mask:
    """The cell (H, W) around a nucleus, smoothed, its vacuoles closed."""
    side = len(violet)

    # The nucleus's surroundings, without those that are nearer to another nucleus.
    gap = distance_transform_edt(~nucleus)
    near = gap <= CYTOPLASM_REACH * side
    if others.any():
        near &= gap < distance_transform_edt(~others)

    # What is stained there, in two steps of closing, so that platelets stay outside.
    around = violet[near & ~nucleus]
    edge = np.clip(threshold_otsu(around), *CYTOPLASM_VIOLET) if around.size else 0.0
    stained = isotropic_closing(nucleus | (near & (violet > edge)), DETAIL * side)
    closed = isotropic_closing(_touching(stained, nucleus), 2 * DETAIL * side)

    smooth = isotropic_opening(binary_fill_holes(closed), 2 * DETAIL * side)
    return _touching(smooth | nucleus, nucleus)


def _touching(mask: Mask, nucleus: Mask) -> Mask:
    """The parts of a mask that the nucleus touches."""
    parts = label(mask, connectivity=1)
    return np.isin(parts, np.unique(parts[nucleus]))
