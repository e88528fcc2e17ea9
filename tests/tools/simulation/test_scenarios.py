import numpy as np
import pytest

from leukgan.tools.simulation.scenarios import CONFUSED, SCENARIOS, SIDE, UNLUCKY, Draws


@pytest.fixture
def draws(population):
    return Draws(population=population, others=np.arange(80, 480), extra=150, splits=3, rng=np.random.default_rng(4))


def test_a_whole_view_is_the_left_and_the_right_half(population):
    left, right = population.view(0.5), population.view(0.5, mirrored=True)
    halves = (left.reshape(-1, 3, SIDE, SIDE // 2), right.reshape(-1, 3, SIDE, SIDE // 2)[..., ::-1])
    np.testing.assert_array_equal(np.concatenate(halves, axis=-1), population.thumbnails)
    np.testing.assert_array_equal(population.view(), population.thumbnails.reshape(480, -1))


@pytest.mark.parametrize("label", [0, 1])
def test_cells_look_alike_in_the_mirror(population, label):
    cells = population.cells.labels == label
    left, right = population.view(0.5)[cells], population.view(0.5, mirrored=True)[cells]
    for moment in (lambda x: x, lambda x: (x - x.mean(axis=0)) ** 2):  # means and variances
        difference = moment(left) - moment(right)
        z = difference.mean(axis=0) / difference.std(axis=0) * np.sqrt(len(difference))
        assert np.abs(z).max() < 4.5
        assert 0.3 < (z**2).mean() < 2.5


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
    left, right = population.view(0.5), population.view(0.5, mirrored=True)
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
    wrong = [arm.labels != population.cells.labels for arm in (first, second)]
    assert [w.mean() for w in wrong] == pytest.approx([UNLUCKY, UNLUCKY], abs=0.06)
    assert (wrong[0] & wrong[1]).mean() == pytest.approx(UNLUCKY**2, abs=0.04)


def test_generators_give_new_images_to_the_second_arm_for_each_split(draws):
    for name in ("ideal_generator", "confused_generator"):
        arms = SCENARIOS[name].arms(draws)
        assert [len(arm.extra) for pair in arms for arm in pair] == [0, draws.extra] * 3
        assert set(arms[0][1].extra) != set(arms[1][1].extra)


def test_only_the_confused_generators_labels_are_wrong(draws, population):
    for first, second in SCENARIOS["confused_generator"].arms(draws):
        wrong = second.labels != population.cells.labels
        assert set(np.flatnonzero(wrong)) <= set(second.extra)
        assert wrong[second.extra].mean() == pytest.approx(CONFUSED, abs=0.12)
        assert (first.labels == population.cells.labels).all()
