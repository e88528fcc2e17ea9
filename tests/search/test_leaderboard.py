"""Laws of the leaderboard: an order, no trial left out, a line that can be pasted, a figure of all trials."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from leukgan.errors import InputError
from leukgan.run_folder.paths import JobFolder, RunFolder
from leukgan.search.leaderboard import check_none_failed, write_leaderboard
from leukgan.search.trials import Trial, read_trial, write_trial

KEYS = ("gan.a", "gan.n_critic")


def trial(number, state="complete", value=None, low=None, high=None, **more):
    parameters = {"gan.a": f"{10.0**-number:.4g}", "gan.n_critic": "5"}
    return Trial(
        label=f"trial-{number:03d}", parameters=parameters, state=state, objective="val/kid",
        settings=["seed=1"], value=value, low=low, high=high, seconds=1.5, **more,
    )  # fmt: skip


TRIALS = [
    trial(0, value=3.0, low=2.5, high=3.5),
    trial(1, "diverged", error="GAN healthy: the training diverged: at generator step 3, a weight is no number."),
    trial(2, value=1.0, low=0.5, high=1.5),
    trial(3, "pruned", value=0.2),
    trial(4, value=2.0, low=1.2, high=2.8),
    trial(5, "failed", error="No space left on device."),
    trial(6, "running"),
]


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    return folder, write_leaderboard(RunFolder(folder), TRIALS, direction="minimize", importances={"gan.a": 0.9})


def test_a_table_ranks_what_was_done_and_leaves_no_trial_out(board):
    table = pd.read_csv(board[0] / "leaderboard.csv")
    assert table["trial"].tolist() == [f"trial-{number:03d}" for number in (2, 4, 0, 1, 3, 5, 6)]
    assert table["rank"].tolist()[:3] == [1, 2, 3]
    assert table["rank"].isna().tolist() == [False] * 3 + [True] * 4
    assert table["state"].tolist() == ["complete"] * 3 + ["diverged", "pruned", "failed", "running"]
    assert table.loc[0, ["value", "low", "high", "gan.a", "gan.n_critic", "seconds"]].tolist() == [
        1.0, 0.5, 1.5, 0.01, 5, 1.5,
    ]  # fmt: skip
    assert table.loc[5, "error"] == "No space left on device."


def test_the_largest_is_first_where_more_is_better(tmp_path):
    write_leaderboard(RunFolder(tmp_path), TRIALS, direction="maximize")
    assert pd.read_csv(tmp_path / "leaderboard.csv")["value"].tolist()[:3] == [3.0, 2.0, 1.0]
    assert (tmp_path / "best.txt").read_text() == "gan.a=1 gan.n_critic=5\n"


def test_the_best_can_be_pasted_and_its_rivals_are_counted(board):
    folder, text = board
    assert (folder / "best.txt").read_text() == "gan.a=0.01 gan.n_critic=5\n"
    assert "\n2 trials can't be told apart: their intervals overlap. The first: gan.a=0.01 gan.n_critic=5\n" in text
    assert "best" not in text.partition("2 trials")[0]  # 1.2 to 2.8 meets 0.5 to 1.5
    assert "trial-005 failed, No space left on device." in text
    assert "trial-001 diverged, GAN healthy" in text


def test_the_figure_shows_every_trial_that_ended(board, tmp_path):
    pictures = [np.asarray(Image.open(board[0] / "search.png").convert("RGB"))]
    assert (board[0] / "search.pdf").read_bytes().startswith(b"%PDF")
    for left_out in (0, 1, 3):  # one of each kind
        rest = [trial for number, trial in enumerate(TRIALS) if number != left_out]
        write_leaderboard(RunFolder(tmp_path), rest, direction="minimize")
        picture = Image.open(io.BytesIO((tmp_path / "search.png").read_bytes())).convert("RGB")
        pictures.append(np.asarray(picture))
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert {picture.shape for picture in pictures} == {pictures[0].shape}


def test_nothing_measured_leaves_a_table_alone(tmp_path):
    jobs = [Trial(label="split-00", parameters={"split.indices": "0"}, state="complete")]
    assert write_leaderboard(RunFolder(tmp_path), jobs, direction="minimize") == ""
    assert [path.name for path in tmp_path.iterdir()] == ["leaderboard.csv"]


def test_failed_trials_are_an_error_and_diverged_ones_are_not(tmp_path):
    check_none_failed(RunFolder(tmp_path), [trial for trial in TRIALS if trial.state != "failed"])
    with pytest.raises(InputError, match=r"^1 of 7 failed \(trial-005\); .*leaderboard\.csv says why\.$"):
        check_none_failed(RunFolder(tmp_path), TRIALS)


def test_a_trial_s_state_comes_back(tmp_path):
    folder = JobFolder(tmp_path)
    assert read_trial(folder) is None
    for state in TRIALS:
        write_trial(folder, state)
        assert read_trial(folder) == state
