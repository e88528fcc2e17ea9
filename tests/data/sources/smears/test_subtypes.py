"""Laws of the cells' traits: what haematology says of the subtypes, and the way from a mature cell to a blast."""

import dataclasses

import numpy as np
import pytest

from leukgan.data.sources.smears.subtypes import LIMITS, SUBTYPES, draw_specimen


def specimens(blast, subtype, difficulty=0.0, count=300):
    rng = np.random.default_rng(0)
    return [draw_specimen(rng, blast=blast, subtypes=[subtype], difficulty=difficulty) for _ in range(count)]


def medians(blast, subtype):
    cells = [dataclasses.asdict(specimen.cell) for specimen in specimens(blast, subtype)]
    return {name: np.median([cell[name] for cell in cells]) for name in LIMITS}


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("blast", [False, True])
def test_cells_stay_within_the_limits_and_the_frame(subtype, blast):
    for specimen in specimens(blast, subtype, difficulty=0.5):
        assert specimen.lineage == subtype
        assert 0.2 < specimen.cell.radius <= 0.76 + 1e-9
        for name, (low, high) in LIMITS.items():
            assert low <= getattr(specimen.cell, name) <= high


def test_subtypes_are_those_of_the_textbook():
    cells = {subtype: medians(False, subtype) for subtype in SUBTYPES}
    lymphocyte, neutrophil, eosinophil, monocyte = cells.values()
    assert lymphocyte["nucleus_ratio"] == max(cell["nucleus_ratio"] for cell in cells.values())
    assert lymphocyte["lobes"] == 1
    assert 3 <= neutrophil["lobes"] <= 4
    assert eosinophil["lobes"] == 2
    assert eosinophil["orange"] > 0.5 > 5 * neutrophil["orange"]
    assert eosinophil["granule_size"] > neutrophil["granule_size"]
    assert monocyte["vacuoles"] == max(cell["vacuoles"] for cell in cells.values())
    assert monocyte["density"] == min(cell["density"] for cell in cells.values())
    assert monocyte["nucleus_radius"] == max(cell["nucleus_radius"] for cell in cells.values())


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_blasts_have_more_nucleus_more_nucleoli_and_finer_chromatin(subtype):
    healthy, blast = medians(False, subtype), medians(True, subtype)
    for name in ("nucleus_radius", "nucleus_ratio", "nucleoli"):
        assert blast[name] > healthy[name], name
    for name in ("clumping", "grain"):
        assert blast[name] < healthy[name], name


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_a_blast_of_the_highest_difficulty_is_its_mature_cell(subtype):
    assert {specimen.severity for specimen in specimens(True, subtype, difficulty=1)} == {0.0}
    healthy = [specimen.cell for specimen in specimens(False, subtype)]
    blasts = [specimen.cell for specimen in specimens(True, subtype, difficulty=1)]
    for name in LIMITS:
        one, two = ([getattr(cell, name) for cell in cells] for cells in (healthy, blasts))
        error = np.hypot(np.std(one), np.std(two)) / np.sqrt(300)
        assert np.mean(one) == pytest.approx(np.mean(two), abs=4 * error + 1e-9), name


def test_a_cell_becomes_more_of_a_blast_step_by_step():
    """The same random numbers at falling difficulty: every trait moves to the obvious blast's and never back."""
    for seed in range(20):
        cells = [
            draw_specimen(np.random.default_rng(seed), blast=True, subtypes=["monocyte"], difficulty=difficulty).cell
            for difficulty in (1, 0.75, 0.5, 0.25, 0)
        ]
        for name in ("nucleus_radius", "wobble", "density", "clumping", "basophilia"):
            steps = np.diff([getattr(cell, name) for cell in cells])
            assert (steps >= 0).all() or (steps <= 0).all(), name
