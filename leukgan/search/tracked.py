"""What a search and its trials tell a logger: the objective of each, and the leaderboard."""

from collections.abc import Mapping
from typing import Any

from leukgan.config import StudySettings
from leukgan.run_folder.artifacts import read_provenance
from leukgan.run_folder.files import read_rows
from leukgan.run_folder.paths import RunFolder
from leukgan.search.objective import Objective
from leukgan.study import build_tracking
from leukgan.tracking.stages import Entry, Stage, Tracking, stage_of


def track_trial(config: StudySettings, objective: Objective) -> Objective:
    """Tell the logger a trial's objective, in a run of type trial, by which trials can be sorted; gives it back."""
    folder = RunFolder(config.run(config.name))
    provenance = read_provenance(folder.split(config.split.chosen()[0]))
    assert provenance is not None  # its GANs are trained
    stage = stage_of(config.name, "trial", "trial", config.saved(), provenance)
    with build_tracking(config.logger).run(folder.path, stage) as run:
        interval = {"low": objective.low, "high": objective.high}
        ends = {f"{config.objective}_{end}": value for end, value in interval.items() if value is not None}
        run.log(Entry(values={config.objective: objective.value, **ends}))
    return objective


def track_search(folder: RunFolder, tracking: Tracking, config: Mapping[str, Any]) -> None:
    """Tell the logger the leaderboard and figure of a search or sweep, in a run of type search with what was tried."""
    name = folder.path.name
    stage = Stage(key="search", name=f"{name}-search", group=name, job_type="search", config=config, tags=[])
    board, figure = read_rows(folder.leaderboard), folder.search_figure("png")
    with tracking.run(folder.path, stage) as run:
        best = {f"best/{row['objective']}": float(row["value"]) for row in board.head(1).to_dict("records")}
        run.log(
            Entry(values=best, tables={"leaderboard": board}, pictures={"search": figure} if figure.exists() else {})
        )
