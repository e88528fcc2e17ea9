"""Laws of a guided search on a known function: an exact budget, kills that lose nothing, failures that end nothing."""

import math
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from leukgan.config import SearchSettings
from leukgan.errors import InputError, TrainingDiverged
from leukgan.run_folder.paths import RunFolder
from leukgan.search.guided import Search
from leukgan.search.objective import Objective
from leukgan.search.space import parameters_of

SPACE = {"gan.a": "tag(log, interval(1e-5, 1e-1))", "gan.kind": "x,y"}


def search_in(folder, parameters=None, settings=("steps=5",), **changes):
    config = SearchSettings(
        name="toy", trials=12, objective="val/kid", direction="minimize", seed=0, startup_trials=4, prune=True,
        storage=None,
    )  # fmt: skip
    parameters = parameters or parameters_of(SPACE, [])[0]
    return Search(folder=RunFolder(folder), config=replace(config, **changes), parameters=parameters, settings=settings)


def bowl(label, point, prune):
    """Smallest at gan.a = 1e-3, kind x."""
    value = abs(math.log10(float(point["gan.a"])) + 3) + (point["gan.kind"] == "y")
    return Objective(value, value - 0.1, value + 0.1)


def done(search, work=bowl, show=lambda words: None):
    """The trials of a search that one worker has finished."""
    list(search.run(work, show))
    return search.results()


def without_clock(trials):
    return [(t.label, dict(t.parameters), t.state, t.value, t.low, t.high, t.error) for t in trials]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The trials of an uninterrupted search."""
    return done(search_in(tmp_path_factory.mktemp("whole")))


def test_the_budget_is_done_and_the_bowl_s_floor_is_found(whole):
    assert [trial.label for trial in whole] == [f"trial-{number:03d}" for number in range(12)]
    assert {trial.state for trial in whole} == {"complete"}
    assert all(trial.low < trial.value < trial.high and trial.seconds is not None for trial in whole)
    assert min(trial.value for trial in whole[4:]) < min(trial.value for trial in whole[:4])


def test_a_search_repeats_and_another_seed_is_another(whole, tmp_path):
    assert without_clock(done(search_in(tmp_path / "same"))) == without_clock(whole)
    other = done(search_in(tmp_path / "other", seed=1, trials=3))
    assert [trial.parameters for trial in other] != [trial.parameters for trial in whole[:3]]


@pytest.mark.parametrize(
    "damaged",
    [
        *(lambda whole: whole[: len(whole) // 2], lambda whole: b"cut" + whole, lambda whole: b"[" * 100_000 + b"\n"),
        *(lambda _, line=line: line for line in (b"{}\n", b"[1]\n", b"null\n", b"\xff\xfe\n", b'{"op_code": 99}\n')),
    ],
)
def test_a_damaged_journal_is_named_and_without_it_the_search_ends_the_same(tmp_path, damaged):
    before = done(search_in(tmp_path, trials=2))
    journal = tmp_path / "study.journal"
    journal.write_bytes(damaged(journal.read_bytes()))
    with pytest.raises(InputError) as refused:
        done(search_in(tmp_path, trials=2))
    assert re.search(
        rf"^{journal} is damaged \((its last line is cut|\w+ in reading it)\); delete {journal}, and the command that",
        str(refused.value),
    )
    journal.unlink()
    assert without_clock(done(search_in(tmp_path, trials=2))) == without_clock(before)


@pytest.mark.parametrize("storage", [None, "sqlite:///{}/search.db"])
def test_a_worker_that_was_killed_is_gone_on_for_with_the_same_values(whole, tmp_path, storage):
    search = search_in(tmp_path, storage=storage and storage.format(tmp_path))
    program = f"""
import time
from test_guided import bowl, search_in
def work(label, point, prune):
    print(label, point["gan.a"], flush=True)
    if label == "trial-005":
        time.sleep(600)
    return bowl(label, point, prune)
search = search_in(__import__("pathlib").Path({str(tmp_path)!r}), storage={search.config.storage!r})
list(search.run(work, lambda words: None))
"""
    folder = os.path.dirname(__file__)  # noqa: PTH120
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=folder, env={**os.environ}
    )
    begun = [next(process.stdout).split() for _ in range(6)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    shown = []
    assert without_clock(done(search, show=shown.append)) == without_clock(whole)
    assert shown[0].startswith(f"trial-005: gan.a={begun[5][1]} ")
    assert len(shown) == 2 * 7


def test_two_workers_do_exactly_the_budget(tmp_path):
    """In one process: locks of files are the open file's, so that threads are as apart as processes."""
    labels = []

    def work(label, point, prune):
        labels.append(label)
        time.sleep(0.05)
        return bowl(label, point, prune)

    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(done, search_in(tmp_path, trials=9), work) for _ in range(3)]
        assert all(len(result.result()) <= 9 for result in results)
    assert sorted(labels) == [f"trial-{number:03d}" for number in range(9)]
    assert {trial.state for trial in done(search_in(tmp_path, trials=9))} == {"complete"}


def test_a_larger_budget_goes_on(whole, tmp_path):
    done(search_in(tmp_path, trials=5))
    assert without_clock(done(search_in(tmp_path))) == without_clock(whole)


def test_trials_that_diverge_or_fail_end_nothing(tmp_path):
    def work(label, point, prune):
        number = int(label[-3:])
        if number == 1:
            raise TrainingDiverged("the training diverged: at generator step 3, a weight is no number.")
        if number == 2:
            raise InputError("gan.a must be less.")
        if number == 3:
            raise ZeroDivisionError("at home")
        return bowl(label, point, prune)

    search = search_in(tmp_path, trials=6)
    trials = done(search, work)
    assert [trial.state for trial in trials] == ["complete", "diverged", "failed", "failed", "complete", "complete"]
    assert [trial.value for trial in trials[1:4]] == [None] * 3
    assert trials[1].error.startswith("the training diverged")
    assert trials[2].error == "gan.a must be less."
    assert trials[3].error.startswith("ZeroDivisionError: at home; the traceback is in ")
    assert "ZeroDivisionError" in (tmp_path / "jobs" / "trial-003" / "error.txt").read_text()


def test_a_trial_worse_than_the_median_of_five_is_pruned(tmp_path):
    """The first five are at their number, so that the median at step 10 is 2."""
    later = {5: 1.9, 6: 2.9, 7: 9.0}

    def work(label, point, prune):
        value = later.get(int(label[-3:]), float(label[-3:]))
        prune(10, value)
        prune(10, value)  # a step is told once
        return Objective(value, None, None)

    trials = done(search_in(tmp_path / "on", trials=8), work)
    assert [trial.state for trial in trials] == ["complete"] * 6 + ["pruned", "pruned"]
    assert [trial.value for trial in trials[5:]] == [1.9, 2.9, 9.0]
    trials = done(search_in(tmp_path / "off", trials=8, prune=False), work)
    assert {trial.state for trial in trials} == {"complete"}


def test_a_study_of_other_settings_is_refused(tmp_path):
    done(search_in(tmp_path, trials=1))
    with pytest.raises(InputError, match=r"the search toy has begun with other settings: steps=5, steps=6; give"):
        search_in(tmp_path, settings=["steps=6"]).results()
    with pytest.raises(InputError, match=r"begun with other settings: .*low=0\.1"):
        search_in(tmp_path, parameters=parameters_of({"gan.a": "interval(0.1,1)"}, [])[0]).results()


@pytest.mark.parametrize(
    "storage", ["nonsense", "sqlite:////no/such/folder/search.db", "postgres+none://me:secret@x/y"]
)
def test_a_storage_that_cannot_be_used_is_a_sentence_without_its_password(tmp_path, storage):
    with pytest.raises(InputError, match=r"^the database of storage= can't be used: .*\.$") as caught:
        search_in(tmp_path, storage=storage).results()
    assert "secret" not in str(caught.value)


def test_importances_are_shares_and_none_of_nothing(tmp_path):
    search = search_in(tmp_path)
    assert search.importances() == {}
    done(search)
    shares = search.importances()
    assert set(shares) == {"gan.a", "gan.kind"}
    assert sum(shares.values()) == pytest.approx(1)
