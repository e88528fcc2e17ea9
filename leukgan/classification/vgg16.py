"""VGG16: a frozen convolutional base with a trained logistic head."""

from pathlib import Path

from sklearn.pipeline import Pipeline

from leukgan.classification.logistic_head import LogisticHead
from leukgan.errors import InputError
from leukgan.features.vgg16 import VGG16Features


def vgg16(
    *, weights: str, epochs: int = 40, learning_rate: float = 1e-5, batch_size: int = 32, seed: int = 0
) -> Pipeline:
    """VGG16 of which only a new last layer is trained; its base is loaded here, before any work starts.

    Args:
        weights: "imagenet" (torchvision's download), "random" (a fixed random base), or the path of a state dict of
            torchvision's vgg16 or of its `features`.
        epochs: Passes over the training set, at least 1.
        learning_rate: Learning rate of Adam, above 0.
        batch_size: Images in an optimiser step, at least 1.
        seed: Seed of the order of images, at least 0; the random base does not depend on it.

    Raises:
        InputError: The weights cannot be had or are not VGG16's, or a number is out of range.
    """
    if not epochs >= 1:
        raise InputError(f"classifier.vgg16.epochs must be 1 or more, got {epochs}; the study's value is 40.")
    if not learning_rate > 0:
        raise InputError(f"classifier.vgg16.learning_rate must be above 0, got {learning_rate}; the study's is 1e-5.")
    if not batch_size >= 1:
        raise InputError(f"classifier.vgg16.batch_size must be 1 or more, got {batch_size}; use 32.")
    if not seed >= 0:
        raise InputError(f"classifier.vgg16.seed must be 0 or more, got {seed}.")
    features = VGG16Features(weights).fit()
    head = LogisticHead(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size, seed=seed)
    return Pipeline([("features", features), ("model", head)])


def vgg16_title(pipeline: Pipeline) -> str:
    """Name of the network in tables, with the origin of its weights."""
    weights = pipeline[0].weights
    if weights == "imagenet":
        return "VGG16, ImageNet weights"
    if weights == "random":
        return "VGG16, random features"
    return f"VGG16, own weights ({Path(weights).name})"
