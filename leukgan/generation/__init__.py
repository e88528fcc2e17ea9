"""Generated images: sampled from a GAN, selected, written with a manifest, read back with their hashes checked."""

from leukgan.generation.folder import read_generated, write_generated
from leukgan.generation.given import GivenImages, find_given
from leukgan.generation.sample_files import write_samples
from leukgan.generation.seeded_samples import SeededSamples, parse_seeds
from leukgan.generation.selection import BY_FEATURES, PICK_COLUMNS, SELECTIONS, check_selection, read_picks, select

__all__ = [
    "BY_FEATURES", "PICK_COLUMNS", "SELECTIONS", "GivenImages", "SeededSamples", "check_selection", "find_given",
    "parse_seeds", "read_generated", "read_picks", "select", "write_generated", "write_samples",
]  # fmt: skip
