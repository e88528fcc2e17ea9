"""The interface of a logger: where metrics, pictures, tables and results go besides the files of the run folder."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Picture = Path | NDArray[np.uint8]  # a PNG file, or uint8 (3, H, W)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a stage at one moment; everything has a name."""

    step: int | None = None  # generator steps done, in stages that have any; each at most once, in order
    values: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pages: Mapping[str, Path] = field(default_factory=dict)  # HTML files


class TrackedRun:
    """A logger's run of one stage; this one leaves everything to the runs of other loggers, if there are any."""

    others: Sequence["TrackedRun"] = ()

    def log(self, entry: Entry) -> None:
        """Record an entry at once."""
        for run in self.others:
            run.log(entry)

    def keep(self, kind: str, files: Mapping[str, Path]) -> None:
        """Upload or copy files that do not change any more, such as checkpoints.

        Args:
            kind: model, dataset or report.
            files: By the name that each gets.
        """
        for run in self.others:
            run.keep(kind, files)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a logger knows of a stage before it starts."""

    key: str  # the stage's name, unique in its folder, such as 00-gan-healthy
    name: str  # of the run, unique among all
    group: str  # the study or sweep that it belongs to
    job_type: str
    config: Mapping[str, Any]  # the resolved settings and the provenance
    tags: Sequence[str]  # words to find it by


class Tracking(ABC):
    """A logger: opens a run for each GAN's training and each other stage, and closes it."""

    def describe(self) -> str:
        """Where its runs will be, in a line for the user; empty if there is nothing to say."""
        return ""

    @abstractmethod
    def run(self, folder: Path, stage: Stage) -> AbstractContextManager[TrackedRun]:
        """The logger's run of a stage: finished with the block, marked as failed if the block raises.

        Args:
            folder: Folder for the logger's files; the same stage of the same folder continues its run.
            stage: What is done.
        """


@dataclass(frozen=True)
class CSVOnly(Tracking):
    """No further logger: the files of the run folder are all there is."""

    @contextmanager
    def run(self, folder: Path, stage: Stage) -> Iterator[TrackedRun]:
        yield TrackedRun()


@dataclass(frozen=True)
class SeveralLoggers(Tracking):
    """Several loggers at once."""

    loggers: Sequence[Tracking]

    def describe(self) -> str:
        return "\n".join(filter(None, (logger.describe() for logger in self.loggers)))

    @contextmanager
    def run(self, folder: Path, stage: Stage) -> Iterator[TrackedRun]:
        with ExitStack() as opened:
            runs = TrackedRun()
            runs.others = [opened.enter_context(logger.run(folder, stage)) for logger in self.loggers]
            yield runs


def stage_of(study: str, key: str, job_type: str, config: Mapping[str, Any], provenance: Mapping[str, Any]) -> Stage:
    """Describe to a logger a stage of a study, or of a trial, called <sweep>/<trial>, whose group is the sweep."""
    data, gan = provenance["data"], provenance["gan"]
    return Stage(
        key=key,
        name=f"{study}-{key}",
        group=study.partition("/")[0],
        job_type=job_type,
        config={**config, "provenance": {key: value for key, value in provenance.items() if key != "seconds"}},
        tags=[
            gan["name"] if gan else "given images",
            data["source"],
            provenance["protocol"],
            f"{data['image_size']}px",
        ],
    )
