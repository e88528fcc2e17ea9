import math
import pickle
import urllib.error
from pathlib import Path

import pytest
import torch
import torchvision
from real_files import VGG16, needs_vgg16

from leukgan.classification import vgg16
from leukgan.errors import InputError
from leukgan.features.vgg16 import vgg16_base


@pytest.fixture(scope="module")
def state():
    """A small-valued state dict of the base that is not the random one; float16 keeps the files small."""
    return {name: (tensor / 2).half() for name, tensor in vgg16_base("random").state_dict().items()}


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "weights.pth"
        torch.save(content, path)
        return str(path)

    return write


def assert_equal_states(base, expected):
    found = base.state_dict()
    assert list(found) == list(expected)
    for name, tensor in found.items():
        assert tensor.dtype == torch.float32
        torch.testing.assert_close(tensor, expected[name].float(), rtol=0, atol=0)


def test_layers_are_those_of_torchvisions_vgg16():
    base = vgg16_base("random")
    with torch.device("meta"):
        reference = torchvision.models.vgg16().features
    assert str(base) == str(reference)
    assert {n: t.shape for n, t in base.state_dict().items()} == {n: t.shape for n, t in reference.state_dict().items()}


@pytest.mark.parametrize("prefix", ["", "features."])
def test_file_of_the_base_or_of_the_whole_network_gives_its_weights(state, file, prefix):
    whole = {f"{prefix}{name}": tensor for name, tensor in state.items()}
    whole |= {"classifier.6.bias": torch.zeros(1000)} if prefix else {}
    assert_equal_states(vgg16_base(file(whole)), state)


def test_base_is_frozen_and_in_evaluation_mode(state, file):
    for weights in ("random", file(state)):
        base = vgg16_base(weights)
        assert not any(parameter.requires_grad for parameter in base.parameters())
        assert not any(module.training for module in base.modules())


def test_random_base_is_always_the_same_and_leaves_the_global_randomness_alone(global_randomness_untouched):
    torch.manual_seed(1)
    with global_randomness_untouched():
        first = vgg16_base("random")
    torch.manual_seed(2)
    assert_equal_states(vgg16_base("random"), first.state_dict())


def test_random_base_keeps_the_variance_of_gradients():
    """Kaiming's normal initialisation by fan-out, torchvision's default."""
    for name, tensor in vgg16_base("random").state_dict().items():
        if name.endswith("bias"):
            assert torch.count_nonzero(tensor) == 0
        else:
            assert tensor.std().item() == pytest.approx(math.sqrt(2 / (tensor.shape[0] * 9)), rel=0.05)


def test_imagenet_is_torchvisions_file_for_plain_imagenet_normalisation(state, monkeypatch):
    asked = []

    def download(url, **options):
        asked.append((url, options["weights_only"], options["check_hash"]))
        return {f"features.{name}": tensor for name, tensor in state.items()} | {"classifier.0.bias": torch.zeros(1)}

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    assert_equal_states(vgg16_base("imagenet"), state)
    assert asked == [("https://download.pytorch.org/models/vgg16-397923af.pth", True, True)]


@pytest.mark.parametrize("failure", [urllib.error.URLError("no route to host"), TimeoutError(), RuntimeError("hash")])
def test_failing_download_is_an_error_that_tells_the_ways_without_a_network(monkeypatch, tmp_path, failure):
    def fail(*arguments, **options):
        raise failure

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", fail)
    with pytest.raises(InputError, match=r"^weights=imagenet [^\n]* give weights=<file> or .*random\.$"):
        vgg16(weights="imagenet")


def changed(state, **changes):
    return {name: tensor for name, tensor in (state | changes).items() if tensor is not None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda s: changed(s, **{"28.bias": None}), r"layer 28\.bias must have the shape \(512,\), found none"),
        (lambda s: changed(s, **{"2.weight": torch.zeros(64, 3, 3, 3)}), r"layer 2\.weight .*, found \(64, 3, 3, 3\)"),
        (lambda s: changed(s, **{"30.weight": torch.zeros(1)}), r"a layer 30\.weight that VGG16's base has not"),
        (lambda s: changed(s, **{"0.bias": torch.full((64,), torch.nan)}), "not finite"),
        (lambda s: torchvision.models.squeezenet1_1().state_dict(), r"layer 2\.weight .*, found none"),
        (lambda s: {"state_dict": s}, r"layer 0\.weight .*, found none"),
        (lambda s: [1, 2], r"layer 0\.weight .*, found none"),
        (lambda s: torch.nn.Linear(1, 1), "cannot be read as a file of PyTorch weights"),
    ],
)
def test_file_that_is_not_a_state_dict_of_vgg16_is_an_error(state, file, content, message):
    path = file(content(state))
    with pytest.raises(InputError, match=rf"^weights={path} [^\n]*{message}[^\n]*\.$"):
        vgg16(weights=path)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 broken", pickle.dumps({1: print}), b"\x80\x02."])
def test_file_that_torch_cannot_read_is_an_error(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^weights={path} cannot be read [^\n]*\.$"):
        vgg16(weights=str(path))


def test_truncated_file_is_an_error(state, file):
    path = Path(file(state))
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(InputError, match="cannot be read"):
        vgg16(weights=str(path))


@pytest.mark.parametrize("weights", ["Imagenet", "no/such/file.pth", "."])
def test_path_without_a_file_is_an_error_that_names_the_choices(weights):
    with pytest.raises(InputError, match=rf"^weights={weights} is not a file; give imagenet, random, or "):
        vgg16(weights=weights)


@needs_vgg16
def test_real_weights_tell_a_scene_from_noise():
    """Unlike a random base's, the last maps of a trained base are sparse."""
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        real, random = (vgg16_base(weights)(x) for weights in (str(VGG16), "random"))
    assert (real == 0).float().mean() > (random == 0).float().mean()
    assert real.isfinite().all()
