"""Laws of a training that two processes share: what it leaves, how it continues, what the end of one of them does."""

import contextlib
import dataclasses
import multiprocessing
import os
import signal
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pandas as pd
import pytest
import torch
from apps import TOY, refusal_of, run_app
from gans.trainings import KilledError, files
from torch import nn

from leukgan.errors import InputError
from leukgan.features import ModuleFeatures
from leukgan.gans import Job, Training, ValidationKID, train_in_parallel
from leukgan.gans.accelerators import distributed
from leukgan.gans.parallel_training import end_together
from leukgan.tracking.stages import CSVOnly, Stage

SETTINGS = {"augmentation": ["translation", "cutout"], "adaptive_target": 0.1, "lecam_weight": 0.1}
SETTINGS |= {"learning_rate_decay": 0.5}
STAGE = Stage(key="gan", name="toy", group="toy", job_type="gan", config={}, tags=())
OF_THE_APP = [argument for argument in TOY if not argument.startswith(("trainer=", "quality.", "~quality"))] + [
    *("quality.track_every=0", "split.validation_fraction=0.3", "trainer.log_every=1")
]


def fitted(gan, data, features, folders, stop):
    """Train on two processes, with a kill in a step, and tell what the process reports."""
    step, reports, folder = gan.step, [], folders[distributed.rank()]

    def end_or_go_on(*given, **named):
        if gan.generator_step == stop:
            raise KilledError
        return step(*given, **named)

    gan.step = end_or_go_on
    validation = ValidationKID(folder, features, data.held_out, every=5)
    if distributed.rank() == 1:
        validation.distance = None
    with contextlib.suppress(KilledError):
        Training(accelerator="cpu", log_every=2, devices=2).fit(
            gan, data, folder, progress=lambda step, metrics: reports.append(step), validation=validation
        )
    return reports


@pytest.fixture(scope="module")
def fit(both, gan, data, images):
    def train(*folders, stop=-1):
        module = gan(**SETTINGS)
        batches = data(held_out=images(count=4, seed=7), generator_steps=12, steps_per_epoch=5)
        features = ModuleFeatures(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "pixels")
        return both(fitted, module, batches, features, (folders * 2)[:2], stop)

    return train


@pytest.fixture(scope="module")
def whole(fit, tmp_path_factory):
    """The folder of a training, what its processes report, and the folder that the second one was given."""
    folder = tmp_path_factory.mktemp("whole")
    return folder / "first", fit(folder / "first", folder / "second"), folder / "second"


def test_the_first_process_alone_writes_measures_and_reports(whole):
    assert set(files(whole[0])) == {
        *("last.ckpt", "last.ckpt.sha256", "best.ckpt", "best.ckpt.sha256"),
        *("metrics.csv", "kid.csv", "speed.csv", "interpolation.png"),
        *(f"samples/step_{step:06d}.png" for step in (5, 10, 12)),
    }
    assert whole[1] == [[0, 10, 12], []]
    assert not whole[2].exists()


def test_a_killed_training_on_two_processes_continues_to_the_same_end(fit, whole, tmp_path):
    fit(tmp_path, stop=11)
    assert (tmp_path / "last.ckpt").exists()
    fit(tmp_path)
    ours, expected = files(tmp_path), files(whole[0])
    assert ours.keys() == expected.keys()
    for name in expected:
        if name.endswith(".ckpt"):
            for part in ("state_dict", "optimizer_states", "generator_step"):
                torch.testing.assert_close(ours[name][part], expected[name][part], rtol=0, atol=0)
        else:
            assert ours[name] == expected[name], name


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([ValueError("own"), None], "own"),
        ([None, ValueError("own")], "own"),
        ([RuntimeError("connection closed"), BrokenProcessPool("killed")], "killed"),
    ],
)
def test_of_processes_that_failed_the_cause_is_told_and_the_others_are_ended(monkeypatch, errors, told):
    monkeypatch.setattr("leukgan.gans.parallel_training.PATIENCE", 0.01)
    lifeline, held = multiprocessing.Pipe(duplex=False)
    futures = [Future() for _ in errors]
    for future, error in zip(futures, errors, strict=True):
        if error is not None:
            future.set_exception(error)
    with pytest.raises(Exception, match=told):
        end_together(futures, held)
    assert lifeline.poll()  # the end of what could be read


def test_processes_that_are_done_are_not_ended():
    (lifeline, held), done = multiprocessing.Pipe(duplex=False), Future()
    done.set_result(None)
    end_together([done, done], held)
    assert not lifeline.poll()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ending(Training):
    """A training whose second process ends, by an error or as the system's memory keeper kills."""

    killed: bool

    def fit(self, gan, *arguments, **named):
        def end(*given, **named):
            if distributed.rank() == 1:
                if self.killed:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError("the second process's own")
            return step(*given, **named)

        step, gan.step = gan.step, end
        return super().fit(gan, *arguments, **named)


class Noting(CSVOnly):
    """A tracker that leaves a file for each of its runs."""

    def run(self, folder, stage):
        (folder / f"run-{distributed.rank()}").touch()
        return super().run(folder, stage)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("killed", "error", "told"),
    [(False, OSError, "second process's own"), (True, InputError, "was killed, as happens")],
)
def test_an_end_of_one_process_is_told_and_ends_the_others(gan, data, tmp_path, killed, error, told):
    training = Ending(accelerator="cpu", devices=2, killed=killed)
    folder = tmp_path / "gan" / "toy"
    with pytest.raises(error, match=told):
        train_in_parallel([Job("toy", gan(), data(), folder, training, Noting(), STAGE)], cores=2)
    assert [path.name for path in tmp_path.glob("run-*")] == ["run-0"]


@pytest.mark.slow
def test_the_app_on_two_processes_leaves_what_it_leaves_on_one(tmp_path, capfd):
    """Both GANs, one after the other: files, columns and steps; the noise differs, and so do the numbers."""
    for name, trainer in (("one", "cpu"), ("two", "ddp")):
        given = (f"name={name}", f"trainer={trainer}", "trainer.accelerator=cpu")
        assert run_app("train_gan", tmp_path, *OF_THE_APP, *given) == 0
        assert capfd.readouterr().out == f"The result is in runs/{name}\n"
    one, two = (tmp_path / "runs" / name for name in ("one", "two"))
    assert {p.relative_to(one) for p in one.rglob("*")} == {p.relative_to(two) for p in two.rglob("*")}
    tables = [path.relative_to(one) for path in one.rglob("metrics.csv")]
    assert len(tables) == 2
    for table in tables:
        ours, expected = pd.read_csv(two / table), pd.read_csv(one / table)
        assert list(ours) == list(expected)
        assert ours["generator_step"].tolist() == expected["generator_step"].tolist()
        assert (ours.isna() == expected.isna()).all(axis=None)


def test_a_batch_that_processes_cannot_share_is_refused_before_any_work(tmp_path):
    sentence = refusal_of("train_gan", tmp_path, *OF_THE_APP, "trainer=ddp", "trainer.devices=3")
    assert (
        sentence
        == "error: batch_size=4 can't be shared by 3 processes; take a multiple of it, or another number of devices.\n"
    )
