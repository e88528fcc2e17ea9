"""leukgan's multirun as a sweeper of Hydra, which looks for sweepers in this package only."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


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

        sweep(
            self.config,
            arguments,
            check=self.validate_batch_is_legal,
            launch=launch,
            show=lambda words: print(words, flush=True),
        )


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="leukgan",
    node={"_target_": f"{LeukganSweeper.__module__}.{LeukganSweeper.__name__}"},
    provider="leukgan",
)
