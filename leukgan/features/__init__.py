"""Features: what a network sees in an image, as the measures and the classifiers take it."""

from leukgan.features.efficientnet_lite0 import PooledEfficientNet
from leukgan.features.pooled import Features, ModuleFeatures, PooledVGG16
from leukgan.features.vgg16 import VGG16Features, vgg16_base

__all__ = ["Features", "ModuleFeatures", "PooledEfficientNet", "PooledVGG16", "VGG16Features", "vgg16_base"]
