"""Laws of what a command says while it works."""

from leukgan.presentation.console import labelled, status, stderr_console, time_left


def test_work_whose_share_is_told_says_once_how_long_it_takes(monkeypatch, capsys):
    clock = iter([100.0, 110.0, 125.0])
    monkeypatch.setattr("leukgan.presentation.console.time.monotonic", lambda: next(clock))
    with status("") as show:
        show("reading")  # of which nobody knows how much there is
        for done in (2, 3, 4, 5):  # two are from before
            show(f"image {done} of 12", done / 12)
    assert capsys.readouterr().err == f"image 4 of 12; {time_left(100)}\n"


def test_the_time_left_is_in_hours_minutes_and_seconds():
    assert time_left(3723.4) == "1:02:03 left at this speed (hours:minutes:seconds)"


def test_a_line_is_one_line_however_long_and_begins_with_its_job(capsys):
    words = "a sentence that is longer than a terminal is wide " * 4
    with labelled("trial-003"):
        stderr_console().print(words)
    assert capsys.readouterr().err == f"trial-003: {words}\n"
