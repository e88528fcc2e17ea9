"""Laws of images at rest and images inside the networks."""

import torch

from leukgan.gans.networks import to_networks, to_uint8


def test_bytes_survive_the_way_into_the_networks_and_back():
    images = torch.arange(256, dtype=torch.uint8).expand(2, 3, 4, 256).contiguous()
    inside = to_networks(images)
    assert inside.min().item() == -1
    assert inside.max().item() == 1
    assert inside.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(to_uint8(inside), images, rtol=0, atol=0)
    torch.testing.assert_close(
        to_uint8(torch.full((1, 3, 2, 2), 1.5)), torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    )
