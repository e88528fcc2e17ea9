import numpy as np
import pytest

from leukgan.errors import InputError
from leukgan.report.paper import published
from leukgan.statistics.confusion_matrix import METRICS, ConfusionMatrix
from leukgan.tools.verify_table import decode, read_table
from leukgan.tools.verify_table.rows import ClassSizes, WrongCell, slip

ROWS = [(27, 1, 20, 4), (24, 4, 14, 10), (23, 5, 19, 5), (20, 8, 16, 8)]


@pytest.fixture(scope="module", params=[("study_table1", "generated", (102, 101)), ("study_table2", "real", (28, 24))])
def study(request):
    """A published table's decoding, and what the report says of the same rows."""
    name, test_set, sizes = request.param
    rows = {f"{key[1]}: {key[2]}": row for key, row in published().items() if key[0] == test_set}
    return decode(read_table(name), max_n=450), rows, ClassSizes(*sizes)


def test_the_published_tables_decode_to_the_counts_of_the_report(study):
    decoding, rows, sizes = study
    assert decoding.parts[0].sizes == sizes
    assert [row.name for row in decoding.rows] == list(rows)
    for row in decoding.rows:
        (reading,) = row.readings
        known = rows[row.name]
        assert reading.counts == known.counts
        assert [cell.column for cell in reading.wrong] == ([known.wrong] if known.wrong else [])
        assert row.verdict == ("one_wrong_cell" if known.wrong else "exact")
        if known.wrong:
            (cell,) = reading.wrong
            assert float(cell.printed) == known.printed[known.wrong]
            assert float(cell.corrected) == known.corrected
            assert cell.slip


def test_the_published_tables_decode_uniquely_up_to_multiples(study):
    decoding, _, sizes = study
    assert decoding.parts[0].equals == tuple(
        ClassSizes(times * sizes.positives, times * sizes.negatives) for times in range(2, 450 // sizes.n + 1)
    )
    assert decoding.parts[0].next_exact < len(decoding.rows) / 2


def test_any_table_of_exact_rows_is_found_again(prints, table_with):
    decoding = decode(table_with(*(prints(*row) for row in ROWS)), max_n=120)
    assert decoding.parts[0].sizes == ClassSizes(28, 24)
    assert decoding.parts[0].equals == (ClassSizes(56, 48),)
    assert [row.readings[0].counts for row in decoding.rows] == [ConfusionMatrix(*row) for row in ROWS]
    assert {row.verdict for row in decoding.rows} == {"exact"}


@pytest.mark.parametrize(
    ("metric", "printed", "meant", "slip"),
    [
        ("accuracy", "80.67", "80.77", "one digit"),
        ("precision", "28.14", "82.14", "two digits swapped"),
        ("recall", "28.41", "82.14", None),
        ("f1", "2.14", "82.14", "one digit lost"),
        ("specificity", "79.71", "79.17", "two digits swapped"),
    ],
)
def test_a_planted_wrong_cell_is_named_and_corrected(metric, printed, meant, slip, prints, table_with):
    rows = [prints(*row) for row in ROWS]
    assert rows[2][metric] == meant
    rows[2][metric] = printed
    decoding = decode(table_with(*rows), max_n=200)
    assert decoding.parts[0].sizes == ClassSizes(28, 24)
    (reading,) = decoding.rows[2].readings
    assert reading.counts == ConfusionMatrix(*ROWS[2])
    assert reading.wrong == (WrongCell(metric, printed, meant, slip),)
    assert [row.verdict for row in decoding.rows] == ["exact", "exact", "one_wrong_cell", "exact"]


@pytest.mark.parametrize("seed", range(5))
def test_the_test_set_makes_most_rows_exact_and_then_fewest_impossible(seed, matrices_one_by_one, prints, table_with):
    generator = np.random.default_rng(seed)
    rows = [prints(*map(int, generator.integers(1, 5, size=4)), digits=seed % 2) for _ in range(3)]
    rows[0]["f1"] = "33"
    table = table_with(*rows)

    def score(sizes):
        exact = [bool(matrices_one_by_one(row.cells, *sizes)) for row in table.rows]
        one_wrong = [
            any(matrices_one_by_one({k: v for k, v in row.cells.items() if k != metric}, *sizes) for metric in METRICS)
            for row in table.rows
        ]
        return sum(exact), sum(map(max, exact, one_wrong))

    every = [(positives, n - positives) for n in range(2, 13) for positives in range(1, n)]
    scores = [score(sizes) for sizes in every]
    best = [ClassSizes(*sizes) for sizes, each in zip(every, scores, strict=True) if each == max(scores)]
    decoding = decode(table, max_n=12)
    if max(scores)[1]:
        assert [decoding.parts[0].sizes, *decoding.parts[0].equals] == best
    else:
        assert decoding.parts[0].sizes is None


def test_two_wrong_cells_are_impossible(prints, table_with):
    rows = [prints(*row) for row in ROWS]
    rows[1] |= {"recall": "12.34", "specificity": "43.21"}
    decoding = decode(table_with(*rows), max_n=200)
    assert decoding.parts[0].sizes == ClassSizes(28, 24)
    assert decoding.rows[1].verdict == "impossible"
    assert decoding.rows[1].readings == ()


def test_a_row_of_another_test_set_is_said_to_be_one(prints, table_with):
    other = prints(31, 8, 40, 2)  # of 39 + 42 images
    assert decode(table_with(other), max_n=200).parts[0].sizes == ClassSizes(39, 42)
    decoding = decode(table_with(*(prints(*row) for row in ROWS), other), max_n=200)
    assert decoding.parts[0].sizes == ClassSizes(28, 24)
    assert [row.verdict for row in decoding.rows] == ["exact"] * 4 + ["own_test_set"]
    assert decoding.rows[-1].readings[0].counts == ConfusionMatrix(31, 8, 40, 2)
    assert {reading.verdict for reading in decoding.rows[-1].readings[1:]} <= {"several_wrong_cells"}


def test_a_known_n_is_the_only_one_tried(prints, table_with):
    rows = [prints(*row) for row in ROWS]
    assert decode(table_with(*rows, n=104), max_n=60).parts[0].sizes == ClassSizes(56, 48)
    decoding = decode(table_with(*rows, n=53), max_n=60)
    assert decoding.parts[0].sizes is None or decoding.parts[0].sizes.n == 53
    assert "exact" not in {row.verdict for row in decoding.rows}


def test_few_digits_are_said_to_fit_many_test_sets(prints, table_with):
    decoding = decode(table_with(prints(*ROWS[0], digits=0)), max_n=200)
    assert len(decoding.parts[0].equals) > 10
    assert not all(sizes.is_multiple_of(decoding.parts[0].sizes) for sizes in decoding.parts[0].equals)
    assert all(sizes.n >= decoding.parts[0].sizes.n for sizes in decoding.parts[0].equals)


def test_all_matrices_that_fit_are_given(prints, table_with):
    sharp = prints(101, 1, 47, 54)
    decoding = decode(table_with(sharp, {"accuracy": "80", "recall": "85"}, n=203), max_n=1000)
    assert decoding.parts[0].sizes == ClassSizes(102, 101)
    expected = [
        ConfusionMatrix(tp, 102 - tp, 101 - fp, fp)
        for tp in range(103)
        for fp in range(102)
        if 79.5 <= 100 * (tp + 101 - fp) / 203 <= 80.5 and 84.5 <= 100 * tp / 102 <= 85.5
    ]
    assert len(expected) > 1
    assert [reading.counts for reading in decoding.rows[1].readings] == expected


def test_all_corrections_are_listed_a_single_slip_first(prints, table_with):
    # With three cells, two of them whole numbers of images in any case, several could be the wrong one.
    doubtful = {"accuracy": "46.15", "recall": "96.43", "specificity": "95.83"}
    row = decode(table_with(*(prints(*row) for row in ROWS), doubtful), max_n=200).rows[-1]
    corrections = [r.wrong[0] for r in row.readings if r.verdict == "one_wrong_cell"]
    assert [(cell.column, cell.corrected, cell.slip) for cell in corrections] == [
        ("accuracy", "96.15", "one digit"),
        ("recall", "3.57", None),
    ]
    assert len({reading.counts for reading in row.readings}) == len(row.readings)


def test_two_cells_are_too_few_to_name_a_wrong_one(prints, table_with):
    rows = [prints(*row) for row in ROWS]
    rows[1] = {"accuracy": "73.08", "recall": "12.34"}
    assert decode(table_with(*rows), max_n=200).rows[1].verdict == "impossible"


def test_a_correction_has_the_digits_of_the_print(table_with):
    row = {"accuracy": "81", "recall": "50", "specificity": "79.2", "f1": "82.1"}
    (reading,) = decode(table_with(row, n=52), max_n=52).rows[0].readings
    assert [(cell.column, cell.corrected) for cell in reading.wrong] == [("recall", "82")]


@pytest.mark.parametrize("max_n", [1, -5, 3001])
def test_max_n_out_of_range_is_a_sentence(max_n, table_with, prints):
    with pytest.raises(InputError, match=f"max_n must be from 2 to 3000, got {max_n}"):
        decode(table_with(prints(*ROWS[0])), max_n)


@pytest.mark.parametrize(
    ("printed", "meant", "words"),
    [
        ("87.14", "82.14", "one digit"),
        ("79.71", "79.17", "two digits swapped"),
        ("97.06", "90.76", "two digits swapped"),  # across the point
        ("9.38", "90.38", "one digit lost"),
        ("10.00", "100.00", "one digit lost"),
        ("77.50", "7.50", "one digit too many"),
        ("0.38", "91.38", None),
        ("87.14", "87.14", None),
        ("12.34", "21.43", None),
        ("12.34", "14.32", None),  # swapped, but no neighbours
        ("87.14", "undefined", None),
    ],
)
def test_a_slip_is_one_digit_wrong_lost_or_too_many_or_two_neighbours_swapped(printed, meant, words):
    assert slip(printed, meant) == words
