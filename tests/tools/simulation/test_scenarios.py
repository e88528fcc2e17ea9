import numpy as np
import pytest

from leukgan.tools.simulation.scenarios import CONFUSED, SCENARIOS, UNLUCKY, Draws


@pytest.fixture
def draws(population):
    return Draws(population=population, others=np.arange(100, 600), extra=200, splits=3, rng=np.random.default_rng(4))


@pytest.mark.parametrize("name", SCENARIOS)
def test_arms_learn_from_nothing_of_the_data_set_beside_its_training_part(name, draws):
    arms = SCENARIOS[name].arms(draws)
    assert len(arms) == draws.splits
    for pair in arms:
        for arm in pair:
            assert set(arm.extra) <= set(draws.others)
            assert len(set(arm.extra)) == len(arm.extra)


def test_each_half_goes_to_one_arm(draws, population):
    ((first, second),) = {(id(pair[0]), id(pair[1])): pair for pair in SCENARIOS["halves"].arms(draws)}.values()
    left, right = population.left(0.5), population.left(0.5, mirrored=True)
    is_left = (first.views == left).all(axis=1)
    assert 0.4 < is_left.mean() < 0.6
    assert (np.where(is_left[:, None], right, left) == second.views).all()


def test_equal_generators_share_no_image_and_stay_for_all_splits(draws):
    arms = SCENARIOS["equal_generators"].arms(draws)
    first, second = arms[0]
    assert len(first.extra) == len(second.extra) == draws.extra
    assert not set(first.extra) & set(second.extra)
    assert all(pair is arms[0] for pair in arms)


def test_unlucky_labels_are_each_arms_own(draws, population):
    first, second = SCENARIOS["unlucky_labels"].arms(draws)[0]
    wrong = [arm.labels != population.labels for arm in (first, second)]
    assert [w.mean() for w in wrong] == pytest.approx([UNLUCKY, UNLUCKY], abs=0.06)
    assert (wrong[0] & wrong[1]).mean() == pytest.approx(UNLUCKY**2, abs=0.04)


def test_generators_give_new_images_to_the_second_arm_for_each_split(draws):
    for name in ("ideal_generator", "confused_generator"):
        arms = SCENARIOS[name].arms(draws)
        assert [len(arm.extra) for pair in arms for arm in pair] == [0, 200] * 3
        assert set(arms[0][1].extra) != set(arms[1][1].extra)


def test_only_the_confused_generators_labels_are_wrong(draws, population):
    for first, second in SCENARIOS["confused_generator"].arms(draws):
        wrong = second.labels != population.labels
        assert set(np.flatnonzero(wrong)) <= set(second.extra)
        assert wrong[second.extra].mean() == pytest.approx(CONFUSED, abs=0.12)
        assert (first.labels == population.labels).all()
