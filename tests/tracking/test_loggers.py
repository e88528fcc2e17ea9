"""Laws of the registry: every file of conf/logger names a logger, and no other class is one."""

from apps import ROOT, TOY, refusal_of
from omegaconf import OmegaConf

from leukgan.tracking.registry import LOGGERS


def test_a_logger_that_is_not_registered_is_refused(tmp_path):
    sentence = refusal_of("study", tmp_path, *TOY, "logger.csv._target_=leukgan.tracking.stages.TrackedRun")
    assert sentence.startswith("error: logger.csv._target_=leukgan.tracking.stages.TrackedRun names code that settings")


def test_every_file_of_conf_logger_names_the_registered_logger_of_its_name_or_lightning_s():
    files = {path.stem: OmegaConf.load(path)[path.stem] for path in (ROOT / "conf" / "logger").glob("*.yaml")}
    own = {name: node._target_ for name, node in files.items() if not node._target_.startswith("lightning.")}
    assert own == {name: f"{logger.__module__}.{logger.__qualname__}" for name, logger in LOGGERS.items()}
