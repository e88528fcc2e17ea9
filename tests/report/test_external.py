"""External test sets stand beside the study's own test part, each tested as its design allows."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from apps import undrawn
from report.synthetic_runs import CLASSES, CONTEXT, NEGATIVE, POSITIVE, edit_provenance, predicted_images

from leukgan.errors import InputError
from leukgan.report import write_report
from leukgan.report.comparisons import compare
from leukgan.report.external import external_values
from leukgan.report.reading import read_run
from leukgan.statistics.intervals import difference_of_estimates, wilson_interval
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import mcnemar_test

N = POSITIVE + NEGATIVE
SETS = ("real+gen", "real")
WRONG = {"real+gen": ({0, 1}, {0, 30}, {2}), "real": ({0, 1, 2, 3, 30}, {0, 1, 4}, {2, 3, 31, 32})}  # there, by split
SHIFT = {"training": 180.0, "test": 181.0, "auc_test": 0.5}


def write_external(folder, name="b"):
    """Add an external test set to a run of the SVM, whose splits share 3 of their 4 training images."""
    for k, split in enumerate(sorted(folder.glob("split-*"))):
        scores, predictions = [], []
        for training_set in SETS:
            keys = {**CONTEXT, "split": k, "classifier": "svm", "training_set": training_set, "test_set": name}
            missed = WRONG[training_set][k]
            fn, fp = sum(i < POSITIVE for i in missed), sum(i >= POSITIVE for i in missed)
            counts = {"tp": POSITIVE - fn, "fn": fn, "tn": NEGATIVE - fp, "fp": fp}
            scores.append({**keys, "n_train": 208, "n_test": N, **counts})
            predictions += predicted_images(keys, missed)
        for table, rows in (("scores", scores), ("predictions", predictions)):
            path = split / f"{table}.csv"
            pd.concat([pd.read_csv(path), pd.DataFrame(rows)]).to_csv(path, index=False)
        train = [{"image": i, "label": 0, "sha256": i, "group": i} for i in ("a", "b", "c", f"own {k}")]
        (split / "split.json").write_text(json.dumps({"train": train, "validation": [], "test": []}))
        far = {"test_set": name, "measure": "brightness", "external": 120.0, "auc": 0.02, "low": 0.0, "high": 0.04}
        near = {"test_set": name, "measure": "contrast", "external": 179.0, "auc": 0.48, "low": 0.4, "high": 0.56}
        pd.DataFrame([{**SHIFT, **far}, {**SHIFT, **near}]).to_csv(split / "shift.csv", index=False)
        external = {name: {"fingerprint": "1", "counts": dict.fromkeys(CLASSES, 26), "groups": N, "root": "/b"}}
        edit_provenance(split, lambda provenance, external=external: provenance["data"].update(external=external))
        edit_provenance(split, lambda provenance: provenance["chain"].pop("split"))  # which names no file
    return folder


@pytest.fixture(scope="module")
def one(make_run):
    return write_external(make_run(classifiers=["svm"], sets=SETS))


@pytest.fixture(scope="module")
def several(make_run):
    return write_external(make_run(classifiers=["svm"], sets=SETS, splits=3))


@pytest.fixture(scope="module")
def page(one):
    with undrawn():
        return " ".join(write_report(one).read_text().split())


def only(run):
    (row,) = compare(run).to_dict("records")
    return row


def test_one_split_is_tested_on_the_external_images_by_mcnemar(one):
    found, expected = only(read_run(one).on("b")), mcnemar_test(3, 0, N)
    assert found["difference"] == pytest.approx(expected.value)
    assert (found["low"], found["high"], found["p"]) == pytest.approx((expected.low, expected.high, expected.p))
    assert (found["only_with"], found["only_without"], found["n"]) == (3, 0, N)


def test_several_splits_are_crossed_with_the_external_images_and_overlap_in_training(several):
    trainings = zip(WRONG["real+gen"], WRONG["real"], strict=True)
    changes = np.array([[(i in without) - float(i in with_it) for i in range(N)] for with_it, without in trainings])
    found, expected = only(read_run(several).on("b")), multi_reader_t_test(changes, overlap=0.75)
    assert (found["low"], found["high"], found["p"]) == pytest.approx((expected.low, expected.high, expected.p))
    assert found["crossed"]
    assert not only(read_run(several))["crossed"]


def test_training_images_must_be_known_where_splits_share_test_images(several, tmp_path):
    lost = several / "split-01" / "split.json"
    kept = lost.read_text()
    lost.unlink()
    with pytest.raises(InputError, match=r"split-01/split\.json is missing"):
        compare(read_run(several).on("b"))
    lost.write_text(kept)


def test_an_external_set_changes_nothing_about_the_own_test_part(one, make_run):
    plain = read_run(make_run(classifiers=["svm"], sets=SETS))
    pd.testing.assert_frame_equal(compare(read_run(one)), compare(plain))


def test_the_loss_there_is_the_difference_of_two_proportions(one):
    values = external_values(read_run(one)).set_index("training_set")
    own, there = wilson_interval(N - 12, N), wilson_interval(N - 5, N)
    expected = difference_of_estimates(there, own)
    row = values.loc["real"]
    assert (row["own"], row["value"], row["n"]) == pytest.approx((own.value, there.value, N))
    ends = ("difference", "difference_low", "difference_high")
    assert [row[end] for end in ends] == pytest.approx([*expected[:3]])


def test_the_page_says_how_classifiers_do_there_right_after_the_answer(page):
    start = page.index("<strong>On b:</strong>")
    assert page.index('class="answer"') < start < page.index("<h2>")
    said = page[start : page.index("</p>", start)]
    assert "52 images from elsewhere; accuracy after training on real images is 90.4% for the SVM (76.9% on" in said
    assert "No detectable gain: with generated images added to real ones, the SVM got 3 more of the 52 test" in said
    assert "differ from the training images most in brightness: 120.0 against 180.0" in said


def test_tables_and_figures_of_an_external_set_are_written_beside_the_own(one, page):
    for table in ("external", "shift", "tested_on_b", "tests_on_b", "tests_by_metric_on_b", "further_metrics_on_b"):
        assert (one / "tables" / f"{table}.csv").exists()
    for figure in ("external", "differences_on_b", "roc_on_b"):
        assert (one / "figures" / f"{figure}.png").exists()
    with (one / "tables" / "external.csv").open() as file:
        assert [row["training_set"] for row in csv.DictReader(file)] == ["real", "real+gen"]
    assert "Tests. With generated images against without, on the images of b" in page


@pytest.mark.usefixtures("undrawn")
def test_several_splits_say_what_their_training_sets_have_in_common(several):
    page = " ".join(write_report(several).read_text().split())
    assert "3 training sets that share 75% of their images" in page


def test_splits_of_other_external_images_are_refused(several, make_run):
    other = write_external(make_run(classifiers=["svm"], sets=SETS, splits=3))
    edit_provenance(other / "split-01", lambda provenance: provenance["data"]["external"]["b"].update(fingerprint="2"))
    with pytest.raises(InputError, match=r"data\.external is"):
        read_run(other)
