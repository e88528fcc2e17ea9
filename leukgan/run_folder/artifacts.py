"""What the stages of a split have written: its state, where its numbers come from, and the chain of hashes."""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from leukgan.arguments import with_defaults
from leukgan.errors import InputError
from leukgan.run_folder.digests import read_json_with_digest, write_json_with_digest
from leukgan.run_folder.files import (
    damaged,
    json_text,
    read_json,
    read_settings,
    refuse_pipes,
    sha256_of,
    write_atomic,
    write_json,
)
from leukgan.run_folder.paths import ARTIFACTS, SplitFolder

# Settings of a group that name a place: the same images may lie in another, and their fingerprint is what counts.
PLACES: dict[str, dict[str, None]] = {
    "data": {"root": None, "table": None},
    "split": {"file": None},
    "generated": {"root": None, "split_file": None},
}

NOT_COMPARED = ("name", "external")  # external.json tells which images external test sets have

# Settings that change nothing in a trained GAN, and of groups those that do.
AFTER_TRAINING = ("name", "generation", "classifiers", "classifier", "training_sets", "metrics", "external")
OF_TRAINING = {"augmentation": ("gan",), "quality": ("track_every", "track_features")}


class SplitArtifacts:
    """What the stages of a split have written, and from what.

    Args:
        folder: The split's folder, which need not exist yet.
        config: The settings that make the split's numbers.
        fingerprint: Of all images.
        external: The images of the external test sets, as external.json holds them.

    Raises:
        InputError: The folder holds a split made with other settings or from other images, or a damaged one.
    """

    def __init__(
        self, folder: SplitFolder, config: Mapping[str, Any], fingerprint: str, external: Mapping[str, Any] = {}
    ) -> None:
        self.folder = folder
        self.config = config
        self.external = external
        refuse_pipes(folder.path)
        self.provenance: dict[str, Any] = read_provenance(folder) or {}
        if not self.begun and not folder.gans():  # trainings outlast a provenance.json that was deleted
            return

        self.restore("config", folder.config, OmegaConf.to_yaml(OmegaConf.create(dict(config))))
        before, now = comparable(read_settings(folder.config)), comparable(config)
        changed = changed_settings(before, now)
        if changed:
            raise InputError(
                f"{folder.path} was made with other settings ({', '.join(changed)}); "
                "give another name= or delete the folder."
            )
        if not self.begun:
            return

        if self.provenance["data"]["fingerprint"] != fingerprint:
            raise InputError(f"{folder.path} was made from other images; give another name= or delete the folder.")
        if "external" in self.chain:
            self.restore("external", folder.external, json_text(external))
        if (read_json(folder.external) or {}) != external:
            raise InputError(
                f"{folder.path} was made with other external test sets than data.external names; give another name=, "
                "and gans_from= to take the trained GANs along, or delete the folder."
            )

    @property
    def begun(self) -> bool:
        return bool(self.provenance)

    @property
    def chain(self) -> dict[str, Any]:
        """Hashes of what the stages have written so far."""
        return self.provenance.get("chain", {})

    def begin(self, split: Mapping[str, Any], provenance: Mapping[str, Any]) -> None:
        """Write the settings, the split, the external test sets and where it all comes from: the start of the chain."""
        write_atomic(self.folder.config, OmegaConf.to_yaml(OmegaConf.create(dict(self.config))))
        write_json(self.folder.split, split)
        real = {path.relative_to(self.folder.path).as_posix(): sha256_of(path) for path in self.folder.all_real()}
        chain = {"config": sha256_of(self.folder.config), "split": sha256_of(self.folder.split), "real": real}
        if self.external:
            write_json(self.folder.external, self.external)
            chain["external"] = sha256_of(self.folder.external)
        self.provenance = {**provenance, "seconds": {}, "chain": chain}
        self.save()

    def record_real(self, path: Path) -> None:
        """Note the hash of a real image that a begun split lacked, if the chain names another: then it was damaged."""
        name, sha256 = path.relative_to(self.folder.path).as_posix(), sha256_of(path)
        if self.begun and self.chain.get("real", {}).get(name) != sha256:
            self.chain.setdefault("real", {})[name] = sha256
            self.save()

    def restore(self, link: str, path: Path, content: str) -> None:
        """Write a missing file of a begun split once more, if its content is the one that the chain names.

        Raises:
            InputError: The file is not the one that the chain names.
        """
        known = self.chain.get(link)
        if not path.exists():
            if known != hashlib.sha256(content.encode()).hexdigest():
                raise InputError(
                    f"{path} is missing, and these settings do not make it; give those that the split was made with, "
                    f"or delete the folder {self.folder.path}."
                )
            write_atomic(path, content)
        if known is not None and sha256_of(path) != known:
            raise damaged(path, "it is not the file that was written")

    def has(self, stage: str, name: str) -> bool:
        """Whether a class's file of a stage is there and is the one that this split wrote."""
        path = self.folder.artifact(stage, name)
        return path.exists() and self.chain.get(stage, {}).get(name) == sha256_of(path)

    def check(self, stage: str, name: str) -> None:
        """Raise InputError if a class's file of a stage is not the one that was noted."""
        path = self.folder.artifact(stage, name)
        if path.exists() and name in self.chain.get(stage, {}) and not self.has(stage, name):
            raise damaged(path, "it is not the file that was written")

    def record(self, stage: str, name: str) -> None:
        """Note the hash of a class's new file; whatever followed from the earlier one is void."""
        stages, classes = list(ARTIFACTS), self.provenance["data"]["classes"]
        for later in stages[stages.index(stage) + 1 :]:
            # A GAN that is not named after a class, but after a member or none, may draw images of any.
            all_of_it = later == "generated" and name not in classes
            for void in [other for other in self.chain.get(later, ()) if all_of_it or other == name]:
                del self.chain[later][void]
        for table in set(self.chain) - {"config", "split", "external", "real", *stages}:
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
        except KeyboardInterrupt as stop:
            write_json(status, {"state": "stopped", "stage": name, "error": str(stop)})
            raise
        except BaseException as error:
            write_json(status, {"state": "failed", "stage": name, "error": f"{type(error).__name__}: {error}"})
            raise

        write_json(status, {"state": "unfinished", "stage": name})
        seconds = self.provenance["seconds"]
        seconds[name] = round(seconds.get(name, 0) + time.monotonic() - start, 1)
        self.save()

    def finish(self) -> None:
        write_json(self.folder.status, {"state": "done"})

    def save(self) -> None:
        write_json_with_digest(self.folder.provenance, self.provenance)


def comparable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as two folders compare them: with all defaults, and without names of places, which may move."""
    full = with_defaults(settings)  # an older folder holds what was typed alone
    return {
        key: {**full[key], **PLACES[key]} if PLACES.get(key) else full[key] for key in full if key not in NOT_COMPARED
    }


def training_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that change something in the training of a GAN."""
    trained = {key: value for key, value in settings.items() if key not in AFTER_TRAINING}
    for group, names in OF_TRAINING.items():
        trained[group] = {name: settings[group][name] for name in names if name in settings.get(group, {})}
    return trained


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The full keys of settings that differ; of a group that builds something else, such as another GAN, its own."""
    changed: list[str] = []
    for name in {**before, **now}:
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("_target_") == new.get("_target_"):
            changed += changed_settings(old, new, f"{prefix}{name}.")
        elif old != new:
            changed.append(f"{prefix}{name}")
    return changed


def read_provenance(folder: SplitFolder) -> dict[str, Any] | None:
    """What provenance.json of a split holds, with the parts that a continued study needs; None if missing.

    Raises:
        InputError: It is damaged.
    """
    found = read_json_with_digest(folder.provenance)
    if found is None:
        return None

    parts = [found.get(part) for part in ("data", "seconds", "chain")] if isinstance(found, dict) else [None]
    links = list(parts[-1].values()) if isinstance(parts[-1], dict) else [None]
    hashes = [sha for known in links for sha in (known.values() if isinstance(known, dict) else [known])]
    if not all(isinstance(part, dict) for part in parts) or not all(isinstance(sha, str) for sha in hashes):
        raise damaged(folder.provenance, "it lacks what a split needs")
    if not isinstance(found["data"].get("fingerprint"), str):
        raise damaged(folder.provenance, "it lacks the data's fingerprint")
    return dict(found)
