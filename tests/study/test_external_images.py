"""External images are read by the rules of the study's own data."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from leukgan.config.parts import external_sets
from leukgan.data.sources.folder import list_folder
from leukgan.errors import InputError
from leukgan.presentation.console import silent
from leukgan.study.external import FOLDER, load_external

RULES = {"_target_": FOLDER, "image_size": 32}


def write(folder, kinds, low=0, high=255, dtype=np.uint8, seed=0):
    """Two grey images of each kind, whose values go from `low` to `high`."""
    rng = np.random.default_rng(seed)
    for kind in kinds:
        for number in range(2):
            values = rng.integers(low, high + 1, (32, 32), dtype=dtype)
            values.flat[:2] = low, high
            path = folder / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(path)
    return str(folder)


def loaded(given, **rules):
    """The set `b` of data.external beside the data that these rules make."""
    source = RULES | rules
    images = list_folder(**{key: value for key, value in source.items() if key != "_target_"}).load()
    split = SimpleNamespace(group_repeats=False)
    config = SimpleNamespace(external=external_sets({"b": given}), source=source, split=split, run=Path)
    return load_external(config, images, silent)["b"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_minmax_is_the_range_of_the_data_and_not_of_the_set(tmp_path):
    own = write(tmp_path / "own", ("healthy", "leukemia"), high=1000, dtype=np.uint16)
    there = write(tmp_path / "b", ("healthy", "leukemia"), low=100, high=500, dtype=np.uint16, seed=1)
    rules = {"root": own, "classes": ["healthy", "leukemia"], "levels": "minmax"}
    found = loaded(there, **rules)
    assert (found.images.min(), found.images.max()) == (26, 128)
    assert loaded({"root": there, "levels": "minmax"}, **rules).images.max() == 255
    write(tmp_path / "c", ("healthy", "leukemia"), high=2000, dtype=np.uint16, seed=2)
    with pytest.raises(InputError, match=r"external test set b: the file .*healthy/0\.png has values"):
        loaded(str(tmp_path / "c"), **rules)


def test_a_set_with_names_of_its_own_gets_those_of_the_data(tmp_path):
    own = write(tmp_path / "own", ("healthy", "leukemia"))
    there = write(tmp_path / "b", ("normal", "blast"), seed=1)
    rules = {"root": own, "classes": ["healthy", "leukemia"]}
    with pytest.raises(InputError, match=r"has the folders blast, normal, and data\.classes asks for 'healthy'"):
        loaded(there, **rules)
    found = loaded({"root": there, "classes": ["normal", "blast"]}, **rules)
    assert found.classes == ("healthy", "leukemia")
    assert {name.split("/")[0]: label for name, label in zip(found.names, found.labels, strict=True)} == {
        "normal": 0,
        "blast": 1,
    }


def test_a_set_has_the_members_of_the_data_unless_it_says_otherwise(tmp_path):
    kinds = ("lymphocyte", "monocyte", "blast")
    rules = {"classes": ["healthy", "leukemia"], "members": {"healthy": "*", "leukemia": "blast"}}
    rules["root"] = write(tmp_path / "own", kinds)
    there = write(tmp_path / "b", (*kinds, "neutrophil"), seed=1)
    assert np.bincount(loaded(there, **rules).labels).tolist() == [6, 2]
    merged = write(tmp_path / "c", ("healthy", "leukemia"), seed=2)
    assert np.bincount(loaded({"root": merged, "members": None}, **rules).labels).tolist() == [2, 2]
