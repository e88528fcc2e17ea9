import numpy as np
import pytest
import torch
from sklearn.base import clone

from leukgan.classification.logistic_head import LogisticHead

STILL = 1e-30  # A learning rate that leaves the start as it is.


def unit(**changes):
    return LogisticHead(**{"epochs": 1, "learning_rate": 0.01, "batch_size": 8, "seed": 0} | changes)


def noisy_data(count=60, width=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width)).astype(np.float32)
    y = (x[:, 0] + rng.normal(size=count) > 0.3).astype(np.int64)
    return x, y


def mean_loss(logits, y):
    return float(np.mean(np.logaddexp(0, logits) - y * logits))


def test_start_is_zero_so_that_the_first_loss_is_that_of_knowing_nothing():
    x, y = noisy_data(width=20)
    start = unit(learning_rate=STILL).fit(100 * x, y)
    assert np.abs(start.weight_).max() == pytest.approx(0, abs=1e-20)
    assert start.loss_curve_ == [pytest.approx(np.log(2))]


@pytest.mark.parametrize("batch_size", [1, 7, 60, 100])
def test_loss_of_an_epoch_is_the_mean_over_all_images_whatever_the_batches(batch_size):
    x, y = noisy_data()
    still = unit(learning_rate=STILL, batch_size=batch_size).fit(x, y)
    assert still.loss_curve_ == [pytest.approx(mean_loss(x @ still.weight_, y), rel=1e-5)]
    assert still.n_steps_ == -(-60 // batch_size)


def test_training_agrees_with_adam_written_out():
    x, y = noisy_data()
    rate, first, second, epsilon = 0.01, 0.9, 0.999, 1e-7
    parameters = np.append(unit(learning_rate=STILL).fit(x, y).weight_, 0.0)
    inputs = np.column_stack([x, np.ones(60)]).astype(np.float64)
    mean, square, losses = np.zeros(4), np.zeros(4), []
    for step in range(1, 31):
        logits = inputs @ parameters
        losses.append(mean_loss(logits, y))
        gradient = inputs.T @ (1 / (1 + np.exp(-logits)) - y) / 60
        mean = first * mean + (1 - first) * gradient
        square = second * square + (1 - second) * gradient**2
        parameters -= rate * (mean / (1 - first**step)) / (np.sqrt(square / (1 - second**step)) + epsilon)
    trained = unit(epochs=30, batch_size=60).fit(x, y)
    np.testing.assert_allclose(np.append(trained.weight_, trained.bias_), parameters, rtol=1e-4)
    np.testing.assert_allclose(trained.loss_curve_, losses, rtol=1e-4)


def test_epsilon_of_adam_is_kerass():
    """One step moves a weight by rate * g / (|g| + epsilon), so a gradient of epsilon's size shows epsilon."""
    x, y = np.array([[2e-7]], dtype=np.float32), np.array([1])
    start = unit(learning_rate=STILL).fit(x, y).weight_[0]
    stepped = unit(learning_rate=0.1).fit(x, y).weight_[0]
    gradient = 2e-7 * 0.5
    assert stepped - start == pytest.approx(0.1 * gradient / (gradient + 1e-7), rel=1e-3)


def test_order_of_the_images_is_drawn_by_the_seed():
    """On features of zero only the bias moves, from zero: two seeds can differ by the order alone."""
    labels = np.arange(20) // 10
    one, two = (unit(epochs=2, batch_size=1, seed=seed).fit(np.zeros((20, 1)), labels) for seed in (1, 2))
    assert one.bias_ != two.bias_
    assert one.loss_curve_ != two.loss_curve_


def test_same_seed_gives_the_same_unit_and_another_seed_another(global_randomness_untouched):
    x, y = noisy_data()
    with global_randomness_untouched():
        first = unit(epochs=3).fit(x, y)
        again = clone(first).fit(x, y)
        other = unit(epochs=3, seed=1).fit(x, y)
    assert first.weight_.tobytes() == again.weight_.tobytes()
    assert first.loss_curve_ == again.loss_curve_
    assert not np.array_equal(first.weight_, other.weight_)


def test_prediction_is_the_sign_of_the_logit():
    x, y = noisy_data()
    trained = unit(epochs=20).fit(x, y)
    logits = trained.decision_function(x)
    np.testing.assert_allclose(logits, x @ trained.weight_ + trained.bias_, rtol=1e-6)
    np.testing.assert_array_equal(trained.predict(x), (logits > 0).astype(int))
    assert set(trained.predict(x)) == {0, 1}


def test_given_steps_are_taken_whatever_the_size_of_the_set(monkeypatch):
    taken = []
    step = torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: taken.append(1) or step(self))
    for count in (10, 24):
        unit(batch_size=4, steps=7).fit(*noisy_data(count))
        assert len(taken) == 7
        taken.clear()


def test_steps_of_whole_epochs_train_as_the_epochs_do():
    by_epochs = unit(epochs=2, batch_size=4).fit(*noisy_data(10))
    by_steps = unit(steps=6, batch_size=4).fit(*noisy_data(10))
    np.testing.assert_array_equal(by_epochs.weight_, by_steps.weight_)
    assert by_epochs.loss_curve_ == by_steps.loss_curve_
