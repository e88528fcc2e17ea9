"""Laws of a row: its numbers follow from the two times, the work and the machine's rate."""

import mmap

import pytest

from leukgan.tools.benchmark import measuring
from leukgan.tools.benchmark.cases import Case
from leukgan.tools.benchmark.memory import largest_resident_set
from leukgan.tools.benchmark.settings import Benchmark
from leukgan.tools.benchmark.table import table_of

CASE = Case(image_size=32, width=4, precision="bf16")


@pytest.fixture
def benchmark_with():
    def make(**arguments):
        node = {"_target_": "leukgan.gans.WGANGP", "latent_size": 8, "n_critic": 3} | arguments
        return Benchmark((CASE,), node, batch_size=2, repeats=3, device="cpu", output=None)

    return make


@pytest.fixture
def measured(monkeypatch, benchmark_with):
    """Measures a toy where our step takes 4 ms, the plain one 10 ms, at 50 GFLOP/s, 0.06 GFLOP and 123 MiB."""

    def run(**arguments):
        times = iter([4.0, 10.0, 900.0, 10.0, 3.0, 900.0] if not arguments else [4.0, 3.0, 900.0])
        monkeypatch.setattr(measuring, "milliseconds_of", lambda step, device: next(times))
        monkeypatch.setattr(measuring, "best_convolution_rate", lambda device, precision: 50.0)
        monkeypatch.setattr(measuring, "needed_flops", lambda gan, batch_size: 60_000_000)
        monkeypatch.setattr(measuring, "peak_resident_mebibytes", lambda benchmark, case: 123.0)
        return measuring.measure(benchmark_with(**arguments), CASE, lambda message: None)

    return run


def test_a_row_follows_from_what_was_measured(measured):
    row = measured()
    assert (row.image_size, row.width, row.batch_size, row.precision, row.device) == (32, 4, 2, "bf16", "cpu")
    assert (row.milliseconds, row.plain_milliseconds) == (4.0, 10.0)  # medians, in turns
    assert row.ratio == pytest.approx(10 / 4)
    assert row.images_per_second == pytest.approx(3 * 2 / 0.004)
    assert row.gflop == pytest.approx(0.06)
    assert row.share_of_peak == pytest.approx(0.06 / 0.004 / 50)
    assert row.peak_mebibytes == 123.0


def test_a_row_without_a_plain_step_has_dashes(measured):
    row = measured(lecam_weight=0.1)
    assert (row.milliseconds, row.plain_milliseconds, row.ratio) == (4.0, None, None)
    assert table_of([row]).splitlines()[-1].split()[1:] == ["cpu", "4.0", "1500", "-", "-", "0.06", "30%", "123"]


def test_steps_take_turns_after_the_warm_up(benchmark_with):
    order = []
    measuring.medians(
        [lambda: order.append("ours"), lambda: order.append("plain")], benchmark_with(), lambda done: None
    )
    warm = measuring.WARM_UP
    assert order == ["ours"] * warm + ["plain"] * warm + ["ours", "plain"] * 3


def test_the_generator_is_four_times_as_wide_unless_told(benchmark_with):
    assert benchmark_with().gan_of(CASE).hparams["generator_width"] == 16
    gan = benchmark_with(generator_width=32).gan_of(CASE)
    assert (gan.hparams["generator_width"], gan.hparams["critic_width"], gan.hparams["image_size"]) == (32, 4, 32)


def test_a_measured_gan_is_as_in_training(benchmark_with):
    gan = benchmark_with().gan_of(CASE)
    assert gan.critic.training
    assert gan.generator.training
    assert not gan.average_generator.training


@pytest.mark.skipif(largest_resident_set() is None, reason="this system does not tell")
def test_the_largest_resident_set_counts_what_was_touched():
    before = largest_resident_set()
    # As much again, from the system itself: the allocator may hold free memory that is resident already.
    with mmap.mmap(-1, int(before) * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for _ in range(int(before)):
            memory.write(b"1" * 2**20)
    assert before + 50 < largest_resident_set() < 2 * before + 50
