"""Laws of a split that diverges: the others go on, the report tells what is missing, and the command ends in error."""

from apps import TOY, run_app

from leukgan.errors import TrainingDiverged
from leukgan.report.reading import read_run
from leukgan.study import SplitStudy

STUDY = (*TOY, "name=toy", "split.count=2", "classifiers=[logistic_regression]", "training_sets=[real,real+gen]")
STUDY += ("generator_steps=2", "quality.track_every=0")


def test_the_other_splits_go_on_and_the_same_command_makes_up_for_it(tmp_path, monkeypatch, capsys):
    train = SplitStudy.train_gans

    def diverges_in_the_first(split, *given, **named):
        if split.index == 0:
            with split.artifacts.stage("gan"):
                raise TrainingDiverged(
                    "GAN healthy: the training diverged: at generator step 3, a weight is no number."
                )
        train(split, *given, **named)

    monkeypatch.setattr("leukgan.report.write_report", lambda folder, **_: folder / "report.html")
    monkeypatch.setattr(SplitStudy, "train_gans", diverges_in_the_first)
    assert run_app("study", tmp_path, *STUDY) == 1
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence.startswith("error: split 0: GAN healthy: the training diverged")
    assert sentence.endswith("runs/toy/report.html is of the other splits.")
    run = read_run(tmp_path / "runs/toy")
    assert ([split.name for split in run.splits], run.unfinished) == (["split-01"], (("split-00", "failed"),))

    monkeypatch.setattr(SplitStudy, "train_gans", train)
    done = (tmp_path / "runs/toy/split-01/scores.csv").read_bytes()
    assert run_app("study", tmp_path, *STUDY) == 0
    assert (tmp_path / "runs/toy/split-00/scores.csv").exists()
    assert (tmp_path / "runs/toy/split-01/scores.csv").read_bytes() == done
