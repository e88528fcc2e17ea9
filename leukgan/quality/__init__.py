"""Quality: how generated images differ from real ones, and whether they were copied."""

from leukgan.quality.cells import measure_cells, measurement_distances
from leukgan.quality.copies import Copying, measure_copying
from leukgan.quality.masking import masked_parts
from leukgan.quality.measures import measure_quality

__all__ = [
    "Copying", "masked_parts", "measure_cells", "measure_copying", "measure_quality", "measurement_distances",
]  # fmt: skip
