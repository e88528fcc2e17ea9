"""The embedded data set: rendered blood smears about which everything is known."""

from leukgan.data.smears.rendering import SmearTruth, render_smears, render_smears_with_truth

__all__ = ["SmearTruth", "render_smears", "render_smears_with_truth"]
