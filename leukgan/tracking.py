"""Where metrics go besides the csv files of the run folder."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb import Run


class Tracking(ABC):
    """Opens one run of a tracker for each GAN and each classifier stage, and closes it."""

    @abstractmethod
    @contextmanager
    def run(
        self, folder: Path, *, name: str, group: str, job_type: str, config: Mapping[str, Any]
    ) -> Iterator[Run | None]:
        """A tracker's run, finished with the block, marked as failed where the block raises.

        Args:
            folder: That holds the tracker's files.
            name: Of the run.
            group: The study it belongs to.
            job_type: Its stage.
            config: What was chosen.
        """
        yield None


@dataclass(frozen=True, kw_only=True)
class WeightsAndBiases(Tracking):
    """Weights & Biases: online where the environment holds WANDB_API_KEY, else files for `wandb sync`.

    Attributes:
        project: The project's name there.
    """

    project: str = "leukgan"

    @contextmanager
    def run(
        self, folder: Path, *, name: str, group: str, job_type: str, config: Mapping[str, Any]
    ) -> Iterator[Run | None]:
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        run = wandb.init(
            project=self.project,
            dir=folder,
            name=name,
            group=group,
            job_type=job_type,
            config=dict(config),
            mode=os.environ.get("WANDB_MODE") or ("online" if os.environ.get("WANDB_API_KEY") else "offline"),  # type: ignore[arg-type]
            reinit="finish_previous",
            # A log flushed each second survives a kill.
            settings=wandb.Settings(silent=True, console="off", x_transaction_log_flush_interval=1),
        )
        try:
            yield run
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish()


@dataclass(frozen=True)
class CSVOnly(Tracking):
    """No tracker: the csv files of the run folder are all there is."""

    @contextmanager
    def run(
        self, folder: Path, *, name: str, group: str, job_type: str, config: Mapping[str, Any]
    ) -> Iterator[Run | None]:
        yield None
