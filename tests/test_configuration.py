import inspect
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import hydra
import numpy as np
import pytest
import torch
from apps import ROOT, TOY, run_app, write_bloodmnist, write_class_folders, write_tiffs
from hydra.utils import get_object
from omegaconf import OmegaConf

from leukgan.arguments import ARGUMENTS, TABLE
from leukgan.config import as_override, read_config
from leukgan.data.augmentation import AUGMENTATIONS
from leukgan.data.sources.registry import source_by_target
from leukgan.gans.accelerators import xla
from leukgan.gans.registry import GANS
from leukgan.presentation.console import silent
from leukgan.study import SplitStudy, build_study
from leukgan.study.trained_gans import training_job
from leukgan.tools.argument_table import OF_THE_STUDY, argument_table

CONF = ROOT / "conf"
GROUPS = [
    (group.name, path.stem)
    for group in sorted(CONF.iterdir())
    if group.is_dir()
    for path in sorted(group.glob("*.yaml"))
]
PLUGINS = {
    "joblib": "hydra_plugins.hydra_joblib_launcher",
    "slurm": "hydra_plugins.hydra_submitit_launcher",
    "ray": "hydra_plugins.hydra_ray_launcher",
}
RANGE = re.compile(r"[Aa]t least|32, 64, 128 or 256|[Ff]rom -?\d|above|below")  # of a number, in what --help says of it
SHOWN = ("root", "classes", "seed")  # typed by users, so shown although they are the constructor's defaults
SMALL = [as_override(argument) for argument in TOY if not argument.startswith(("trainer", "logger", "data.count"))]


def composed(*overrides, command="study"):
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(command, list(overrides))


def read_help(shown):
    """The settings that a command's help lists."""
    return OmegaConf.create(shown.partition("Settings (change any with key=value):")[2])


@pytest.fixture(scope="module")
def data_of(tmp_path_factory):
    """What each data source has to be given besides its file in conf/data."""
    folder = tmp_path_factory.mktemp("cells")
    own = [f"++data.root={write_bloodmnist(folder / 'medmnist')}", "split.train_per_class=5"]
    return {
        "all_idb2": [f"++data.root={write_tiffs(folder / 'images')}"],
        "bloodmnist": own,
        "medmnist": [*own, "data.classes=[lymphocyte,monocyte]"],
        "folder": [f"++data.root={write_class_folders(folder / 'folders')}", "data.classes=[healthy,leukemia]"],
        "smears": [],
    }


@pytest.mark.parametrize(("group", "option"), [pair for pair in GROUPS if pair != ("trainer", "gpu")])
def test_every_yaml_is_composed_and_built(group, option, data_of, tmp_path, monkeypatch):
    if option in ("bloodmnist", "medmnist"):
        pytest.importorskip("medmnist", reason="the package medmnist, of the extra medmnist, is not installed")
    if option == "mlflow" and find_spec("mlflow") is None:
        pytest.skip("the extra mlflow is not installed")
    if option == "ddp" and torch.cuda.device_count() == 1:
        pytest.skip("two processes want two GPUs or none")
    monkeypatch.setattr(xla, "check", lambda accelerator, devices: None)  # as if there were a TPU
    monkeypatch.chdir(tmp_path)
    if group == "launcher" and find_spec(PLUGINS[option]) is None:
        pytest.skip(f"the extra {option} is not installed")
    chosen = [f"{group}={option}", *([f"classifiers=[{option}]"] if group == "classifier" else [])]
    source = source_by_target(composed(*chosen).data["_target_"]).name
    cfg = composed(*chosen, *SMALL, *data_of[source], "batch_size=8")  # which eight cores can share
    study = build_study(read_config(cfg))
    assert set(study.classifiers) == set(cfg.classifiers)
    assert study.build_gan(seed=1).hparams.image_size == 32
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} <= {tmp_path / "runs" / ".cache"}


@pytest.mark.parametrize("name", ["wgan_gp", "dcgan", "infogan", "info_wgan_gp"])
def test_the_recipe_for_few_images_is_that_of_r3gan_s_networks(name):
    changed = OmegaConf.load(CONF / "experiment" / "few_images.yaml").gan
    model = composed("experiment=few_images", f"gan={name}").gan
    r3gan = composed("gan=r3gan", "gan.learning_rate_decay=0.5").gan
    assert get_object(model._target_) is GANS[name]
    assert {key: model[key] for key in changed} == {key: r3gan[key] for key in changed}


def test_each_augmentation_reaches_those_it_is_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chosen = ("augmentation.gan=flips", "augmentation.classifiers=quarter_turns", "data.count=24")
    run = SplitStudy(build_study(read_config(composed(*SMALL, *map(as_override, chosen)))), 0)
    run.prepare()
    gan_data = training_job(run, "healthy", 0).data
    assert len(gan_data.augment(gan_data.sources)[0]) == 4 * len(run.split.train.of_class(0))

    class ReachedError(Exception):
        pass

    def evaluate(*_, train, augmented, **__):
        assert train.names == run.split.train.names
        assert len(augmented) == 7 * len(train)
        np.testing.assert_array_equal(
            augmented.images, AUGMENTATIONS["quarter_turns"](train.images)[1:].reshape(-1, 3, 32, 32)
        )
        raise ReachedError

    monkeypatch.setattr("leukgan.study.split_study.evaluate", evaluate)
    monkeypatch.setattr(SplitStudy, "generated", lambda self: None)
    with pytest.raises(ReachedError):
        run.classify(silent)


@pytest.mark.parametrize(("group", "option"), GROUPS)
def test_no_yaml_repeats_a_default_or_names_an_unknown_argument(group, option):
    node = OmegaConf.to_container(OmegaConf.load(CONF / group / f"{option}.yaml"))
    nodes = [(f"{group}.{option}", node)] + [(key, value) for key, value in node.items() if isinstance(value, dict)]
    for name, given in nodes:
        if "_target_" not in given:
            continue
        arguments = inspect.signature(get_object(given["_target_"])).parameters
        for key in set(given) - {"_target_", "defaults"}:
            assert key in arguments, f"{name}.{key} is no argument of {given['_target_']}"
            assert given[key] != arguments[key].default or key in SHOWN, f"{name}.{key} repeats a default"


@pytest.mark.parametrize("option", [option for group, option in GROUPS if group == "experiment"])
def test_experiments_change_something_of_the_study(option):
    given = OmegaConf.load(CONF / "experiment" / f"{option}.yaml")
    parents = [name for name in given.get("defaults", []) if isinstance(name, str)]
    parent, changed = composed(*(f"experiment={name}" for name in parents)), composed(f"experiment={option}")
    for key in set(given) - {"defaults"}:
        assert changed[key] != parent[key], f"experiment/{option}.yaml repeats {key}"


def test_experiments_start_with_their_own_command():
    for path in (CONF / "experiment").glob("*.yaml"):
        assert f"python experiments/study.py experiment={path.stem}" in path.read_text()


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "experiments").glob("*.py")))
def test_help_explains_the_app_and_the_range_or_meaning_of_every_setting(name, tmp_path, capsys):
    assert run_app(name, tmp_path, "--help") == 0
    shown = capsys.readouterr().out
    assert read_help(shown).keys() == composed(command=name).keys()
    assert shown.startswith((f"{name} ", f"experiments/{name}.py "))
    assert "Powered by" not in shown
    lines = shown.partition("Settings (change any with key=value):\n\n")[2].splitlines()
    settings = [line for line in lines if not line.endswith(":") and not re.match(r" *(_target_|gan\.\w+):", line)]
    assert len(settings) > 2
    assert [line for line in settings if " # " not in line] == []
    numbers = [line for line in settings if re.match(r" *\w+: -?[\d.]+(e-?\d+)? *#", line)]
    assert [line for line in numbers if not RANGE.search(line)] == []


def test_every_number_that_a_constructor_takes_has_its_range():
    numbers = {
        (target, name): f"{argument.get('range')} {argument.get('meaning')}"
        for target, arguments in ARGUMENTS.items()
        for name, argument in arguments.items()
        if type(argument.get("default")) in (int, float)
    }
    assert len(numbers) > 50
    assert [place for place, said in numbers.items() if not RANGE.search(said)] == []


def test_the_table_of_arguments_is_that_of_the_constructors():
    assert argument_table() == TABLE.read_text(), "run make format, which writes leukgan/arguments.json"


@pytest.mark.parametrize(
    ("group", "option"), [pair for pair in GROUPS if pair[0] not in ("callbacks", "experiment", "launcher", "sweep")]
)
def test_a_composed_config_has_every_argument_that_has_a_default(group, option):
    cfg = composed(f"{group}=[{option}]" if group == "classifier" else f"{group}={option}")
    own = OmegaConf.to_container(OmegaConf.load(CONF / group / f"{option}.yaml"))
    node, own = (cfg[group][option], own[option]) if group in ("classifier", "logger") else (cfg[group], own)
    if not node._target_.startswith("leukgan."):
        return  # Lightning's arguments change with its version
    parameters = inspect.signature(get_object(node._target_)).parameters
    assert set(parameters) - set(node) <= set(OF_THE_STUDY)
    for name in set(parameters).intersection(node) - set(own):
        default = parameters[name].default
        assert node[name] == (list(default) if isinstance(default, tuple) else default)


def test_help_shows_the_groups_and_what_a_choice_sets(tmp_path, capsys):
    own = tmp_path / "own" / "gan"
    own.mkdir(parents=True)
    shutil.copy(CONF / "gan" / "dcgan.yaml", own / "mine.yaml")
    assert run_app("study", tmp_path, "--config-dir", "own", "gan=mine", "seed=7", "--help") == 0
    shown = capsys.readouterr().out
    for group in {group for group, _ in GROUPS} - {"gan"}:
        assert f"\n  {group}: {', '.join(option for name, option in GROUPS if name == group)}\n" in shown
    assert "\n  gan: dcgan, info_wgan_gp, infogan, mine, projected, r3gan, wgan_gp\n" in shown
    assert read_help(shown).gan._target_ == "leukgan.gans.DCGAN"
    assert read_help(shown).seed == 7


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--help"], ["--version"], ["--cfg", "job"]),
        *(["gan=wgangp"], ["sed=1"], ["gan.n_critc=1"], ["trainer.max_tim=00:01:00:00"]),
    ],
)
def test_help_and_typos_need_no_torch(arguments):
    """Nor pandas, nor scikit-learn: importing them takes most of the seconds that a command needs to start."""
    code = "import runpy, sys, atexit; atexit.register(lambda: print(*sorted(sys.modules)));"
    code += f"sys.argv = ['study.py', *{arguments}]; runpy.run_path('{ROOT}/experiments/study.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "hydra" in loaded
    assert not loaded & {"torch", "torchvision", "lightning", "sklearn", "scipy", "pandas", "numpy", "matplotlib"}


def test_apps_are_about_fifty_lines_without_tensors():
    for path in (ROOT / "experiments").glob("*.py"):
        text = Path(path).read_text()
        assert text.count("\n") <= 60
        assert "torch" not in text


@pytest.mark.parametrize("option", [option for group, option in GROUPS if group == "sweep"])
def test_short_trials_of_a_sweep_draw_from_an_average_that_moves(option):
    assert composed(f"sweep={option}").gan.ema_warmup
    assert not composed(f"sweep={option}", "gan.ema_warmup=false").gan.ema_warmup
    assert not composed().gan.ema_warmup
