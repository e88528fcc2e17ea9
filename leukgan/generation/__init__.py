"""Generated images: sampled from a GAN, selected, written with a manifest, read back with their hashes checked."""

from leukgan.generation.folder import MANIFEST, read_generated
from leukgan.generation.seeded_samples import SeededSamples, parse_seeds
from leukgan.generation.selection import BY_FEATURES, SELECTIONS, check_selection, select
from leukgan.generation.writing import write_generated, write_samples

__all__ = [
    "BY_FEATURES", "MANIFEST", "SELECTIONS", "SeededSamples", "check_selection", "parse_seeds", "read_generated",
    "select", "write_generated", "write_samples",
]  # fmt: skip
