"""The settings of every command: their schema, their checks, and how they are read."""

from leukgan.config.checks import check_choice, check_minimums, check_name, output_file
from leukgan.config.parts import SplitSettings
from leukgan.config.reading import as_override, as_typed, read_config
from leukgan.config.schema import (
    CheckDataSettings,
    CompareGANsSettings,
    CompareSmearsSettings,
    GenerateSettings,
    ReportSettings,
    ReviewSettings,
    SearchSettings,
    SplitCommandSettings,
    TrainGANSettings,
    VerifyTableSettings,
)
from leukgan.config.study import KID, Settings, StudySettings
from leukgan.config.targets import TARGET, belongs_to, check_targets, targets_within, trusted_by, trusted_packages

__all__ = [
    "KID", "TARGET", "CheckDataSettings", "CompareGANsSettings", "CompareSmearsSettings", "GenerateSettings",
    "ReportSettings", "ReviewSettings", "SearchSettings", "Settings", "SplitCommandSettings", "SplitSettings",
    "StudySettings", "TrainGANSettings", "VerifyTableSettings", "as_override", "as_typed", "belongs_to",
    "check_choice", "check_minimums", "check_name", "check_targets", "output_file", "read_config", "targets_within",
    "trusted_by", "trusted_packages",
]  # fmt: skip
