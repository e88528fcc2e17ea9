"""Images that show the same picture twice: turned, mirrored, compressed anew, in another light or cropped a little."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

RULES = 1  # one more when other pairs are found: found pairs are cached
SIDE = 24  # frequencies of the cosine transform an axis: a picture of 24 x 24 pixels
COARSE = 16  # of them, those of the hash
LOWEST = 3.0  # frequency that counts, in half waves over the image: below are the light and that there is a cell at all
CROPS = (0.02, 0.04)  # shares of the side that a copy may have lost
BLOCK = 512  # images or candidates at a time

# Measured on 200 real cells of 257 pixels, 200 and 2,000 rendered ones, in images of 32, 64 and 128 pixels. Planted
# were copies in each orientation, compressed to quality 30, 20 % brighter or of more contrast, blurred, noisy, stained
# otherwise, cropped by 1 to 3 % at each side, or several of these. Least of the copies, real and rendered: hash 0.80
# and 0.86, correlation 0.909 and 0.933. Greatest correlation of different cells: 0.73 and 0.83; blurred by 8 of 257
# pixels 0.81 and 0.86, by 12 pixels 0.87 and 0.91.
HASH_LIMIT = 0.76
LIMIT = 0.87
FAINTEST = 25.0  # strength of the structure; the weakest of those cells had 220, an uneven light of 50 grey values 10

Spectra = NDArray[np.float32]  # (..., 3, SIDE, SIDE)


@dataclass(frozen=True)
class Pair:
    """Two images that show the same."""

    first: int  # index of the one
    second: int  # index of the other, greater
    orientation: int  # rotate_flip(images[second], orientation) looks like the first
    correlation: float  # up to 1


def near_duplicates(
    images: NDArray[np.uint8], progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Pair]:
    """Pairs of images that show the same picture, sorted by their indices.

    The lowest frequencies of each image's cosine transform, without the mean and weighted by the frequency, are its
    perceptual hash; pairs whose hashes are alike in one of the eight exact orientations are compared again, with more
    frequencies and with the one or the other cropped by a few percent. What has no structure equals only itself.

    Images are uint8 (N, 3, H, W), square, of 32 to 256 pixels; `progress` receives the pairs compared so far and all.
    """
    # Images of equal pixels are pairs also if they show nothing, each with the first of its kind.
    first_of: dict[bytes, int] = {}
    equal = [(first_of.setdefault(image.tobytes(), index), index) for index, image in enumerate(images)]
    pairs = {(first, second): Pair(first, second, 0, 1.0) for first, second in equal if first != second}

    spectra = spectra_of(images)  # (N, 3, SIDE, SIDE)
    for start in range(0, len(images), BLOCK):
        block = spectra[start : start + BLOCK]
        _keep_best(pairs, _alike(spectra[: start + BLOCK], block, offset=start), start)
        progress(math.comb(start + len(block), 2), math.comb(len(images), 2))

    return [pairs[key] for key in sorted(pairs)]


def near_duplicates_between(images: NDArray[np.uint8], others: NDArray[np.uint8]) -> list[Pair]:
    """Pairs of an image (N, 3, H, W) and another (M, 3, H, W) that show the same picture; see `near_duplicates`."""
    known = {image.tobytes(): index for index, image in enumerate(images)}
    equal = {(known[other.tobytes()], index) for index, other in enumerate(others) if other.tobytes() in known}
    pairs = {pair: Pair(*pair, 0, 1.0) for pair in equal}

    spectra = spectra_of(images)  # (N, 3, SIDE, SIDE)
    for start in range(0, len(others), BLOCK):
        _keep_best(pairs, _alike(spectra, spectra_of(others[start : start + BLOCK])), start)
    return [pairs[key] for key in sorted(pairs)]


def _keep_best(pairs: dict[tuple[int, int], Pair], found: Iterator[Pair], start: int) -> None:
    """Add found pairs, whose second image is counted from `start`; of several orientations the best counts."""
    for pair in (replace(one, second=one.second + start) for one in found):
        known = pairs.get((pair.first, pair.second))
        if known is None or known.correlation < pair.correlation:
            pairs[pair.first, pair.second] = pair


def _alike(spectra: Spectra, block: Spectra, offset: int | None = None) -> Iterator[Pair]:
    """Pairs of like pictures by their places in two arrays, once for each orientation in which they are alike.

    With `offset`, the place of the second array's first picture in the first array, each pair counts once.
    """
    hashes = _unit(spectra[..., :COARSE, :COARSE], COARSE)  # (N, 3*COARSE*COARSE)
    for orientation in range(8):
        turned = rotate_flip_spectra(block, orientation)
        likeness = hashes @ _unit(turned[..., :COARSE, :COARSE], COARSE).T  # (first, second)
        first, second = np.nonzero(likeness > HASH_LIMIT)

        # Pairs of like hashes are compared again with all frequencies.
        candidates = np.arange(len(first)) if offset is None else np.flatnonzero(first < second + offset)
        for some in range(0, len(candidates), BLOCK):
            i, j = (index[candidates[some : some + BLOCK]] for index in (first, second))
            for a, b, value in zip(i, j, correlations(spectra[i], turned[j]), strict=True):
                if value > LIMIT:
                    yield Pair(int(a), int(b), orientation, float(value))


def rotate_flip_spectra(spectra: Spectra, orientation: int) -> Spectra:
    """The spectra of the images that `rotate_flip` gives: mirroring an axis changes the sign of its odd waves."""
    signs = ((-1.0) ** np.arange(spectra.shape[-1])).astype(np.float32)
    if orientation >= 4:
        spectra = spectra * signs
    for _ in range(orientation % 4):
        spectra = spectra.swapaxes(-2, -1) * signs[:, None]
    return spectra


def spectra_of(images: NDArray[np.uint8]) -> Spectra:
    """The lowest frequencies of the orthonormal cosine transform of images (N, 3, H, W), divided by their side."""
    height = images.shape[-1]
    waves = _waves(_centres(height)) / height  # (SIDE, H)
    spectra = np.empty((len(images), 3, SIDE, SIDE), np.float32)
    for start in range(0, len(images), BLOCK):
        spectra[start : start + BLOCK] = waves @ images[start : start + BLOCK].astype(np.float32) @ waves.T
    return spectra


def correlations(first: Spectra, second: Spectra) -> NDArray[np.float32]:
    """Best correlations (P,) of two times P pictures, of which the one or the other may have lost its edges."""
    whole, other = _unit(first, SIDE), _unit(second, SIDE)
    best = (whole * other).sum(1)
    for share in CROPS:
        parts = [_part(start, 1 - share) for start in (0, share / 2, share)]
        for rows, columns in itertools.product(parts, parts):
            for cropped, uncropped in ((first, other), (second, whole)):
                part = np.asarray(rows @ cropped @ columns.T, np.float32)
                best = np.maximum(best, (_unit(part, SIDE) * uncropped).sum(1))
    return best


def _part(start: float, share: float) -> NDArray[np.float32]:
    """The matrix (SIDE, SIDE) from the spectrum of a line to the spectrum of its part from `start` on."""
    points = _centres(4 * SIDE)
    return (_waves(points) @ _waves(start + share * points).T / len(points)).astype(np.float32)


def _centres(count: int) -> NDArray[np.float32]:
    return ((np.arange(count) + 0.5) / count).astype(np.float32)


def _waves(points: NDArray[np.float32]) -> NDArray[np.float32]:
    waves = np.sqrt(2, dtype=np.float32) * np.cos(np.pi * np.arange(SIDE, dtype=np.float32)[:, None] * points)
    waves[0] = 1
    return waves  # (SIDE, points)


def _unit(spectra: Spectra, side: int) -> NDArray[np.float32]:
    """Spectra weighted and of length one, or zero where there is nothing to see: (P, 3*side*side)."""
    wave = np.arange(side, dtype=np.float32)
    frequency = np.hypot(wave[:, None], wave)
    weights = np.where((frequency >= LOWEST) & (frequency < side), frequency, 0)
    vectors = spectra * weights
    length = np.sqrt((vectors**2).sum((1, 2, 3), keepdims=True))
    return np.where(length > FAINTEST, vectors / np.maximum(length, FAINTEST), 0).reshape(len(vectors), 3 * side**2)
