"""Laws of a training that several cores or devices share, in processes of their own."""

import time

import pandas as pd
import pytest
import torch
from gans.accelerators.xla.runs import MARKS, assert_same, checkpoint_of, metrics_of, run, start
from processes import left_of_session, session

pytestmark = MARKS


@pytest.fixture(scope="module")
def two_cores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    run("two_cores.py", folder, 4, devices=2)
    return folder, [torch.load(folder / f"core-{core}.pt") for core in (0, 1)]


def test_two_cores_keep_equal_weights_which_are_the_checkpoint_s(two_cores):
    """The collectives are stand-ins on the host: see two_cores.py."""
    folder, (first, second) = two_cores
    assert_same(second["state"], first["state"], rtol=0)
    assert_same(checkpoint_of(folder)["state_dict"], first["state"], rtol=0)
    before = torch.load(folder / "before.pt")
    assert not torch.equal(first["state"]["critic.unit.weight"], before["critic.unit.weight"])
    assert_same(torch.load(folder / "after.pt"), before, rtol=0)  # in the process that asked for the training


def test_two_cores_share_each_batch_and_draw_noise_of_their_own(two_cores):
    _, (first, second) = two_cores
    assert first["seen"].shape == second["seen"].shape == (8, 2, 3, 32, 32)
    pictures = [
        image.numpy().tobytes() for images in (first["seen"], second["seen"]) for image in images[:2].flatten(0, 1)
    ]
    assert len(set(pictures)) == 8  # all of one pass over eight images, each once
    assert not (first["drawn"] == second["drawn"]).any()


def test_one_core_alone_measures_writes_and_reports(two_cores):
    folder, _ = two_cores
    assert (folder / "reports.txt").read_text().split() == ["0", "4"]
    assert metrics_of(folder).index.tolist() == [1, 2, 3, 4]
    assert pd.read_csv(folder / "kid.csv")["generator_step"].tolist() == [2, 4]
    assert {path.name for path in folder.iterdir()} >= {"best.ckpt", "last.ckpt", "interpolation.png", "samples"}


def test_every_process_of_the_cores_ends_with_the_one_that_started_them(tmp_path):
    with start("two_cores.py", tmp_path, 100_000, devices=2) as started:
        while not (tmp_path / "reports.txt").exists():
            assert started.poll() is None, started.stderr.read()
            time.sleep(0.1)
        assert int((tmp_path / "process.txt").read_text()) in set(session(started.pid)) - {started.pid}
        started.kill()
    assert left_of_session(started.pid) == []


def test_a_batch_on_four_virtual_devices_trains_as_on_one(tmp_path):
    run("virtual_devices.py", 1, tmp_path / "one.pt")
    dumps = tmp_path / "dumps"
    run("virtual_devices.py", 4, tmp_path / "four.pt", flags=f"--xla_dump_to={dumps} --xla_dump_hlo_as_text")
    assert any("all-reduce" in path.read_text() for path in dumps.glob("*after_optimizations.txt"))
    one, four = torch.load(tmp_path / "one.pt"), torch.load(tmp_path / "four.pt")
    assert (one["devices"], four["devices"]) == (1, 4)
    for ours, expected in zip(four["metrics"], one["metrics"], strict=True):
        assert ours == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert_same(four["state"], one["state"], rtol=1e-4)
