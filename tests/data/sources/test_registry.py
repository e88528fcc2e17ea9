"""Laws of the registry: a new source is one function and one registration, and carries its name everywhere."""

from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf
from toys import split_settings

from leukgan.data.check import check, write_check
from leukgan.data.images import CellImages
from leukgan.data.loading import load_grouped
from leukgan.data.sources import registry
from leukgan.data.sources.registry import describe_source, register_source, source_by_target


def checkerboards(*, image_size: int, count: int = 20) -> CellImages:
    """Noise, half of each class."""
    return CellImages(
        images=np.random.default_rng(0).integers(0, 256, (count, 3, image_size, image_size), dtype=np.uint8),
        labels=np.arange(count) % 2,
        names=tuple(f"board-{i}" for i in range(count)),
        sha256=tuple(f"{i:064x}" for i in range(count)),
        classes=("white", "black"),
    )


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(registry, "_SOURCES", dict(registry._SOURCES))
    return register_source("toy", checkerboards, "checkerboards of noise", rendered=True)


def test_a_source_of_one_s_own_is_loaded_checked_and_named(toy, tmp_path):
    node = OmegaConf.create({"_target_": toy.target, "image_size": 32})
    images = load_grouped(instantiate(node), repeats=True, block=None)
    assert len(set(images.groups)) == len(images) == 20
    found = source_by_target(node["_target_"])
    assert (found.name, found.rendered) == ("toy", True)

    made = check(instantiate(node), found.name, split_settings(), seed=0, overlaps=False)
    page = write_check(made, tmp_path, augmentation={}, design="", command="check")
    assert "Data: checkerboards of noise." in page.read_text()


def test_every_yaml_names_a_registered_source_of_its_own_name():
    options = sorted((Path(__file__).parents[3] / "conf" / "data").glob("*.yaml"))
    assert {source_by_target(OmegaConf.load(path)["_target_"]).name for path in options} == {p.stem for p in options}


def test_what_is_not_registered_is_refused(sentence_of):
    message = sentence_of(lambda: source_by_target("os.system"))
    assert message.startswith("data._target_=os.system is no data source; take data=smears or data=all_idb2")
    assert describe_source("gone") == "gone"
