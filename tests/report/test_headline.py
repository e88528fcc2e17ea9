import pytest
from synthetic_runs import wrong_images

from leukgan.report.comparisons import compare
from leukgan.report.headline import headline
from leukgan.report.reading import read_run

BASE = set(range(12))


def svm(with_generated, without=BASE, classifier="svm"):
    return {(classifier, "real+aug+gen"): with_generated, (classifier, "real+aug"): without}


def say(folder):
    run = read_run(folder)
    return str(headline(run, compare(run)))


def test_one_split_without_a_gain_says_how_large_a_gain_could_have_hidden(make_run):
    text = say(make_run(images=False))
    assert text == (
        "No detectable gain: with generated images added to real and rotated ones, VGG16 with random features got the "
        "same number of the 52 test images right (0.0 points, 95% interval −8.1 to +8.1), logistic regression 1 more "
        "(+1.9, −8.1 to +11.7) and the SVM 2 more (+3.8, −7.8 to +14.7); with one test set of 52 images a gain under "
        "15.4 points could not have been seen."
    )


def test_one_split_with_a_gain_says_p_and_that_it_is_one_test_set(make_run):
    text = say(make_run(wrong=[svm(set())], images=False))
    assert text.startswith("Generated images helped the SVM: ")
    assert "12 more of the 52 test images" in text
    assert "p < 0.001" in text
    assert "another may say otherwise" in text


def test_one_split_with_a_loss_says_so(make_run):
    text = say(make_run(wrong=[svm(BASE | set(range(20, 32)))], images=False))
    assert text.startswith("Generated images hurt the SVM: ")
    assert "12 fewer" in text


def test_an_interval_over_zero_is_told_even_where_p_is_small(make_run):
    text = say(make_run(wrong=[svm(BASE - set(range(6)))], images=False))
    assert text.startswith("Generated images helped")
    assert "p = 0.031, though this cautious interval still includes none" in text


def test_gain_and_loss_together_are_mixed(make_run):
    wrong = [svm(set()) | svm(BASE | set(range(20, 32)), classifier="logistic_regression")]
    text = say(make_run(wrong=wrong, images=False))
    assert text.startswith("Mixed: generated images helped the SVM and hurt logistic regression: ")
    assert "after correction for 2 comparisons" in text


def test_a_gain_for_one_classifier_names_those_without(make_run):
    text = say(make_run(wrong=[svm(set()) | svm(BASE, classifier="logistic_regression")], images=False))
    assert text.startswith("Generated images helped the SVM, with no detectable change for logistic regression: ")


def test_several_splits_without_a_gain(make_run):
    text = say(make_run(wrong=[svm(BASE - set(range(k))) for k in (0, 1, 5)], images=False))
    assert text.startswith("No detectable gain: with generated images added to real and rotated ones, mean accuracy ")
    assert "changed by +3.8 points for the SVM (95% interval" in text
    assert "over 3 splits a gain under about" in text


def test_several_splits_with_a_gain(make_run):
    text = say(make_run(wrong=[svm(BASE - set(range(k))) for k in (8, 9, 8, 9, 8)], images=False))
    assert text.startswith("Generated images helped the SVM: ")
    assert "mean over 5 splits of the same images" in text


def test_equal_differences_claim_nothing(make_run):
    text = say(make_run(wrong=[svm(set())] * 3, images=False))
    assert text.startswith("No detectable gain: ")
    assert "no interval can be given" in text


def test_without_rotated_sets_the_answer_compares_the_real_ones(make_run):
    wrong = [{("svm", "real+gen"): wrong_images(2, 0), ("svm", "real"): wrong_images(3, 0)}]
    text = say(make_run(wrong=wrong, images=False))
    assert "with generated images added to real ones, the SVM got 1 more" in text


@pytest.mark.parametrize("wrong", [{("svm", "real"): BASE}, {("svm", "real+aug"): BASE, ("svm", "real+gen"): BASE}])
def test_without_a_fair_pair_there_is_no_answer(make_run, wrong):
    assert say(make_run(wrong=[wrong], images=False)).startswith("No answer: ")


def test_without_a_classifier_there_is_no_answer(make_run):
    assert say(make_run(classifiers=(), sets=(), images=False)).startswith("No answer: this run trained no classifier")


def test_rendered_images_are_named_in_the_answer(make_run):
    assert "rendered images, which show no real cells" in say(make_run(source="smears", images=False))


def test_a_leaky_answer_says_so_first(make_run):
    assert say(make_run(protocols=["paper"], images=False)).startswith("LEAKY, no evidence")


def test_of_a_mixed_run_only_the_clean_splits_answer(make_run):
    wrong = [svm(BASE), svm(set())]
    text = say(make_run(wrong=wrong, protocols=["clean", "paper"], images=False))
    assert text.startswith("No detectable gain")
    assert "LEAKY" not in text
