import math

import pytest

from leukgan.report.power import count_comparisons, describe_power, minimum_detectable_gains
from leukgan.statistics.multi_reader import expected_standard_error
from leukgan.statistics.power import power


def test_family_is_every_classifier_in_every_pair_of_sets_that_is_trained():
    assert count_comparisons(["vgg16", "svm"], ["real", "real+aug", "real+gen", "real+aug+gen"]) == 4
    assert count_comparisons(["vgg16", "svm"], ["real", "real+aug", "real+gen"]) == 2
    assert count_comparisons(["svm"], ["real", "real+aug+gen"]) == 0


def test_one_split_needs_as_many_images_as_its_exact_test():
    assert minimum_detectable_gains(1, 52, 188, 1) == [6 / 52]
    assert minimum_detectable_gains(1, 52, 188, 6) == [8 / 52]
    assert minimum_detectable_gains(1, 5, 20, 1) is None


def test_gain_of_several_splits_is_found_four_times_of_five():
    gain = minimum_detectable_gains(10, 52, 208, 3)[1]
    error = math.sqrt(0.1 / 52) * math.sqrt(0.1 + 0.25)
    assert power(gain, error, 9, 0.05 / 3) == pytest.approx(0.8)


def test_more_test_images_and_fewer_changes_show_smaller_gains():
    few, many = minimum_detectable_gains(10, 50, 200, 1), minimum_detectable_gains(10, 500, 2000, 1)
    assert all(a > b for a, b in zip(few, many, strict=True))
    assert few == sorted(few)


def test_sentence_tells_the_design_and_its_reach():
    assert str(describe_power(1, 52, 188, 6)) == (
        "Design: one split with 52 test images, where a gain under 15.4 points of accuracy cannot be seen after "
        "correction for 6 comparisons."
    )
    assert "too few to show any gain" in str(describe_power(1, 4, 10, 1))
    assert "a gain of 8.0, 11.3 or 15.9 points" in str(describe_power(10, 52, 208, 6))


def test_training_sets_of_their_own_are_found_by_the_crossed_test_s_error():
    gains = minimum_detectable_gains(10, 3000, 200, 6, disjoint_training_sets=True)
    error, df = expected_standard_error(10, 3000, 0.02, 0.1)
    assert power(gains[2], error, df, 0.05 / 6) == pytest.approx(0.8)
    assert gains == sorted(gains)
    assert gains[2] < minimum_detectable_gains(10, 3000, 200, 6)[1]


def test_sentence_of_training_sets_of_their_own():
    assert str(describe_power(10, 3000, 200, 6, disjoint_training_sets=True)) == (
        "Design: 10 training sets of 200 real images each, one set of 3,000 test images; where the gain varies between "
        "training sets by 0.5, 1.0 or 2.0 points (standard deviation), and generated images change a classifier's "
        "answer on 10% of the test images, at worst on the same ones every time, a gain of 2.1, 2.3 or 3.2 points of "
        "accuracy is found with 80% power after correction for 6 comparisons, and smaller ones less often."
    )
    one = str(describe_power(1, 3000, 200, 6, disjoint_training_sets=True))
    assert one == str(describe_power(1, 3000, 200, 6))
