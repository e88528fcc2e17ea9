"""Trains a toy GAN on two cores through Lightning's XLAStrategy: `CPU_NUM_DEVICES=2 two_cores.py FOLDER STEPS`.

The CPU's runtime has cores as threads but no collectives between them: those here are STAND-INS, which sum on the host.
Each core leaves what it has trained and what it has seen in FOLDER/core-<number>.pt.
"""

import os
import sys
import threading
from pathlib import Path

import torch
from torch import nn
from torch_xla.core import xla_model
from toys import toy_data, toy_gan, toy_images

from leukgan.features import ModuleFeatures
from leukgan.gans import WGANGP, Training, ValidationKID, register_gan
from leukgan.gans.accelerators import distributed, xla

CORES = 2
waiting = threading.Barrier(CORES, timeout=300)
given = {}  # by the core's number


def gathered_on_the_host(mine):
    """What each core gives, as all get it."""
    given[distributed.rank()] = mine
    waiting.wait()
    found = [given[core] for core in range(CORES)]
    waiting.wait()
    return found


def summed_on_the_host(reduce_type, inputs, scale=1.0, groups=None, pin_layout=True):
    """The sum of what the cores give."""
    assert reduce_type == xla_model.REDUCE_SUM
    assert not groups
    if isinstance(inputs, list):  # in place
        for x in inputs:
            x.copy_(summed_on_the_host(reduce_type, x, scale))
        return inputs
    return (sum(gathered_on_the_host(inputs.cpu())) * scale).to(inputs.device)


def report(step, metrics):
    with (folder / "reports.txt").open("a") as file:
        file.write(f"{step}\n")


class Observed(WGANGP):
    """Keeps what a core has seen, and leaves it with its weights."""

    def on_fit_start(self):
        super().on_fit_start()
        (folder / "process.txt").write_text(str(os.getpid()))
        self.seen, self.drawn = [], []

    def step(self, batch, *arguments, **named):
        self.seen += [images.cpu() for images in batch]
        return super().step(batch, *arguments, **named)

    def latents(self, *arguments, **named):
        found = super().latents(*arguments, **named)
        self.drawn += [found.cpu()] if self.training else []
        return found

    def on_train_end(self):
        found = {"seen": torch.stack(self.seen), "drawn": torch.cat(self.drawn[:3])}
        found["state"] = {name: value.cpu() for name, value in self.state_dict().items()}
        torch.save(found, folder / f"core-{distributed.rank()}.pt")


register_gan("observed", Observed)

folder, steps = Path(sys.argv[1]), int(sys.argv[2])
xla_model.all_reduce = summed_on_the_host
xla_model.rendezvous = lambda tag, payload=b"", replicas=None: gathered_on_the_host(payload)
xla.check = lambda accelerator, devices: None
gan = toy_gan(Observed)
torch.save(gan.state_dict(), folder / "before.pt")
data = toy_data(toy_images(8), held_out=toy_images(4, seed=7), generator_steps=steps, steps_per_epoch=2)
features = ModuleFeatures(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "pixels")
Training(accelerator="xla_cpu", devices=CORES, log_every=1).fit(
    gan,
    data,
    folder,
    progress=report,
    validation=ValidationKID(folder, features, data.held_out, every=2),
)
torch.save(gan.state_dict(), folder / "after.pt")
