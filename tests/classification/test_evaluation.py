import csv
import dataclasses

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from leukgan.classification import TRAINING_SETS, blocks, evaluate, logistic_regression, svm, vgg16
from leukgan.classification.logistic_head import LogisticHead
from leukgan.classification.thumbnails import Thumbnails
from leukgan.errors import InputError
from leukgan.statistics.confusion_matrix import ConfusionMatrix

SCORES = (
    "split seed protocol classifier training_set test_set n_train n_test "
    "tp fn tn fp accuracy precision recall f1 specificity "
    "npv balanced_accuracy mcc auroc average_precision sensitivity_at_specificity brier"
)
PREDICTIONS = "split seed protocol classifier training_set test_set image label score predicted probability"
LOSSES = "split seed protocol classifier training_set epoch step loss"


@pytest.fixture(scope="module")
def parts(cells):
    counts = {"train": 12, "augmented": 20, "generated": 10, "test": 6}
    return {name: cells(count, seed=seed) for seed, (name, count) in enumerate(counts.items(), start=1)}


@pytest.fixture
def images(parts):
    return dict(parts)


def run(classifiers, training_sets=TRAINING_SETS, *, report=lambda *_: None, **images):
    context = {"split": 2, "seed": 7, "protocol": "clean"}
    return evaluate(classifiers, training_sets, context=context, on_progress=report, **images)


def all_classifiers():
    return {
        "vgg16": vgg16(weights="random", epochs=3, learning_rate=1e-3, batch_size=8),
        "logistic_regression": logistic_regression(),
        "svm": svm(),
    }


@pytest.fixture(scope="module")
def results(parts):
    return run(all_classifiers(), **parts)


def test_rows_and_columns_are_those_of_the_tables(results):
    assert list(results.scores.columns) == SCORES.split()
    assert list(results.predictions.columns) == PREDICTIONS.split()
    assert list(results.losses.columns) == LOSSES.split()
    rows = list(results.scores[["classifier", "training_set", "test_set", "n_train", "n_test"]].itertuples(index=False))
    expected = [
        ("real", "real", 12, 6),
        ("real", "generated", 12, 10),
        ("real+aug", "real", 32, 6),
        ("real+aug", "generated", 32, 10),
        ("real+gen", "real", 22, 6),
        ("real+aug+gen", "real", 42, 6),
    ]
    assert rows == [(name, *row) for name in ("vgg16", "logistic_regression", "svm") for row in expected]
    for table in (results.scores, results.predictions):
        assert set(table["split"]) == {2}
        assert set(table["seed"]) == {7}
        assert set(table["protocol"]) == {"clean"}


def test_scores_are_those_of_a_pipeline_fitted_on_the_joined_images(images):
    results = run({"svm": svm()}, ["real+aug+gen"], **images)
    parts = [images[name] for name in ("train", "augmented", "generated")]
    whole = svm().fit(np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts]))
    predictions = results.predictions
    np.testing.assert_array_equal(predictions["score"], whole.decision_function(images["test"].images))
    np.testing.assert_array_equal(predictions["predicted"], whole.predict(images["test"].images))
    assert tuple(predictions["image"]) == images["test"].names
    np.testing.assert_array_equal(predictions["label"], images["test"].labels)


def test_scores_are_the_counts_of_the_predictions(results):
    keys = ["classifier", "training_set", "test_set"]
    groups = dict(list(results.predictions.groupby(keys)))
    assert len(groups) == len(results.scores) == 18
    for row in results.scores.to_dict("records"):
        group = groups[tuple(row[key] for key in keys)]
        np.testing.assert_array_equal(group["predicted"], (group["score"] > 0).astype(int))
        matrix = ConfusionMatrix.from_predictions(group["label"].to_numpy(), group["predicted"].to_numpy())
        expected = {**dataclasses.asdict(matrix), **matrix.metrics(), "n_test": len(group)}
        expected["auroc"] = roc_auc_score(group["label"], group["score"])
        expected["brier"] = ((group["probability"] - group["label"]) ** 2).mean()
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True)


def test_probabilities_are_given_by_the_logistic_classifiers_and_not_by_the_svm(results):
    rows = results.predictions
    logistic = rows["classifier"] != "svm"
    np.testing.assert_allclose(rows["probability"][logistic], expit(rows["score"][logistic]), rtol=1e-6)
    assert rows["probability"][~logistic].isna().all()
    assert results.scores["brier"].isna().tolist() == (results.scores["classifier"] == "svm").tolist()


def test_a_model_without_scores_is_judged_by_its_probabilities_and_repeats(images, global_randomness_untouched):
    pipeline = {"svm": Pipeline([("features", Thumbnails(5)), ("model", RandomForestClassifier(20))])}
    with global_randomness_untouched():
        first, again = (run(pipeline, ["real"], **images).predictions for _ in range(2))
    assert first.equals(again)
    assert first["probability"].between(0, 1).all()
    assert first["probability"].nunique() > 2
    np.testing.assert_allclose(first["score"], first["probability"] - 0.5)
    np.testing.assert_array_equal(first["predicted"], first["probability"] > 0.5)


def test_same_images_and_seed_give_the_same_bytes(images, results, global_randomness_untouched):
    with global_randomness_untouched():
        again = run(all_classifiers(), **images)
    for table, expected in zip(dataclasses.astuple(again), dataclasses.astuple(results), strict=True):
        assert table.to_csv(index=False) == expected.to_csv(index=False)


def test_classifiers_are_left_as_they_are(images):
    classifiers = {"svm": svm()}
    run(classifiers, **images)
    assert not hasattr(classifiers["svm"][-1], "support_vectors_")


class CountingThumbnails(Thumbnails):
    def transform(self, images):
        self.seen = [*getattr(self, "seen", []), *(image.tobytes() for image in images)]
        return super().transform(images)


def test_features_of_each_image_are_computed_once(images, cells):
    images["augmented"] = cells(300, seed=2)  # more than are transformed at once
    features = CountingThumbnails(5)
    run({"svm": Pipeline([("features", features), ("model", SVC())])}, **images)
    everything = [image.tobytes() for part in images.values() for image in part.images]
    assert sorted(features.seen) == sorted(everything)


def test_images_that_no_training_or_test_set_needs_are_not_looked_at(images):
    features = CountingThumbnails(5)
    run({"svm": Pipeline([("features", features), ("model", SVC())])}, ["real+gen"], **images)
    assert len(features.seen) == 12 + 10 + 6


def test_losses_are_counted_in_epochs_and_in_optimiser_steps(results):
    losses = results.losses
    assert set(losses["classifier"]) == {"vgg16"}
    steps = {name: group[["epoch", "step"]].values.tolist() for name, group in losses.groupby("training_set")}
    in_epoch = {"real": 2, "real+aug": 4, "real+gen": 3, "real+aug+gen": 6}  # 12, 32, 22, 42 images in batches of 8
    assert steps == {name: [[e, e * count] for e in (1, 2, 3)] for name, count in in_epoch.items()}
    assert np.isfinite(losses["loss"]).all()


def test_classes_that_differ_are_learned(results):
    assert results.scores.query("classifier != 'vgg16'")["accuracy"].min() > 0.8


def test_ratio_without_denominator_is_an_empty_cell(images):
    images["test"] = images["test"].of_class(1)
    results = run({"svm": svm()}, ["real"], **images | {"generated": None})
    assert results.scores["specificity"].isna().all()
    (row,) = csv.DictReader(results.scores.to_csv(index=False).splitlines())
    assert [name for name in ("recall", "specificity", "auroc") if row[name] == ""] == ["specificity", "auroc"]


def test_without_generated_images_only_real_ones_are_tested(images):
    images["generated"] = None
    scores = run({"svm": svm()}, ["real", "real+aug"], **images).scores
    assert list(scores["test_set"]) == ["real", "real"]


def test_progress_names_classifier_block_and_training_set_and_counts_the_images_with_features(images):
    messages = []
    run({"svm": svm()}, ["real"], report=lambda *told: messages.append(told), **images)
    assert messages == [
        ("svm, classifier 1 of 1: features of real images, 0 of 12", 0, 28),
        ("svm, classifier 1 of 1: features of test images, 0 of 6", 12, 28),
        ("svm, classifier 1 of 1: features of gen images, 0 of 10", 18, 28),
        ("svm, classifier 1 of 1: training on real", 0, 0),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training_sets": ["real", "fake"]}, "'fake', which does not exist; choose from real, real"),
        ({"generated": None}, r"'real\+gen', but there are no 'gen' images"),
    ],
)
def test_name_that_cannot_be_had_is_an_error_before_any_work(images, changes, message):
    started = []
    with pytest.raises(InputError, match=message):
        run(**{"classifiers": {"svm": svm()}, "report": lambda *told: started.append(told)} | images | changes)
    assert started == []


def test_training_part_of_one_class_is_an_error(images):
    images["train"] = images["train"].of_class(0)
    with pytest.raises(InputError, match="has 6 images, all of one class"):
        run({"svm": svm()}, **images)


def test_images_of_another_size_or_of_other_classes_are_an_error(images, cells):
    with pytest.raises(InputError, match=r"'gen' images are \(64, 64\) px .* \(32, 32\) px"):
        run({"svm": svm()}, **images | {"generated": cells(10, size=64)})
    other = dataclasses.replace(images["generated"], classes=("lymphocyte", "monocyte"))
    with pytest.raises(InputError, match=r"of the classes \('lymphocyte', 'monocyte'\)"):
        run({"svm": svm()}, **images | {"generated": other})


def test_a_control_trains_every_set_for_as_many_steps_as_the_largest(cells):
    train, test = cells(8), cells(6, seed=1)
    unit = LogisticHead(epochs=2, learning_rate=0.1, batch_size=4, seed=0)
    pipeline = Pipeline([("features", Thumbnails(4)), ("model", unit)])
    sets = {"train": train, "augmented": cells(24, seed=2), "generated": None, "test": test}
    context = {"split": 0, "seed": 0, "protocol": "clean"}
    results = evaluate({"vgg16": pipeline}, ["real", "real+aug"], **sets, context=context, on_progress=lambda *_: None)
    assert results.controls["control"].unique().tolist() == ["equal_steps"]
    assert results.controls["training_set"].tolist() == ["real", "real+aug"]
    longer = clone(unit).set_params(steps=2 * 8).fit(Thumbnails(4).transform(train.images), train.labels)
    expected = longer.decision_function(Thumbnails(4).transform(test.images))
    rows = results.control_predictions[results.control_predictions["training_set"] == "real"]
    np.testing.assert_allclose(rows["score"], expected, rtol=1e-6)
    whole = results.predictions[results.predictions["training_set"] == "real+aug"]["score"]
    control = results.control_predictions[results.control_predictions["training_set"] == "real+aug"]["score"]
    assert whole.tolist() == control.tolist()


def test_every_training_set_is_real_images_with_or_without_the_two_additions():
    assert [blocks(name) for name in TRAINING_SETS] == [
        ("real",),
        ("real", "aug"),
        ("real", "gen"),
        ("real", "aug", "gen"),
    ]


@pytest.mark.parametrize("name", ["gen", "gen+real", "real+generated", ""])
def test_unknown_training_set_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(InputError, match=r"choose from real, real\+aug, real\+gen, real\+aug\+gen"):
        blocks(name)


def test_fewer_generated_images_are_the_first_of_each_class_and_controls(parts):
    whole = run({"svm": svm()}, ["real", "real+gen"], numbers=[2, 3], **parts)
    assert whole.controls["control"].tolist() == ["2 generated", "3 generated"]
    assert set(whole.controls["training_set"]) == {"real+gen"}
    assert whole.controls["n_train"].tolist() == [12 + 4, 12 + 6]

    few = np.sort(np.concatenate([np.flatnonzero(parts["generated"].labels == label)[:3] for label in (0, 1)]))
    alone = run({"svm": svm()}, ["real+gen"], **parts | {"generated": parts["generated"].part(few)})
    expected = whole.control_predictions.query("control == '3 generated'")["score"]
    np.testing.assert_allclose(alone.predictions["score"], expected)


def test_an_external_set_is_scored_as_the_test_part_would_be(images):
    external = {"b": images["test"], "c": images["augmented"]}
    found = run({"svm": svm()}, ["real", "real+gen"], external=external, **images)
    assert found.scores["test_set"].tolist() == ["real", "generated", "b", "c", "real", "b", "c"]
    for table in (found.scores, found.predictions):
        ours, theirs = (
            table[table["test_set"] == name].drop(columns="test_set").reset_index() for name in ("real", "b")
        )
        assert ours.drop(columns="index").equals(theirs.drop(columns="index"))
    assert set(found.predictions.query("test_set == 'c'")["image"]) == set(images["augmented"].names)


def test_external_images_of_another_size_are_refused(images):
    wrong = dataclasses.replace(images["test"], images=images["test"].images[..., :8, :8])
    with pytest.raises(InputError, match="The 'external b' images are"):
        run({"svm": svm()}, ["real"], external={"b": wrong}, **images)
