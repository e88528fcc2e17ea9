"""The folder of one split: its state, where its numbers come from, and the chain of hashes between its stages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from leukgan.errors import InputError
from leukgan.run_folder.files import read_json, sha256_of, write_atomic, write_json

CONDITIONAL = "conditional"  # folder of the GAN that learns both classes
STAGES = ("gan", "best", "generated")  # files of a class, in the order in which they follow from each other


class SplitFolder:
    """What a split's stages have made, and from what.

    Args:
        path: The folder, which need not exist yet.
        config: The settings that make the split's numbers.
        fingerprint: Of all images.

    Raises:
        InputError: The folder holds a split made with other settings or from other images.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], fingerprint: str) -> None:
        self.path = path
        self.provenance: dict[str, Any] = read_json(path / "provenance.json") or {}
        if not self.provenance:
            return
        before = OmegaConf.to_container(OmegaConf.load(path / "config.yaml"))
        assert isinstance(before, dict)
        changed = [key for key in {**before, **config} if before.get(key) != config.get(key)]
        if changed:
            raise InputError(
                f"{path} was made with other settings ({', '.join(map(str, changed))}); "
                "give another name= or delete the folder."
            )
        if self.provenance["data"]["fingerprint"] != fingerprint:
            raise InputError(f"{path} was made from other images; give another name= or delete the folder.")

    def open(self, config: Mapping[str, Any], split: Mapping[str, Any], provenance: Mapping[str, Any]) -> None:
        """Write the settings, the split and where it all comes from: the start of the chain."""
        write_atomic(self.path / "config.yaml", OmegaConf.to_yaml(OmegaConf.create(dict(config))))
        write_json(self.path / "split.json", split)
        chain = {"split": sha256_of(self.path / "split.json")}
        self.provenance = {**provenance, "seconds": {}, "chain": chain}
        self.save()

    @property
    def chain(self) -> dict[str, Any]:
        """Hashes of what the stages have made so far."""
        return self.provenance["chain"]

    def is_made(self, stage: str, class_name: str, file: str) -> bool:
        """Whether a class's file of a stage is there and is the one that this split made."""
        path = self.path / stage / class_name / file
        known = self.provenance.get("chain", {}).get(stage, {}).get(class_name)
        return path.exists() and known == sha256_of(path)

    def record(self, stage: str, class_name: str, file: str, folder: str = "") -> None:
        """Note the hash of a class's file that a stage has made; what followed from its predecessor is void."""
        for later in STAGES[STAGES.index(stage) + 1 :]:
            for name in [name for name in self.chain.get(later, ()) if class_name in (name, CONDITIONAL)]:
                del self.chain[later][name]
        for table in set(self.chain) - {"split", *STAGES}:
            del self.chain[table]
        self.chain.setdefault(stage, {})[class_name] = sha256_of(self.path / (folder or stage) / class_name / file)

    def is_written(self, names: Sequence[str]) -> bool:
        """Whether these tables are there and are those that this split made."""
        known = self.provenance.get("chain", {})
        paths = {name: self.path / f"{name}.csv" for name in names}
        return all(path.exists() and known.get(name) == sha256_of(path) for name, path in paths.items())

    def write(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write tables as csv files and note their hashes."""
        for name, table in tables.items():
            path = self.path / f"{name}.csv"
            write_atomic(path, table.to_csv(index=False))
            self.chain[name] = sha256_of(path)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Say in status.json what is being done and how it ended; count its seconds."""
        status = self.path / "status.json"
        write_json(status, {"state": "running", "stage": name})
        start = time.monotonic()
        try:
            yield
        except BaseException as error:
            write_json(status, {"state": "failed", "stage": name, "error": f"{type(error).__name__}: {error}"})
            raise
        write_json(status, {"state": "unfinished", "stage": name})
        seconds = self.provenance["seconds"]
        seconds[name] = round(seconds.get(name, 0) + time.monotonic() - start, 1)
        self.save()

    def finish(self) -> None:
        """Mark the split as done."""
        write_json(self.path / "status.json", {"state": "done"})

    def save(self) -> None:
        """Write provenance.json."""
        write_json(self.path / "provenance.json", self.provenance)
