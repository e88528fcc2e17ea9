"""Every logger by the name that `logger=` takes; a new one is a line here, a module and a file in conf/logger."""

from leukgan.arguments import allow_target
from leukgan.tracking.stages import CSVOnly, Tracking
from leukgan.tracking.weights_and_biases import WeightsAndBiases

LOGGERS: dict[str, type[Tracking]] = {"csv": CSVOnly, "wandb": WeightsAndBiases}


def register_logger(name: str, logger: type[Tracking]) -> None:
    """Let a config name a logger of your own in `logger._target_`."""
    LOGGERS[name] = logger
    allow_target("logger", logger)
