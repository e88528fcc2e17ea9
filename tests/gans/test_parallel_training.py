"""Laws of trainings in processes of their own: the same result as in one, errors that arrive, lines in a pipe."""

import contextlib
import dataclasses
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
import torch

from leukgan.errors import InputError
from leukgan.gans import Job, Training, parallel_training, train_in_parallel
from leukgan.gans.parallel_training import Display, usable_cores
from leukgan.tracking.stages import CSVOnly, Stage

STEPS = 20
STAGE = Stage(key="gan", name="toy-gan", group="toy", job_type="gan", config={}, tags=())
TRAINING = Training(accelerator="cpu", log_every=10)

HOLDS_A_WORKER = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from leukgan.gans.worker import WorkerChannels, set_up_process
context = multiprocessing.get_context("spawn")
lifeline, held = context.Pipe(duplex=False)
channels = WorkerChannels(context.Queue(), context.Event(), lifeline)
pool = ProcessPoolExecutor(1, context, initializer=set_up_process, initargs=(1, channels, dict(os.environ)))
print(pool.submit(os.getpid).result(), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def jobs(gan, data):
    def make(folder, names=("healthy", "leukemia"), steps=STEPS):
        return [
            Job(name, gan(seed=seed), data(generator_steps=steps), folder / "gan" / name, TRAINING, CSVOnly(), STAGE)
            for seed, name in enumerate(names)
        ]

    return make


@pytest.fixture(scope="module")
def trained(jobs, tmp_path_factory):
    """Two jobs trained at once in two processes of one thread, and what they printed."""
    folder = tmp_path_factory.mktemp("side_by_side")
    made = jobs(folder)
    before = [{name: t.clone() for name, t in job.gan.state_dict().items()} for job in made]
    with contextlib.redirect_stderr(io.StringIO()) as printed:
        train_in_parallel(made, cores=2)
    return made, before, printed.getvalue()


def test_a_process_of_its_own_gives_the_same_weights_as_this_one(trained, gan, data, tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        path = TRAINING.fit(gan(seed=1), data(generator_steps=STEPS), tmp_path, progress=lambda step, metrics: None)
    finally:
        torch.set_num_threads(threads)
    states = [torch.load(p, weights_only=True)["state_dict"] for p in (path, trained[0][1].folder / "last.ckpt")]
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_a_job_s_gan_stays_untrained_here(trained):
    for job, before in zip(*trained[:2], strict=True):
        torch.testing.assert_close(dict(job.gan.state_dict()), before, rtol=0, atol=0)
        assert not any(p.is_shared() for p in job.gan.parameters())


def test_a_pipe_gets_a_line_at_most_every_tenth_and_no_control_characters(trained):
    lines = trained[2].splitlines()
    assert all(line.startswith(("GAN healthy: ", "GAN leukemia: ")) for line in lines)
    for name in ("healthy", "leukemia"):
        own = [line for line in lines if name in line]
        assert [line.split(" generator steps")[0] for line in own] == [
            f"GAN {name}: {step} of {STEPS}" for step in (10, 20)
        ]
        assert own[1].count(" generator steps, ") == 1
        assert "critic " in own[1]
    assert "\x1b" not in trained[2]


def test_an_error_arrives_as_it_was_and_no_other_job_is_started(trained, jobs, images, data, tmp_path):
    """The first job's folder holds the checkpoint of other images; the second waits for its core."""
    first, second = jobs(tmp_path)
    first.folder.mkdir(parents=True)
    for path in trained[0][0].folder.glob("last.ckpt*"):
        shutil.copy(path, first.folder)
    wrong = dataclasses.replace(first, data=data(images(seed=9), generator_steps=STEPS))
    with pytest.raises(InputError, match="trained on other images"):
        train_in_parallel([wrong, second], cores=1)
    assert not second.folder.exists()


class KilledForMemory(CSVOnly):
    """A tracker in whose block the process dies as the system's memory keeper kills."""

    def run(self, folder, stage):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_training_is_a_sentence(jobs, tmp_path):
    (job, _) = jobs(tmp_path)
    with pytest.raises(InputError, match="was killed, as happens where memory runs out"):
        train_in_parallel([dataclasses.replace(job, tracking=KilledForMemory())], cores=2)


class FakePool:
    """Notes how it was made and runs each job at once, in this process."""

    def __init__(self, at_once, context, initializer, initargs):
        self.made.append((at_once, initargs[0]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def submit(self, function, *_):
        future = Future()
        future.set_result(None)
        return future


@pytest.mark.parametrize(
    ("device", "devices", "count", "cores", "expected"),
    [
        ("cpu", 1, 2, 1, (1, 1)),
        ("cpu", 1, 2, 2, (2, 1)),
        ("cpu", 1, 2, 8, (2, 4)),
        ("cpu", 1, 1, 8, (1, 4)),
        ("cuda", 1, 2, 8, (1, 8)),
        ("cpu", 2, 2, 8, (2, 4)),
        ("cpu", 4, 2, 2, (4, 1)),
        ("cuda", 2, 2, 8, (2, 4)),
        ("xla", 1, 2, 8, (1, 8)),
    ],
)
def test_two_jobs_run_at_once_on_half_of_the_cores_each_and_one_on_a_gpu_or_in_shares(
    jobs, tmp_path, monkeypatch, capsys, device, devices, count, cores, expected
):
    monkeypatch.setattr(FakePool, "made", [], raising=False)
    monkeypatch.setattr(parallel_training, "ProcessPoolExecutor", FakePool)
    given = [
        dataclasses.replace(job, training=SimpleNamespace(device=device, processes=devices))
        for job in jobs(tmp_path)[:count]
    ]
    train_in_parallel(given, cores=cores)
    train_in_parallel([])  # no job is no work
    assert FakePool.made == [expected]


@pytest.mark.parametrize(
    ("threads", "expected"), [("2", 2), ("1", 1), ("64", 4), (None, 4), ("", 4), ("0", 4), ("2,1", 2), (" 3", 3)]
)
def test_threads_that_are_set_lower_the_cores(monkeypatch, threads, expected):
    """As OpenMP reads the variable: the first of a list counts, nonsense does not."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if threads is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert usable_cores() == expected


def test_a_continued_training_goes_on_at_its_tenth():
    with contextlib.redirect_stderr(io.StringIO()) as printed, Display(["a", "b"], 1000, None) as display:
        for step in (500, 510, 590, 600, 600):
            display.update_bar("a", step, {"train/critic_loss": -1.234})
        display.update_bar("b", 99, {})
        display.update_bar("b", 100, {})
    assert printed.getvalue().splitlines() == [
        "GAN a: 500 of 1000 generator steps, critic -1.23",
        "GAN a: 600 of 1000 generator steps, critic -1.23",
        "GAN b: 100 of 1000 generator steps",
    ]


def test_a_training_tells_its_time_left_once_where_there_is_no_bar(monkeypatch):
    clock = iter([0.0, 10.0, 32.0, 64.0])
    monkeypatch.setattr("leukgan.presentation.console.time.monotonic", lambda: next(clock))
    with contextlib.redirect_stderr(io.StringIO()) as printed, Display(["a"], 20_000, None) as display:
        for step in (1000, 1005, 1010, 1020):  # a continued training: its first 1,000 steps took no time now
            display.update_bar("a", step, {})
    assert printed.getvalue() == "GAN a: 16:52:48 left at this speed (hours:minutes:seconds)\n"


def test_the_time_left_for_all_trainings_of_a_command_is_told_once(monkeypatch):
    """Three one after the other."""
    clock = iter([0.0, 0.0, 25.0, 30.0])
    monkeypatch.setattr("leukgan.presentation.console.time.monotonic", lambda: next(clock))
    with contextlib.redirect_stderr(io.StringIO()) as printed, Display(["a", "b"], 1000, None, 3) as display:
        for name, step in (("a", 0), ("b", 0), ("a", 50), ("b", 50)):
            display.update_bar(name, step, {})
    assert printed.getvalue().splitlines() == [
        "GAN a: 0:07:55 left at this speed (hours:minutes:seconds)",
        "all GANs of this command: 0:24:35 left at this speed (hours:minutes:seconds)",
        "GAN b: 0:09:30 left at this speed (hours:minutes:seconds)",
    ]


@pytest.mark.slow
def test_a_worker_ends_with_the_process_that_started_it():
    parent = subprocess.Popen([sys.executable, "-c", HOLDS_A_WORKER], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    assert is_running(worker)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 30
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(worker)


def is_running(process):
    """Whether a process is there and no zombie."""
    try:
        os.kill(process, 0)
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_what_a_watcher_raises_ends_all_trainings(jobs, tmp_path):
    calls = []

    def watch():
        calls.append(None)
        if len(calls) == 3:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        train_in_parallel(jobs(tmp_path, steps=100_000), cores=2, progress=watch)  # hours of work
    assert len(calls) == 3
