"""leukgan's multirun as a sweeper of Hydra, which looks for sweepers in this package only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

if TYPE_CHECKING:
    from leukgan.run_folder.paths import RunFolder


class LeukganSweeper(Sweeper):
    """Hydra's multirun with a folder and a state for each job; no job is done twice."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context = hydra_context
        self.config: DictConfig = config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        from leukgan.search.sweep import sweep  # here: Hydra loads every plugin at every start

        def launch(batch: list[list[str]]) -> None:
            self.launcher.launch(batch, initial_job_idx=0)

        def track(root: RunFolder) -> None:
            from leukgan.search.tracked import track_search
            from leukgan.study import build_tracking

            settings: Any = OmegaConf.to_container(self.config, resolve=True)
            tried = {"space": settings["space"], "objective": settings["objective"], "arguments": list(arguments)}
            track_search(root, build_tracking(settings["logger"]), tried)

        sweep(
            self.config,
            arguments,
            check=self.validate_batch_is_legal,
            launch=launch,
            show=lambda words: print(words, flush=True),
            track=track,
        )


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="leukgan",
    node={"_target_": f"{LeukganSweeper.__module__}.{LeukganSweeper.__name__}"},
    provider="leukgan",
)
