"""Laws of the machine's best rate."""

import pytest
import torch

from leukgan.tools.benchmark import peak


def test_the_rate_is_the_largest_convolution_s_where_all_take_as_long(monkeypatch):
    monkeypatch.setattr(peak, "seconds_of", lambda *_: 0.5)
    images, side, kernel = peak.IMAGES["cpu"], 16, 3
    expected = 2 * images * side**2 * 256 * 256 * kernel**2 / 0.5 / 1e9
    assert peak.best_convolution_rate.__wrapped__("cpu", "fp32") == pytest.approx(expected)


def test_the_best_attempt_counts(monkeypatch):
    monkeypatch.setattr(peak, "SHAPES", ((2, 3, 5, 3, 2),))
    times = iter([4.0, 2.0, 8.0])
    monkeypatch.setattr(peak, "seconds_of", lambda *_: next(times))
    expected = 2 * peak.IMAGES["cpu"] * 2**2 * 2 * 3 * 3**2 / 2.0 / 1e9
    assert peak.best_convolution_rate.__wrapped__("cpu", "bf16", attempts=3) == pytest.approx(expected)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_rate_is_the_precision_s(monkeypatch, precision, dtype):
    monkeypatch.setattr(peak, "SHAPES", ((2, 3, 5, 3, 2),))
    seen = set()

    def seconds_of(images, weight, stride):
        seen.update((images.dtype, weight.dtype))
        return 1.0

    monkeypatch.setattr(peak, "seconds_of", seconds_of)
    peak.best_convolution_rate.__wrapped__("cpu", precision)
    assert seen == {dtype}
