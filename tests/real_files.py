"""Real cells, ImageNet weights and published tables, which no clone has: variables of the environment name them."""

import os
from pathlib import Path

import pytest

REAL_CELLS = Path(
    os.environ.get("LEUKGAN_REAL_CELLS", "absent")
)  # a folder with images/ in ALL-IDB2's layout and labels.csv
VGG16 = Path(os.environ.get("LEUKGAN_VGG16", "absent"))  # the state dict of torchvision's VGG16 base
TABLES = Path(  # published tables as csv, and truth.csv with their matrices
    os.environ.get("LEUKGAN_TABLES", Path(__file__).resolve().parents[2] / "shared" / "cases" / "tables")
)

needs_real_cells = pytest.mark.skipif(
    not REAL_CELLS.is_dir(), reason="LEUKGAN_REAL_CELLS names no folder of real cells"
)
needs_vgg16 = pytest.mark.skipif(not VGG16.is_file(), reason="LEUKGAN_VGG16 names no file of VGG16 weights")
needs_tables = pytest.mark.skipif(
    not (TABLES / "truth.csv").is_file(), reason="LEUKGAN_TABLES names no folder of published tables with truth.csv"
)
