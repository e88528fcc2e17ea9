"""Lightning's Trainer as anybody makes it, and a GAN's data for it."""

import lightning
import pytest
from toys import toy_data

# What Lightning advises and a GAN does on purpose.
LIGHTNING_ADVICE = pytest.mark.filterwarnings(
    "ignore:.*in eval mode",  # the averaged generator
    "ignore:.*many workers",  # one index_select on one tensor
    "ignore:.*no `val_dataloader`",
    "ignore:.*logging interval",
    "ignore:.*1000 epochs",
    "ignore:.*pre-optimization",
    "ignore:.*callbacks used to create the checkpoint",
)


def trainer_in(folder, **options):
    """A Trainer on the CPU, otherwise as Lightning makes it."""
    quiet = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    return lightning.Trainer(**quiet | {"default_root_dir": folder} | options)


def endless_data(*given, **changes):
    """Batches without an end, in epochs of five steps."""
    return toy_data(*given, **{"generator_steps": None, "steps_per_epoch": 5} | changes)
