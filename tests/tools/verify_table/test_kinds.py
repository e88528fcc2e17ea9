"""Kinds of published tables, drawn at random with the matrices behind them: each row's list holds its matrix."""

import csv
from dataclasses import replace

import generated_tables as generated
import numpy as np
import pytest
from real_files import TABLES, needs_tables

from leukgan.errors import InputError
from leukgan.statistics.confusion_matrix import ConfusionMatrix
from leukgan.tools.verify_table import decode, read_table, text_of
from leukgan.tools.verify_table.fitting import expected_fits, value
from leukgan.tools.verify_table.fitting import matrices as fitting
from leukgan.tools.verify_table.parsing import parse_table
from leukgan.tools.verify_table.table import Cell

THREE = ("accuracy", "recall", "specificity")
FIVE = ("accuracy", "precision", "recall", "f1", "specificity")
PPV_AND_NPV = {"recall": "precision", "precision": "recall", "specificity": "npv"}


def drawn(seed, rows=5, positives=83, negatives=116):
    rng = np.random.default_rng(seed)
    return generated.matrices(rng, rows, positives, negatives)


def decoded(rows, n=199):
    return decode(parse_table(generated.as_csv(rows, n), "table=test"), max_n=300)


def lists(decoding):
    return [[reading.counts for reading in row.readings] for row in decoding.rows]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("columns", "meanings", "words"),
    [
        (THREE, PPV_AND_NPV, "recall is PPV, specificity is NPV"),
        (THREE, {"specificity": "npv"}, "specificity is NPV"),
        (THREE, {"recall": "precision"}, "recall is PPV"),
        (FIVE, {"recall": "specificity", "specificity": "recall"}, "recall is specificity, specificity is recall"),
    ],
)
def test_columns_under_other_names_are_read_as_what_they_are(columns, meanings, words, seed):
    matrices = drawn(seed)
    decoding = decoded(generated.table(matrices, columns, meanings=meanings))
    assert words in [explanation.columns.words for explanation in decoding.explanations]
    assert {explanation.exact for explanation in decoding.explanations} == {len(matrices)}
    for counts, found in zip(matrices, lists(decoding), strict=True):
        assert counts in found


@pytest.mark.parametrize("seed", range(2))
def test_exchanged_columns_that_only_rename_a_class_list_both_names(seed):
    matrices = drawn(seed)
    exchanged = {"recall": "specificity", "specificity": "recall"}
    decoding = decoded(generated.table(matrices, FIVE, meanings=exchanged))
    for counts, found in zip(matrices, lists(decoding), strict=True):
        assert {counts, ConfusionMatrix(counts.tn, counts.fp, counts.tp, counts.fn)} <= set(found)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("truncated", [THREE, ("specificity",)], ids=" ".join)
def test_truncated_percentages_are_read_as_truncated(truncated, seed):
    matrices = drawn(seed, rows=6)
    decoding = decoded(generated.table(matrices, THREE, truncated=truncated))
    assert truncated in [tuple(c for c in THREE if c in e.columns.truncated) for e in decoding.explanations]
    for counts, found in zip(matrices, lists(decoding), strict=True):
        assert counts in found


@pytest.mark.parametrize("seed", range(2))
def test_cells_exchanged_between_two_rows_are_named(seed):
    matrices = drawn(seed, rows=6)
    rows = generated.table(matrices, THREE, meanings={"specificity": "npv"}, truncated=("specificity",))
    rows[1]["accuracy"], rows[4]["accuracy"] = rows[4]["accuracy"], rows[1]["accuracy"]
    decoding = decoded(rows)
    for counts, found in zip(matrices, lists(decoding), strict=True):
        assert counts in found
    for place, other in ((1, "e"), (4, "b")):
        (reading,) = (r for r in decoding.rows[place].readings if r.counts == matrices[place] and len(r.wrong) == 1)
        assert reading.wrong[0].column == "accuracy"
        assert reading.wrong[0].slip == f"exchanged with {other}"


@pytest.mark.parametrize("seed", range(2))
def test_rows_with_test_sets_of_their_own_are_each_read_on_theirs(seed):
    rng = np.random.default_rng(seed)
    matrices = [generated.matrices(rng, 1, size, 219 - size)[0] for size in (100, 96, 109, 104)]
    decoding = decoded(generated.table(matrices, THREE), n=219)
    assert not decoding.parts[0].shares_a_set
    assert "own are listed" in text_of(decoding)
    for counts, found in zip(matrices, lists(decoding), strict=True):
        assert counts in found


def test_rows_of_different_n_are_decoded_apart():
    matrices = drawn(0, 3) + drawn(1, 3, 40, 51)
    decoding = decoded(generated.table(matrices, FIVE), n=[199] * 3 + [91] * 3)
    assert [part.sizes for part in decoding.parts] == [(83, 116), (40, 51)]
    assert lists(decoding) == [[counts] for counts in matrices]


@pytest.mark.parametrize("seed", range(2))
def test_cells_that_are_one_image_off_are_listed_as_such(seed):
    matrices = drawn(seed, rows=5)
    rows = generated.table(matrices, THREE)
    less, more = (replace(matrices[4], tp=matrices[4].tp + d, fn=matrices[4].fn - d) for d in (-1, 1))
    rows[4] |= {"accuracy": generated.printed("accuracy", less), "recall": generated.printed("recall", more)}
    row = decoded(rows).rows[4]
    assert matrices[4] in [reading.counts for reading in row.readings]
    assert "exact" not in {reading.verdict for reading in row.readings}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("average", ["weighted", "macro"])
def test_averages_over_classes_are_refused_with_the_reason(average, seed):
    rows = generated.averages(np.random.default_rng(seed), images=60, average=average)
    if average == "macro":  # a low F1 beside both, as when a class is never found
        rows = [row | {"f1": f"{float(min(row['precision'], row['recall'], key=float)) - 3:.1f}"} for row in rows]
    reason = "recall equals accuracy in all 4 rows" if average == "weighted" else "F1 lies outside of precision and"
    with pytest.raises(InputError, match=reason):
        decoded(rows, n=60)


@pytest.mark.parametrize("seed", range(2))
def test_a_balanced_table_of_two_classes_is_no_average(seed):
    rng = np.random.default_rng(seed)
    matrices = [ConfusionMatrix(hits, 50 - hits, hits, 50 - hits) for hits in rng.integers(30, 49, 4).tolist()]
    decoding = decoded(generated.table(matrices, FIVE), n=100)
    assert lists(decoding) == [[counts] for counts in matrices]


@pytest.mark.parametrize("column", ["npv", "balanced_accuracy", "mcc", "kappa", "auc"])
def test_an_optional_column_breaks_a_tie(column):
    counts = ConfusionMatrix(61, 22, 93, 23)
    row = {"accuracy": "77", "recall": "73"}
    sizes = np.array([61.0]), np.array([23.0]), np.array([83.0]), np.array([116.0])
    more = row | {column: f"{float(value(column, *sizes)[0]):.4f}"}
    sharp = generated.table(drawn(3, 3), FIVE, digits=2)
    blank = dict.fromkeys(FIVE, "")
    without = decoded([*sharp, blank | row]).rows[-1]
    with_it = decoded([*(each | {column: ""} for each in sharp), blank | more]).rows[-1]
    exact = [[r.counts for r in each.readings if r.verdict == "exact"] for each in (without, with_it)]
    assert counts in exact[1]
    assert len(exact[1]) < len(exact[0])


def test_an_auc_of_a_curve_is_left_out_and_said():
    matrices = drawn(5, 4)
    rows = [row | {"auc": "0.991"} for row in generated.table(matrices, FIVE)]
    decoding = decoded(rows)
    assert lists(decoding) == [[counts] for counts in matrices]
    assert "The AUC is left out" in text_of(decoding)


def test_chance_is_as_often_as_in_a_simulation():
    rng = np.random.default_rng(0)
    matrices = drawn(2, 4)
    rows = generated.table(matrices, THREE)
    sizes = np.array([83.0]), np.array([116.0])
    centre = {column: float(rows[0][column]) for column in ("recall", "specificity")}
    expected = expected_fits({column: Cell(f"{v:.0f}") for column, v in centre.items()}, *sizes)
    found = [
        len(fitting({c: Cell(f"{v + rng.uniform(-5, 5):.0f}") for c, v in centre.items()}, 83, 116)) for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(expected, rel=0.15)


@needs_tables
@pytest.mark.parametrize("name", ["t04a", "t04b", "t14_swapped_columns_training", "t14_swapped_columns_validation"])
def test_published_tables_list_their_true_matrices(name):
    (path,) = TABLES.glob(f"{name}*.csv")
    decoding = decode(read_table(str(path)), max_n=1000)
    found = {row.name: [reading.counts for reading in row.readings] for row in decoding.rows}
    with (TABLES / "truth.csv").open(encoding="utf-8", newline="") as file:
        true = [row for row in csv.DictReader(file) if row["file"] == path.stem]
    assert true
    for row in true:
        assert ConfusionMatrix(*(int(row[key]) for key in ("tp", "fn", "tn", "fp"))) in found[row["row"]]
        assert len(found[row["row"]]) <= 10


@needs_tables
def test_a_published_table_of_averages_is_refused():
    (path,) = TABLES.glob("t10*.csv")
    with pytest.raises(InputError, match="recall equals accuracy in all 11 rows"):
        decode(read_table(str(path)), max_n=300)
