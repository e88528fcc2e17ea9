"""Laws of a trial that `wandb agent` starts, by the command and the environment that it gives."""

import re
from textwrap import dedent

import pytest
import wandb
import yaml
from apps import ROOT, TOY, run_app
from tracking.wandb_log import read_logs
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args
from wandb.sdk.lib.config_util import save_config_file_from_dict

pytestmark = [  # wandb leaves the agent's file open
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
TRIAL = {"gan.critic_learning_rate": {"value": 3e-4}, "gan.n_critic": {"value": 2}}
TRACKED = [argument for argument in TOY if not argument.startswith(("logger", "gan.n_critic", "quality.track_every"))]


def command_of(text, arguments):
    """The arguments that the agent gives a program by the `command` of a sweep's file, by the agent's own functions."""
    sweep = yaml.safe_load(text)
    known = create_sweep_command_args({"args": arguments}) | {"program": [sweep["program"]]}
    found = []
    for part in map(str, create_sweep_command(sweep["command"])):
        found += known[part[2:-1]] if part.startswith("${") and part.endswith("}") else [part]
    assert found[:2] == ["python", "experiments/train_gan.py"]
    return found[2:]


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """The runs of a trial of the documented sweep, at toy size."""
    folder = tmp_path_factory.mktemp("agent")
    (text,) = re.findall(r"^    program: .*?\n\n", (ROOT / "docs" / "tracking.md").read_text(), re.M | re.S)
    wandb.teardown()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_SWEEP_ID", "sweep123")
        patch.setenv("WANDB_RUN_ID", "agents0001")
        patch.setenv("WANDB_SWEEP_PARAM_PATH", str(folder / "config.yaml"))
        save_config_file_from_dict(str(folder / "config.yaml"), TRIAL)
        arguments = command_of(dedent(text), TRIAL)
        toy = (*TRACKED, "quality.track_every=2", "split.validation_fraction=0.3", "class_name=healthy")
        assert run_app("train_gan", folder, *arguments, *toy, "data.image_size=32") == 0
    wandb.teardown()
    return folder, {log.job_type: log for log in read_logs(folder)}


def test_the_trial_is_the_run_of_the_agent_and_its_trainings_are_not(trial):
    _, logs = trial
    assert logs["trial"].id == "agents0001"
    assert logs["gan"].id != "agents0001"


def test_the_trial_has_the_metric_and_the_settings_of_the_sweep(trial):
    folder, logs = trial
    (row,) = logs["trial"].rows
    assert row["val/kid"] == pytest.approx(min(row["val/kid"] for row in logs["gan"].rows if "val/kid" in row))
    assert logs["trial"].config["gan"]["critic_learning_rate"] == 3e-4
    assert logs["trial"].config["gan.critic_learning_rate"] == 3e-4  # by which the sweep's page sorts
    assert (folder / "runs" / "agent" / "agents0001" / "split-00").is_dir()
