"""What the stages of a split have written: its state, where its numbers come from, and the chain of hashes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from leukgan.arguments import with_defaults
from leukgan.errors import InputError
from leukgan.run_folder.files import read_json, sha256_of, write_atomic, write_json
from leukgan.run_folder.paths import ARTIFACTS, CONDITIONAL, SplitFolder


class SplitArtifacts:
    """What the stages of a split have written, and from what.

    Args:
        folder: The split's folder, which need not exist yet.
        config: The settings that make the split's numbers.
        fingerprint: Of all images.

    Raises:
        InputError: The folder holds a split made with other settings or from other images.
    """

    def __init__(self, folder: SplitFolder, config: Mapping[str, Any], fingerprint: str) -> None:
        self.folder = folder
        self.config = config
        self.provenance: dict[str, Any] = read_json(folder.provenance) or {}
        if not self.provenance:
            return

        before = OmegaConf.to_container(OmegaConf.load(folder.config))
        before, config = with_defaults(before), with_defaults(config)  # an older folder holds what was typed alone
        changed = [key for key in {**before, **config} if before.get(key) != config.get(key)]
        if changed:
            raise InputError(
                f"{folder.path} was made with other settings ({', '.join(map(str, changed))}); "
                "give another name= or delete the folder."
            )
        if self.provenance["data"]["fingerprint"] != fingerprint:
            raise InputError(f"{folder.path} was made from other images; give another name= or delete the folder.")

    @property
    def begun(self) -> bool:
        """Whether the split is written."""
        return bool(self.provenance)

    @property
    def chain(self) -> dict[str, Any]:
        """Hashes of what the stages have written so far."""
        return self.provenance.get("chain", {})

    def begin(self, split: Mapping[str, Any], provenance: Mapping[str, Any]) -> None:
        """Write the settings, the split and where it all comes from: the start of the chain."""
        write_atomic(self.folder.config, OmegaConf.to_yaml(OmegaConf.create(dict(self.config))))
        write_json(self.folder.split, split)
        chain = {"split": sha256_of(self.folder.split)}
        self.provenance = {**provenance, "seconds": {}, "chain": chain}
        self.save()

    def has(self, stage: str, name: str) -> bool:
        """Whether a class's file of a stage is there and is the one that this split wrote."""
        path = self.folder.artifact(stage, name)
        return path.exists() and self.chain.get(stage, {}).get(name) == sha256_of(path)

    def record(self, stage: str, name: str) -> None:
        """Note the hash of a class's new file; whatever followed from the earlier one is void."""
        stages = list(ARTIFACTS)
        for later in stages[stages.index(stage) + 1 :]:
            for void in [other for other in self.chain.get(later, ()) if name in (other, CONDITIONAL)]:
                del self.chain[later][void]
        for table in set(self.chain) - {"split", *stages}:
            del self.chain[table]

        self.chain.setdefault(stage, {})[name] = sha256_of(self.folder.artifact(stage, name))

    def has_tables(self, names: Sequence[str]) -> bool:
        """Whether these tables are there and are the ones that this split wrote."""
        paths = {name: self.folder.table(name) for name in names}
        return all(path.exists() and self.chain.get(name) == sha256_of(path) for name, path in paths.items())

    def write_tables(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write tables as csv files and note their hashes."""
        for name, table in tables.items():
            path = self.folder.table(name)
            write_atomic(path, table.to_csv(index=False))
            self.chain[name] = sha256_of(path)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Write to status.json what is being done and how it ended; count its seconds."""
        status = self.folder.status
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
        write_json(self.folder.status, {"state": "done"})

    def save(self) -> None:
        """Write provenance.json."""
        write_json(self.folder.provenance, self.provenance)
