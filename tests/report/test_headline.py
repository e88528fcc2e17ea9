import pytest
from report.synthetic_runs import wrong_images

from leukgan.report.comparisons import compare
from leukgan.report.headline import headline
from leukgan.report.reading import read_run

BASE = set(range(12))
WORSE = BASE | set(range(20, 32))
START = "No detectable gain: with generated images added to real and rotated ones, mean accuracy changed by "


def svm(with_generated, without=BASE, classifier="svm"):
    return {(classifier, "real+aug+gen"): with_generated, (classifier, "real+aug"): without}


def regression(with_generated):
    return svm(with_generated, classifier="logistic_regression")


def test_one_split_without_a_gain_says_how_large_a_gain_could_have_hidden(make_run):
    run = read_run(make_run())
    assert str(headline(run, compare(run))) == (
        "No detectable gain: with generated images added to real and rotated ones, VGG16 with random features got the "
        "same number of the 52 test images right (0.0 points, 95% interval −8.1 to +8.1), logistic regression 1 more "
        "(+1.9, −8.1 to +11.7) and the SVM 2 more (+3.8, −7.8 to +14.7); with one test set of 52 images a gain under "
        "15.4 points could not have been seen."
    )


@pytest.mark.parametrize(
    ("wrong", "start", "told"),
    [
        ([svm(set())], "Generated images helped the SVM: ", ("12 more of the 52", "p < 0.001", "may say otherwise")),
        ([svm(WORSE)], "Generated images hurt the SVM: ", ("12 fewer",)),
        (
            [svm(BASE - set(range(6)))],
            "Generated images helped",
            ("p = 0.031, though this cautious interval still includes none",),
        ),
        (
            [svm(set()) | regression(WORSE)],
            "Mixed: generated images helped the SVM and hurt logistic regression: ",
            ("after correction for 2 comparisons",),
        ),
        (
            [svm(set()) | regression(BASE)],
            "Generated images helped the SVM, with no detectable change for logistic regression: ",
            (),
        ),
        (
            [svm(BASE - set(range(k))) for k in (0, 1, 5)],
            f"{START}+3.8 points for the SVM (95% interval",
            ("over 3 splits a gain under about",),
        ),
        (
            [svm(BASE - set(range(k))) for k in (8, 9, 8, 9, 8)],
            "Generated images helped the SVM: ",
            ("mean over 5 splits of the same images",),
        ),
        ([svm(set())] * 3, "No detectable gain: ", ("no interval can be given",)),
        (
            [{("svm", "real+gen"): wrong_images(2, 0), ("svm", "real"): wrong_images(3, 0)}],
            "No detectable gain: with generated images added to real ones, the SVM got 1 more",
            (),
        ),
        ([{("svm", "real"): BASE}], "No answer: ", ()),
        ([{("svm", "real+aug"): BASE, ("svm", "real+gen"): BASE}], "No answer: ", ()),
    ],
)
def test_the_answer_says_gain_loss_or_neither_and_how_sure_that_is(make_run, wrong, start, told):
    run = read_run(make_run(wrong=wrong))
    text = str(headline(run, compare(run)))
    assert text.startswith(start)
    assert all(words in text for words in told)


@pytest.mark.parametrize(
    ("choices", "start"),
    [
        ({"classifiers": (), "sets": ()}, "No answer: this run trained no classifier"),
        ({"source": "smears"}, "No detectable gain on rendered images, which show no real cells: "),
        ({"protocols": ["paper"]}, "LEAKY, no evidence"),
        ({"protocols": ["unverified"]}, "UNVERIFIED, because leakage into the test part cannot be excluded"),
        ({"protocols": ["clean", "paper"], "wrong": [svm(BASE), svm(set())]}, "No detectable gain: "),
    ],
)
def test_the_answer_tells_on_what_it_rests(make_run, choices, start):
    run = read_run(make_run(**choices))
    assert str(headline(run, compare(run))).startswith(start)
