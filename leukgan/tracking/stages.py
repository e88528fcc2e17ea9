"""Where metrics, pictures, tables and results go besides the files of the run folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Picture = Path | NDArray[np.uint8]  # a PNG file, or uint8 (3, H, W)


class TrackedRun:
    """A tracker's run of one stage; this one keeps nothing."""

    def log(
        self,
        values: Mapping[str, float],
        *,
        step: int | None = None,
        pictures: Mapping[str, Picture] | None = None,
        tables: Mapping[str, pd.DataFrame] | None = None,
        pages: Mapping[str, Path] | None = None,
    ) -> None:
        """Keep what is known at one moment, at once.

        Args:
            values: Numbers by name.
            step: Generator steps done, where the stage has any; each at most once, in order.
            pictures: By name.
            tables: By name.
            pages: HTML files by name.
        """

    def keep(self, kind: str, files: Mapping[str, Path]) -> None:
        """Keep files that no one changes any more, such as checkpoints.

        Args:
            kind: What they are: model, dataset or report.
            files: By the name that each gets.
        """


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a tracker is told of a stage before it starts.

    Attributes:
        key: What is done, unique in its folder, such as 00-gan-healthy.
        name: Of the run, unique among all.
        group: The study or sweep it belongs to.
        job_type: What kind of stage it is.
        config: What was chosen, and what it is run on.
        tags: To find it by.
    """

    key: str
    name: str
    group: str
    job_type: str
    config: Mapping[str, Any]
    tags: Sequence[str]


class Tracking(ABC):
    """Opens a run of a tracker for each GAN and each other stage, and closes it."""

    @abstractmethod
    def run(self, folder: Path, stage: Stage) -> AbstractContextManager[TrackedRun]:
        """A tracker's run, finished with the block, marked as failed where the block raises.

        Args:
            folder: That holds the tracker's files; the same stage of the same folder continues its run.
            stage: What is done.
        """


@dataclass(frozen=True)
class CSVOnly(Tracking):
    """No tracker: the files of the run folder are all there is."""

    @contextmanager
    def run(self, folder: Path, stage: Stage) -> Iterator[TrackedRun]:
        yield TrackedRun()


def stage_of(study: str, key: str, job_type: str, config: Mapping[str, Any], provenance: Mapping[str, Any]) -> Stage:
    """A stage of a study.

    Args:
        study: The study's name; that of a sweep's trial is sweep/trial, and its group the sweep.
        key: What is done, with the split's number where it is one split's, such as 00-gan-healthy.
        job_type: What kind of stage it is.
        config: The resolved settings.
        provenance: Of a split.
    """
    data = provenance["data"]
    return Stage(
        key=key,
        name=f"{study}-{key}",
        group=study.partition("/")[0],
        job_type=job_type,
        config={**config, "provenance": {key: value for key, value in provenance.items() if key != "seconds"}},
        tags=[provenance["gan"]["name"], data["source"], provenance["protocol"], f"{data['image_size']}px"],
    )
