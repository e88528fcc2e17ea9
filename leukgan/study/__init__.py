"""A study built from its config, and the stages of one split, each done once."""

from leukgan.study.build import build_study
from leukgan.study.given_generation import refuse_test_copies
from leukgan.study.instantiate import build_tracking
from leukgan.study.split_study import SplitStudy, train_gans
from leukgan.study.study import Study

__all__ = ["SplitStudy", "Study", "build_study", "build_tracking", "refuse_test_copies", "train_gans"]
