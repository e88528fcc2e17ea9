"""The images: sources, splits, rotated copies, and the batches that a GAN is trained on."""
