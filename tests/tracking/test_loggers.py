"""Laws of the registry: every file of conf/logger names a logger, and no other class is one."""

from apps import ROOT, TOY, refusal_of
from omegaconf import OmegaConf

from leukgan.tracking.registry import LOGGERS


def test_a_logger_that_is_not_registered_is_refused(tmp_path):
    sentence = refusal_of("study", tmp_path, *TOY, "logger._target_=leukgan.tracking.stages.TrackedRun")
    assert sentence.startswith("error: logger._target_=leukgan.tracking.stages.TrackedRun names code that settings may")


def test_every_file_of_conf_logger_names_the_registered_logger_of_its_name():
    files = {path.stem: OmegaConf.load(path)._target_ for path in (ROOT / "conf" / "logger").glob("*.yaml")}
    assert files.keys() == LOGGERS.keys()
    assert set(files.values()) == {f"{logger.__module__}.{logger.__qualname__}" for logger in LOGGERS.values()}
