"""Generated images: drawn from a GAN, written with a manifest, read back with their hashes checked."""

from leukgan.generation.drawing import Drawing
from leukgan.generation.folder import MANIFEST, read_generated, write_generated
from leukgan.generation.seeds import Seeds, seeds_of
from leukgan.generation.writing import write_drawing

__all__ = ["MANIFEST", "Drawing", "Seeds", "read_generated", "seeds_of", "write_drawing", "write_generated"]
