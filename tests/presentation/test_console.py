"""Laws of what a command says while it works."""

import pytest

from leukgan.presentation.console import each, labelled, status, stderr_console, time_left, within


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("leukgan.presentation.console.time.monotonic", made)
    return made


def test_counted_work_says_once_how_long_it_takes(clock, capsys):
    with status("") as show:
        for clock.now, done in ((100, 2), (110, 3), (125, 4), (130, 5)):  # two are from before
            show(f"image {done} of 12", done, 12)
    assert capsys.readouterr().err == f"image 4 of 12; {time_left(100)}\n"


def test_each_count_has_a_speed_of_its_own(clock, capsys):
    """A smaller number, or another of all, begins another count."""
    with status("") as show:
        for clock.now, words, done, total in (
            *((100, "fast", 0, 100), (110, "fast", 99, 100)),
            *((110, "slow", 0, 100), (140, "slow", 10, 100), (170, "slow", 20, 100)),
            *((200, "other", 40, 50), (230, "other", 45, 50)),
        ):
            show(words, done, total)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"slow; {time_left(270)}", "other", f"other; {time_left(30)}"]


def test_work_of_unknown_speed_is_named_after_a_silence(clock, capsys):
    with status("") as show:
        for clock.now, words in ((100, "a"), (120, "b"), (121, "c"), (141, "d"), (142, "e")):
            show(words)
    assert capsys.readouterr().err.splitlines() == ["c", "e"]


def test_a_part_is_named_before_its_words(clock, capsys):
    with status("") as show:
        stage = within(within(show, "split 1"), "stage 2 of 3, classifiers")
        stage("features", 0, 4)
        clock.now += 30
        stage("features", 1, 4)
    assert capsys.readouterr().err == f"split 1: stage 2 of 3, classifiers: features; {time_left(90)}\n"


def test_after_each_of_several_alike_the_time_of_the_others_is_told(clock, capsys):
    """One that was done before takes no time, and says nothing; the last has no others."""
    for seconds in each([0, 60, 100, 30], "splits"):
        clock.now += seconds
    assert capsys.readouterr().err.splitlines() == [
        f"2 of 4 splits; {time_left(120)}",
        f"3 of 4 splits; {time_left(100)}",
    ]


def test_the_time_left_is_in_hours_minutes_and_seconds():
    assert time_left(3723.4) == "1:02:03 left at this speed (hours:minutes:seconds)"


def test_a_line_is_one_line_however_long_and_begins_with_its_job(capsys):
    words = "a sentence that is longer than a terminal is wide " * 4
    with labelled("trial-003"):
        stderr_console().print(words)
    assert capsys.readouterr().err == f"trial-003: {words}\n"
