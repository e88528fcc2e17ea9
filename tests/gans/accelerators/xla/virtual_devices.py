"""Some generator steps with a batch that lies on several virtual devices, or on one: `virtual_devices.py DEVICES FILE`.

XLA's partitioner (SPMD) splits the computation by itself, with the runtime's real collectives between the devices.
"""

import os
import sys
from functools import partial
from pathlib import Path

devices, file = int(sys.argv[1]), Path(sys.argv[2])
os.environ |= {"PJRT_DEVICE": "CPU", "CPU_NUM_DEVICES": str(devices)}

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch_xla  # noqa: E402
from host_draws import draw_on_the_host  # noqa: E402
from torch_xla import runtime  # noqa: E402
from torch_xla.distributed import spmd  # noqa: E402
from toys import toy_gan  # noqa: E402

from leukgan.gans import WGANGP  # noqa: E402
from leukgan.gans.accelerators import xla  # noqa: E402
from leukgan.gans.accelerators.adapt import adapt_layers  # noqa: E402

if devices > 1:
    runtime.use_spmd()
    mesh = spmd.Mesh(np.arange(devices), (devices,), ("batch",))
device = torch_xla.device()
draw_on_the_host()
options = {"augmentation": ["translation", "cutout", "colour"], "adaptive_target": 0.1, "lecam_weight": 0.1}
gan = toy_gan(WGANGP, **options).to(device)
adapt_layers(gan, device)
optimizers = gan.configure_optimizers()
step = xla.compiled_step(partial(gan.step, end_update=xla.end_graph), optimizers, one_graph=False)
metrics = []
for number in range(4):
    torch.manual_seed(number)
    batch = [torch.randint(256, (8, 3, 32, 32), dtype=torch.uint8).to(device) for _ in range(2)]
    if devices > 1:
        for images in batch:
            spmd.mark_sharding(images, mesh, ("batch", None, None, None))
    found = step(batch, *optimizers)
    metrics.append({name: float(value) for name, value in found.items()})
state = {name: value.cpu() for name, value in gan.state_dict().items()}
torch.save({"metrics": metrics, "state": state, "devices": runtime.global_runtime_device_count()}, file)
