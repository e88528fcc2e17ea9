"""Weights & Biases as a logger: how it stores, uploads and continues runs."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leukgan.errors import InputError
from leukgan.run_folder.files import write_atomic
from leukgan.tracking.stages import Entry, Stage, TrackedRun, Tracking
from leukgan.tracking.wandb_server import api_key, server_address, server_answers, wants_server

if TYPE_CHECKING:
    from wandb import Run, Settings

OF_AGENT = ("WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH")  # what it sets for a trial's process
MODES = ("online", "offline", "disabled", "shared")  # of WANDB_MODE
NOT_IN_PROJECTS = "/\\#?%:"
OLDER_MODES = ("dryrun", "run")  # offline and online; Lightning's WandbLogger sets the first for all of its process


@dataclass(frozen=True, kw_only=True)
class WeightsAndBiases(Tracking):
    """Weights & Biases: online if there is a key and the server answers, else files for `wandb sync`.

    A key is WANDB_API_KEY, or what `wandb login` has left in the netrc file.

    Attributes:
        project: Name of the project; null: WANDB_PROJECT, or leukgan.
        entity: User or team that owns it; null: the key's own.
        tags: Further tags of every run.
        artifacts: Whether checkpoints, generated images and the report are uploaded too.
        upload_seconds: Longest time that the end of a stage waits for uploads, at least 1.

    Raises:
        InputError: The server does not accept the key, or WANDB_MODE is unknown.
    """

    project: str | None = None
    entity: str | None = None
    tags: Sequence[str] = ()
    artifacts: bool = True
    upload_seconds: int = 300

    def __post_init__(self) -> None:
        mode = os.environ.get("WANDB_MODE", "")
        if mode and mode not in MODES + OLDER_MODES:
            raise InputError(f"the environment has WANDB_MODE={mode}; it must be {' or '.join(MODES)}.")
        if not re.match(r"https?://[^/]", server_address()):
            raise InputError(f"WANDB_BASE_URL must be an address such as https://api.wandb.ai, got {server_address()}.")
        if found := set(self._project) & set(NOT_IN_PROJECTS):
            raise InputError(
                f"Weights & Biases takes no project with {''.join(sorted(found))} in its name, got {self._project}; "
                "change logger.wandb.project or WANDB_PROJECT."
            )
        if self.upload_seconds < 1:
            raise InputError(f"logger.wandb.upload_seconds must be at least 1, got {self.upload_seconds}; use 300.")
        if wants_server():
            server_answers()

    def describe(self) -> str:
        mode = os.environ.get("WANDB_MODE")
        if mode:
            return f"Weights & Biases: {mode}, as WANDB_MODE says"
        if not api_key():
            return (
                "Weights & Biases: offline, as there is no key; `wandb login` or WANDB_API_KEY puts runs online, and "
                "`wandb sync` uploads those in the run folder later"
            )
        if not server_answers():
            return f"Weights & Biases: offline, as {server_address()} does not answer; `wandb sync` uploads runs later"
        return f"Weights & Biases: online, project {self._project} at {server_address()}"

    @property
    def _project(self) -> str:
        return self.project or os.environ.get("WANDB_PROJECT") or "leukgan"

    @contextmanager
    def run(self, folder: Path, stage: Stage) -> Iterator[TrackedRun]:
        import wandb

        # The id makes the same stage of the same folder continue its run.
        home = folder.resolve() / "wandb"  # wandb's service need not have this process's working directory
        identity = home / f"{stage.key}.id"
        if not identity.exists():
            write_atomic(identity, secrets.token_hex(8))

        # A trial's run is the one that `wandb agent` has opened for its sweep; others of its processes are not.
        if stage.job_type != "trial":
            for name in OF_AGENT:
                os.environ.pop(name, None)

        online = wants_server() and server_answers()
        mode = os.environ.get("WANDB_MODE") or ("online" if online else "offline")
        # A service of this process: one that it has inherited would still hold the run of a process that was killed.
        os.environ.pop("WANDB_SERVICE", None)

        with _files_below(home):
            try:
                run = wandb.init(
                    project=self._project,
                    entity=self.entity,
                    dir=home.parent,
                    id=os.environ.get("WANDB_RUN_ID") if "WANDB_SWEEP_ID" in os.environ else identity.read_text(),
                    resume="allow",
                    name=stage.name,
                    group=stage.group,
                    job_type=stage.job_type,
                    config=dict(stage.config),
                    tags=[*stage.tags, *self.tags],
                    mode=mode,  # type: ignore[arg-type]
                    reinit="finish_previous",
                    settings=self._settings(),
                )
            except wandb.Error as error:
                sentence = str(error).splitlines()[0].removesuffix(".")
                raise InputError(f"Weights & Biases: {sentence}; WANDB_MODE=offline does without a server.") from error

            # The smallest distance to validation images, and what a sweep's trial is measured by.
            run.define_metric("val/kid", summary="min")
            if wants_server() and not online:
                _print(f"no Weights & Biases server answers; later, upload with: wandb sync {Path(run.dir).parent}")

            try:
                yield WandbRun(run, artifacts=self.artifacts, upload_seconds=self.upload_seconds)
            except BaseException:
                _finish(run, 1)
                raise
            _finish(run, 0)

    def _settings(self) -> Settings:
        """Settings with which a run survives a kill, and a server that goes away."""
        import wandb

        return wandb.Settings(
            silent=True,
            console="off",
            x_transaction_log_flush_interval=1,  # a log flushed each second survives a kill
            init_timeout=60,
            finish_timeout=self.upload_seconds,
            finish_timeout_raises=True,
            # The end waits for an artifact's requests beyond finish_timeout: with wandb's own numbers, very long.
            x_graphql_timeout_seconds=20,
            x_graphql_retry_max=5,
            x_graphql_retry_wait_max_seconds=10,
            x_file_transfer_timeout_seconds=self.upload_seconds,
            x_file_transfer_retry_max=2,
            x_file_transfer_retry_wait_max_seconds=10,
        )


@dataclass(frozen=True)
class WandbRun(TrackedRun):
    """A run of Weights & Biases."""

    run: Run
    artifacts: bool
    upload_seconds: int

    def log(self, entry: Entry) -> None:
        import wandb

        row: dict[str, Any] = dict(entry.values)
        named = [*entry.tables, *entry.pictures, *entry.pages, *entry.values]
        for name, picture in entry.pictures.items():
            row[name] = wandb.Image(str(picture) if isinstance(picture, Path) else np.moveaxis(picture, 0, 2))
        row |= {name: wandb.Table(dataframe=table) for name, table in entry.tables.items()}
        row |= {name: wandb.Html(str(page)) for name, page in entry.pages.items()}

        with self._survived(" and ".join(named[:2])):
            self.run.log(row, step=entry.step, commit=True)

    def keep(self, kind: str, files: Mapping[str, Path]) -> None:
        import wandb

        if not self.artifacts or self.run.disabled:
            return
        if not self.run.offline and not server_answers():
            # An artifact of an online run without a server is in no file that `wandb sync` reads.
            _print(f"no Weights & Biases server answers; it gets no {kind} of {self.run.name}")
            return

        artifact = wandb.Artifact(re.sub(r"[^A-Za-z0-9_.-]", "-", str(self.run.name)), kind)
        for name, path in files.items():
            # Immutable: not copied, and found where it lies from any directory that `wandb sync` is called in.
            artifact.add_file(str(path.resolve()), name, policy="immutable", skip_cache=True)
        with self._survived(f"the {kind}"):
            logged = self.run.log_artifact(artifact)
            if not self.run.offline:
                logged.wait(self.upload_seconds)

    @contextmanager
    def _survived(self, what: str) -> Iterator[None]:
        """Say that the server has not taken something, of which the run folder has the original; the work goes on.

        What a server answers can raise errors of wandb, of pydantic and of the protocol.
        """
        try:
            yield
        except Exception as error:
            why = next(iter(str(error).splitlines()), "") or type(error).__name__
            _print(
                f"Weights & Biases has not taken {what} of {self.run.name} ({why}); it is in the run folder, upload it "
                "by hand or repeat this stage in a new run."
            )


@contextmanager
def _files_below(home: Path) -> Iterator[None]:
    """Store in this folder what Weights & Biases would put into the user's home and needs for `wandb sync`."""
    folders = {"WANDB_DATA_DIR": home / "data", "WANDB_CACHE_DIR": home / "cache"}
    added = {name: str(path) for name, path in folders.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _finish(run: Run, exit_code: int) -> None:
    """Finish a run; what is not uploaded in time stays on disk."""
    try:
        run.finish(exit_code=exit_code)
    except Exception as error:
        if not isinstance(error, TimeoutError):
            _print(f"Weights & Biases: {next(iter(str(error).splitlines()), type(error).__name__)}")
        _print(f"Weights & Biases has not taken all of {run.name}; later: wandb sync {Path(run.dir).parent}")


def _print(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
