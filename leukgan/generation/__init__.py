"""Generated images: drawn from a GAN, written with a manifest, read back with their hashes checked."""

from leukgan.generation.folder import MANIFEST, read_generated, write_generated
from leukgan.generation.seeded_samples import Drawing
from leukgan.generation.seeds import Seeds, seeds_of
from leukgan.generation.selection import BY_FEATURES, SELECTIONS, check_selection, select
from leukgan.generation.writing import write_drawing

__all__ = [
    "BY_FEATURES", "MANIFEST", "SELECTIONS", "Drawing", "Seeds", "check_selection", "read_generated", "seeds_of",
    "select", "write_drawing", "write_generated",
]  # fmt: skip
