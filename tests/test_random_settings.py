"""Law of settings: whatever is typed, a study is planned or refused in one sentence that names the setting."""

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout

import hydra
import pytest
from apps import TOY, run_app
from omegaconf import OmegaConf

from leukgan.cli import CONF

hypothesis = pytest.importorskip("hypothesis")
strategies = hypothesis.strategies

EXAMPLES = int(os.environ.get("LEUKGAN_EXAMPLES", "30"))  # each takes about a second
# A trial needs an objective, which its sentence names; many images are no mistake, but take long.
LEFT_OUT = ("name", "runs", "trial_of", "data.count")


class PlannedError(BaseException):
    """Stands for the work, which begins with the first split."""


def settings_of(node, prefix=""):
    """The full keys of a config's settings, those of groups too."""
    for key, value in node.items():
        if key != "_target_" and f"{prefix}{key}" not in LEFT_OUT:
            yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from settings_of(value, f"{prefix}{key}.")


with hydra.initialize_config_dir(CONF, version_base="1.3"):
    KEYS = sorted({*settings_of(OmegaConf.to_container(hydra.compose("study"))), "experiment"})

WORDS = ("null", "true", "false", "nan", "inf", "-inf", "1e3", "007", "[]", "{}", "''", "auto", "none", "all", "0x10")
BRACKETS = (
    "[1,2]",
    "[null]",
    "[a,b]",
    "{a: 1}",
    "[[1]]",
    "{1: [2]}",
    "[0.5,x]",
    "[",
    "}",
    "'",
    "${seed}",
    "${nothing}",
)
ODD = ("Müller", "白血病", "a b", "a=b", "a,b", "../x", "x" * 300, "%s", "\\", "*", "(1)", "choice(1,2)", "[red]", "~x")
VALUES = strategies.one_of(
    strategies.sampled_from((*WORDS, *BRACKETS, *ODD)),
    strategies.integers(-3, 40).map(str),
    strategies.floats(width=32).map(str),
    strategies.text(strategies.characters(min_codepoint=32, max_codepoint=126), max_size=6),
)
SETTINGS = strategies.tuples(strategies.sampled_from(KEYS), VALUES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:

        def plan(*_):
            raise PlannedError

        patch.setattr("leukgan.study.SplitStudy", plan)
        yield tmp_path_factory.mktemp("settings")


def outcome(folder, *arguments):
    """The sentence of a study that is refused, or None if its work would begin."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as error:
        try:
            code = run_app("study", folder, *TOY, "name=x", *arguments)
        except PlannedError:
            return None
    lines = error.getvalue().splitlines()
    assert code == 1
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


@hypothesis.settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@hypothesis.given(setting=SETTINGS)
def test_a_setting_is_taken_or_refused_in_a_sentence_that_names_it(folder, setting):
    key, value = setting
    sentence = outcome(folder, f"{key}={value}")
    named = rf"\b{re.escape(key.rpartition('.')[2])}\b|\bgenerated="  # which is short for generated.root=
    assert sentence is None or re.search(named, sentence), sentence
