"""Trains a toy GAN in several ways, each in a folder of its own: `trainings.py FOLDER`.

One process does all, since a graph is compiled once for each process. The first training on XLA is the one whose
compiled graphs are counted.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path

import torch
import torch_xla
from host_draws import draw_on_the_host, keep_mask, rand, randn
from torch_xla.debug import metrics as counters
from toys import toy_data, toy_gan, toy_images

from leukgan.gans import WGANGP, Training, augmentation, layers, register_gan

OPTIONS = {"augmentation": ["translation", "cutout", "colour"], "adaptive_target": 0.1, "lecam_weight": 0.1}
OPTIONS |= {
    "learning_rate_decay": 0.6
}  # 0.5 has one rate equal to the step of ADA, which XLA compiles anew as one number
uniform = augmentation.uniform


class KilledError(Exception):
    """Stands for a kill."""


class Observed(WGANGP):
    """Counts numbers read back in steps, and may be killed in one."""

    kill_at = -1
    read_back = 0

    def training_step(self, batch, batch_idx):
        if self.generator_step == self.kill_at:
            raise KilledError
        before = counters.counter_value("aten::_local_scalar_dense") or 0
        super().training_step(batch, batch_idx)
        Observed.read_back += (counters.counter_value("aten::_local_scalar_dense") or 0) - before


register_gan("observed", Observed)


def train(name, steps, *, accelerator="xla_cpu", epoch=100, kill_at=-1, **settings):
    gan = toy_gan(Observed, **OPTIONS)
    gan.kill_at = kill_at
    data = toy_data(toy_images(8), generator_steps=steps, steps_per_epoch=epoch)
    with suppress(KilledError):
        Training(accelerator=accelerator, log_every=1, **settings).fit(
            gan, data, folder / name, progress=lambda step, metrics: None
        )


folder = Path(sys.argv[1])
torch_xla.device()  # autograd's threads, once started by another device, know of no later one
draw_on_the_host()
train("eager", 20, accelerator="cpu")
train("xla", 20)
found = {"fallbacks": [name for name in counters.counter_names() if name.startswith("aten::")]}
train("one_graph", 20, one_graph=True)
train("bf16", 6, precision="bf16-mixed")
torch.randn, torch.rand, layers.keep_mask, augmentation.uniform = randn, rand, keep_mask, uniform
train("whole", 6, epoch=3)
train("continued", 6, epoch=3, kill_at=4)
train("continued", 6, epoch=3)
found["read_back"] = Observed.read_back
(folder / "found.json").write_text(json.dumps(found))
