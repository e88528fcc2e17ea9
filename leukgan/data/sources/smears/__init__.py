"""The embedded data set: rendered blood smears about which everything is known."""

from leukgan.data.sources.smears.rendering import RenderedSmears, SmearTruth, render_smears

__all__ = ["RenderedSmears", "SmearTruth", "render_smears"]
