"""Laws of the registry: every file of conf/logger names a logger, and no other class is one."""

from apps import ROOT
from lightning.pytorch.loggers import CSVLogger
from omegaconf import OmegaConf

from leukgan.tracking.lightning_loggers import LightningTracking
from leukgan.tracking.registry import LOGGERS
from leukgan.tracking.stages import Stage


def test_every_file_of_conf_logger_names_the_registered_logger_of_its_name_or_lightning_s():
    files = {path.stem: OmegaConf.load(path)[path.stem] for path in (ROOT / "conf" / "logger").glob("*.yaml")}
    own = {name: node._target_ for name, node in files.items() if not node._target_.startswith("lightning.")}
    assert own == {name: f"{logger.__module__}.{logger.__qualname__}" for name, logger in LOGGERS.items()}


def test_a_logger_of_lightning_writes_below_its_stage_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tracking = LightningTracking(name="mine", constructor=CSVLogger, arguments={})
    stage = Stage(key="00-gan", name="toy/00-gan", group="toy", job_type="gan", config={"seed": 0}, tags=())
    with tracking.run(tmp_path / "elsewhere" / "split-00", stage):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]
