"""Laws of settings: whatever they name, no code runs but leukgan's own and that of packages that the user trusts."""

import sys

import pytest
from apps import ROOT, TOY, refusal_of, run_app
from omegaconf import OmegaConf

from leukgan.cli.gate import check_code
from leukgan.cli.typed import as_hydra_reads
from leukgan.config import check_targets, targets_within
from leukgan.errors import InputError
from leukgan.gans import registry
from leukgan.run_folder.files import read_settings

NO_CODE = " names code that settings may not run"
SHELL = "{_target_: torch.utils.collect_env.run, command: 'touch ran'}"


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        (f"data.x={SHELL}", "data.x._target_=torch.utils.collect_env.run"),
        (f"+nothing.known={SHELL}", "nothing.known._target_=torch.utils.collect_env.run"),
        (f"gan.betas=[0.0,{SHELL}]", "gan.betas.1._target_=torch.utils.collect_env.run"),
        (f"data.classes=[[{SHELL}]]", "data.classes.0.0._target_=torch.utils.collect_env.run"),
        ("classifier.svm._target_=torch.hub.load", "classifier.svm._target_=torch.hub.load"),
        ("trainer.x={_target_: torch.load, f: x.pt, weights_only: false}", "trainer.x._target_=torch.load"),
        ("logger.csv.tags=[{_target_: builtins.open, file: ran, mode: w}]", "logger.csv.tags.0._target_=builtins.open"),
        ("logger.csv._target_=leukgan.run_folder.files.write_atomic", "logger.csv._target_=leukgan.run_folder."),
        ("gan._target_=leukgan.gans.Training", "gan._target_=leukgan.gans.Training"),
        ("gan._target_=torch.nn.Linear", "gan._target_=torch.nn.Linear"),
        ("quality.features._target_=torch.nn.functional.torch.hub.load", "quality.features._target_=torch.nn."),
        ("quality.features.module={_target_: pathlib.Path}", "quality.features.module._target_=pathlib.Path"),
        ("gan._target_='${data.root}'", "gan._target_=torch.hub.load"),
        ("+hydra.callbacks.x=" + SHELL, "hydra.callbacks.x._target_=torch.utils.collect_env.run"),
        ("hydra.launcher._target_=torch.hub.load", "hydra.launcher._target_=torch.hub.load"),
    ],
)
def test_no_argument_names_code_that_is_not_leukgans(argument, key):
    with pytest.raises(InputError) as error:
        check_code("study", as_hydra_reads(["data.root=torch.hub.load", argument]), ROOT / "conf")
    assert str(error.value).startswith(key)
    assert NO_CODE in str(error.value)


@pytest.mark.parametrize("many", [[], ["-m"], ["-m", "seed=1,2"]])
def test_code_is_refused_before_any_job(tmp_path, many):
    sentence = refusal_of("study", tmp_path, *many, f"data.x={SHELL}", *TOY)
    assert sentence.startswith(f"error: data.x._target_=torch.utils.collect_env.run{NO_CODE}")


@pytest.mark.parametrize(
    ("command", "argument"),
    [("report", "logger.x"), ("compare_smears", "data.x"), ("benchmark", "gan.x"), ("search", "gan.x")],
)
def test_no_command_runs_code_of_an_argument(tmp_path, command, argument):
    assert f"{argument}._target_=" in refusal_of(command, tmp_path, f"{argument}={SHELL}")


@pytest.mark.parametrize("place", ["gan:\n  x: ", "hydra:\n  callbacks:\n    x: "])
def test_no_file_runs_code(tmp_path, place):
    path = tmp_path / "own" / "experiment" / "gift.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"# @package _global_\ntrust: [torch]\n{place}{SHELL}\n")
    assert NO_CODE in refusal_of("study", tmp_path, "--config-dir", "own", "experiment=gift", *TOY)


@pytest.mark.parametrize("command", ["study", "report", "review", "compare_gans"])
def test_no_command_takes_trust_from_a_file(tmp_path, command):
    path = tmp_path / "own" / f"{command}_settings_of_mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"defaults: [{command}, _self_]\ntrust: [os]\n")
    sentence = refusal_of(command, tmp_path, "--config-dir", "own", "--config-name", path.stem)
    assert "trust=['os'], which counts on the command line alone" in sentence


@pytest.mark.parametrize("target", ["torch.hub.load", "leukgan.gans.Training"])
def test_no_run_folder_names_code_that_is_not_leukgans(tmp_path, target):
    path = tmp_path / "config.yaml"
    path.write_text(f"data:\n  classes: [[_target_: {target}]]\n")
    with pytest.raises(InputError, match="names code that settings may not run") as error:
        read_settings(path)
    assert str(error.value).startswith(f"{path}: data.classes.0.0._target_={target} names")


def test_every_target_of_conf_is_allowed_in_its_place():
    for path in (ROOT / "conf").rglob("*.yaml"):
        node = OmegaConf.to_container(OmegaConf.load(path))
        check_targets(node if path.parent.name == "conf" else {path.parent.name: node}, ())
        assert path.parent.name != "gan" or len(list(targets_within(node))) == 1


OWN = """
from leukgan.gans import WGANGP, register_gan

class Mine(WGANGP):
    title = "Mine"

register_gan("mine", Mine)
"""


@pytest.fixture
def own_package(tmp_path, monkeypatch):
    (tmp_path / "own_package.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    yield "own_package"
    sys.modules.pop("own_package", None)


def test_a_trusted_package_is_imported_and_may_be_named(tmp_path, own_package, monkeypatch):
    built = []
    monkeypatch.setattr(registry, "GANS", dict(registry.GANS))
    monkeypatch.setattr(
        "leukgan.study.train_gans", lambda study, *_, **__: built.append(study.build_gan(1).title) or []
    )
    named = ("gan._target_=own_package.Mine", *TOY)
    assert "gan._target_=own_package.Mine" + NO_CODE in refusal_of("train_gan", tmp_path, *named)
    assert run_app("train_gan", tmp_path, "trust=[own_package]", *named) == 0
    assert built == ["Mine"]


@pytest.mark.parametrize(
    ("value", "said"),
    [("[no_such_package]", "trust=[no_such_package] is not installed; install it"), ("[a-b]", "got a-b.")],
)
def test_a_trusted_package_that_is_none_is_a_sentence(tmp_path, value, said):
    assert said in refusal_of("study", tmp_path, f"trust={value}", *TOY)
