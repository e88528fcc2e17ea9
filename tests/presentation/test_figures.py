"""Laws of a figure's characters: a font of the machine has what DejaVu lacks, or the reader is told."""

import warnings

import pytest

from leukgan.presentation import figures as module
from leukgan.presentation.figures import canvas, finish

CIRCLE = "\u20dd"  # matplotlib's own STIXGeneral has it, DejaVu Sans does not


@pytest.fixture
def draw(monkeypatch):
    """Draws a figure with a text, where these fonts are looked for besides DejaVu."""

    def drawn(text, fallbacks=()):
        monkeypatch.setattr(module, "FALLBACKS", fallbacks)
        monkeypatch.setattr(module, "SAID", set())
        module.font_families.cache_clear()
        with canvas(3, 2) as figure:
            figure.text(0.5, 0.5, text)
            return finish(figure, "toy", "A title", "", stamp="")

    yield drawn
    module.font_families.cache_clear()


def test_a_missing_character_is_named_once_and_no_warning_is_left(draw, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(f"{CIRCLE} {CIRCLE}")
    told = capsys.readouterr().err
    assert told.count(CIRCLE) == 1
    assert "install one that has" in told
    assert told.count("Tables are right") == 1


def test_a_font_of_the_machine_has_what_dejavu_lacks(draw, capsys):
    lacking = draw(CIRCLE).png
    capsys.readouterr()
    assert draw(CIRCLE, ("STIXGeneral",)).png != lacking
    assert capsys.readouterr().err == ""


def test_other_fonts_change_no_byte_of_what_dejavu_has(draw, capsys):
    assert draw("gesünder ≥ 3 µm", ("STIXGeneral", "no such font")) == draw("gesünder ≥ 3 µm")
    assert capsys.readouterr().err == ""
