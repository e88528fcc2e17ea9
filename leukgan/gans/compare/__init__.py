"""Trained GANs side by side."""

from leukgan.gans.compare.comparison import write_gan_comparison

__all__ = ["write_gan_comparison"]
