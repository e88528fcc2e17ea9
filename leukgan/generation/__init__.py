"""Generated images: drawn from a GAN, written with a manifest, read back with their hashes checked."""

from leukgan.generation.folder import MANIFEST, read_generated, write_generated

__all__ = ["MANIFEST", "read_generated", "write_generated"]
