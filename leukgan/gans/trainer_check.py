"""What a GAN asks of the Lightning Trainer that trains it."""

import lightning
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy, XLAStrategy

from leukgan.errors import InputError
from leukgan.gans.accelerators.distributed import ManualDDPStrategy

HALF_PRECISIONS = ("16", "16-mixed", "16-true", "fp16", "float16")


def check_precision(precision: str, known: tuple[str, ...] = ("32-true", "bf16-mixed")) -> None:
    """Refuse half precision, and a precision that is none of the known ones."""
    if str(precision) in HALF_PRECISIONS:
        raise InputError(
            f"trainer.precision={precision} is refused: the gradient penalty squares gradients, which leave "
            "float16's range in both directions; take bf16-mixed or 32-true."
        )
    if precision not in known:
        raise InputError(f"trainer.precision must be one of {', '.join(known)}, got {precision!r}.")


def prepare_trainer(trainer: lightning.Trainer) -> None:
    """Refuse a Trainer that can't train a GAN, and let Lightning's DDP leave the gradients to the GAN.

    Torch's wrapper, which DDP puts around a module, can't follow a step of several updates.
    """
    check_precision(trainer.precision)
    strategy = trainer.strategy
    if type(strategy) is DDPStrategy:
        strategy.__class__ = ManualDDPStrategy
        strategy._layer_sync = None  # sync_batchnorm=True: batch normalisation is of the whole batch already
    if not isinstance(strategy, SingleDeviceStrategy | ManualDDPStrategy | XLAStrategy):
        raise InputError(
            f"a GAN can't be trained by the strategy {type(strategy).__name__}, which follows steps of one update by "
            "one optimiser; take one device, strategy='ddp' or another of Lightning's 'ddp_*'."
        )
