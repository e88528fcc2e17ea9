"""Quality: how generated images differ from real ones, and whether they were copied."""

from leukgan.metrics.cell_measurements import measure_cells, measurement_distances
from leukgan.metrics.image_quality import measure_quality
from leukgan.metrics.masking import masked_parts
from leukgan.metrics.memorisation import Memorisation, measure_memorisation

__all__ = [
    "Memorisation", "masked_parts", "measure_cells", "measure_memorisation", "measure_quality", "measurement_distances",
]  # fmt: skip
