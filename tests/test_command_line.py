"""Laws of what users type: paths need no quotes, and Hydra's advice reaches them."""

import re
from pathlib import Path

import hydra
import pytest
from apps import ROOT, TOY, refusal_of, run_app

import leukgan
from leukgan.cli.typed import as_hydra_reads
from leukgan.errors import quoted

TEXTS = (
    "cells (1)",
    "a=b",
    "c#2",
    "zellen_ä",
    "细胞",
    "a,b",
    "it's",
    "x[1]",
    "{a: b}",
    "C:\\cells\\",
    "\\'",
    'a "b"',
    "a'b\\",
)


def composed(*arguments):
    with hydra.initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return hydra.compose("study", as_hydra_reads(arguments))


@pytest.mark.parametrize("text", TEXTS)
def test_a_path_needs_no_quotes_and_takes_them(text):
    assert composed(f"data.root={text}").data.root == text
    assert composed(f"data.root={quoted(text)}").data.root == text


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert composed("data.root=~/my cells").data.root == "/home/me/my cells"
    assert composed("data.root=~").data.root == "/home/me"


def test_plain_paths_null_and_references_stay_as_typed():
    for argument in ("classifier.weights=imagenet", "split.file=null", "split.file=${name}/split.json"):
        assert as_hydra_reads([argument])[0].removeprefix("++") == argument
    assert as_hydra_reads(["-m", "classifier.weights=random,imagenet"])[1] == "++classifier.weights=random,imagenet"


def test_names_may_have_letters_of_any_language():
    cfg = composed("name=zellen_ä", "data.classes=[gesund,Leukämie]", "training_sets=[real,'ä b']")
    assert cfg.name == "zellen_ä"
    assert cfg.data.classes == ["gesund", "Leukämie"]
    assert cfg.training_sets == ["real", "ä b"]


@pytest.mark.parametrize("text", ["1e3", "007", "2024/a", "true", "NaN", "1_000", "blast (ALL)", "gesund ä", "a.b-c"])
def test_a_name_stays_as_it_is_typed(text):
    assert composed(f"name={text}").name == text
    assert composed(f"data.classes=[0,{text}]").data.classes == ["0", text]
    assert composed(f"name='{text}'").name == text


def test_null_is_no_name_where_a_name_may_be_left_out():
    assert composed("gans_from=null").gans_from is None
    assert as_hydra_reads(["-m", "name=choice(a,b)", "name=01,b"])[1:] == ["name=choice(a,b)", "name='01',b"]


@pytest.mark.parametrize("argument", ["trainer=true", "data=null", "logger=nan", "gan=1", "classifier=[svm,false]"])
def test_a_group_takes_an_option_and_nothing_else(tmp_path, argument):
    group, _, value = argument.partition("=")
    sentence = refusal_of("study", tmp_path, argument)
    assert sentence.startswith(f"error: {group} must be one of ")
    assert sentence.endswith(f", got {value.removeprefix('[svm,').removesuffix(']')}.\n")


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("gan.generator_learning_rate=null", "gan.generator_learning_rate must be a number, got null."),
        ("gan.n_critic=true", "gan.n_critic must be a whole number, got true."),
        ("gan.optimizer_epsilon=nan", "gan.optimizer_epsilon must be at least 0.0, got nan."),
        ("gan.output_norm=1", "gan.output_norm must be true or false, got 1."),
        ("data.subtypes=35", "data.subtypes must be a list, each a text, got 35."),
        ("gan.augmentation=[cutout,null]", "gan.augmentation must be a list, each a text, got ['cutout', None]."),
        ("trainer.log_every=1.5", "trainer.log_every must be a whole number, got 1.5."),
        ("trainer.accelerator=3", "trainer.accelerator must be a text, got 3."),
        (
            "classifier.svm=3",
            "classifier.svm has settings, one of them _target_, got 3; leave it out, or set classifier.svm.<name>=.",
        ),
        ("data.count=many", "data.count must be a whole number, got 'many'."),
    ],
)
def test_a_value_of_another_kind_names_the_key_and_what_it_takes(tmp_path, argument, said):
    assert refusal_of("study", tmp_path, *TOY, argument) == f"error: {said}\n"


@pytest.mark.parametrize("argument", ["~quality", "~split.count", "gan=[]", "data=[]", "~seed"])
def test_nothing_that_is_needed_can_be_taken_away(tmp_path, argument):
    sentence = refusal_of("study", tmp_path, *TOY, argument)
    assert re.search(rf"\b{argument.strip('~=[]')}\b", sentence)


@pytest.mark.parametrize(("app", "key"), [("report", "name"), ("study", "name"), ("report", "leaky")])
def test_the_path_of_a_run_folder_is_no_name(tmp_path, app, key):
    sentence = refusal_of(app, tmp_path, "logger=csv", f"{key}=runs/toy/")
    assert sentence.endswith(f"is the path of a run folder; write its name alone, {key}=toy.\n")


@pytest.mark.parametrize("group", ["experiment", "sweep", "launcher"])
def test_null_undoes_the_choice_of_an_option(group):
    assert composed(f"{group}=null") == composed()
    assert composed("sweep=lr_grid", "sweep=null").space == {}


@pytest.mark.parametrize(
    ("argument", "advice"),
    [
        ("gan=wgangp", "choose from dcgan, info_wgan_gp, infogan, projected, r3gan, wgan_gp."),
        ("gan.betas=0.0,0.9", "'gan.betas=0.0,0.9'; 1. To use it as a list, use key=[value1,value2]; 2. To use it as"),
        ("generator_steps=1e4", "could not be converted to Integer; write generator_steps=10000\n"),
        ("training_sets=real", "error: training_sets is a list; write training_sets=[...], with commas between.\n"),
        ("gan.betas=(0,1)", """gan.betas=(0,1) can't be read; if it is a text, write "gan.betas='(0,1)'" ("""),
        ("data.classes=[a b", """data.classes=[a b can't be read; if it is a text, write "data.classes='[a b'" ("""),
        ("hydra.run.dir=elsewhere", "hydra.run.dir has no use: the run folder is runs/<name>; give another name="),
        (
            "hydra.output_subdir=here",
            "hydra.output_subdir has no use: the run folder is runs/<name>; give another name=",
        ),
        ("quick", "error: quick has no =; a setting is written key=value, as in name=mine, and --help lists all.\n"),
        (
            "callbacks=[early]",
            "'callbacks/early'; choose from early_stopping, learning_rate_monitor, model_checkpoint.\n",
        ),
        ("logger=[csv,nothing]", "'logger/nothing'; choose from csv, mlflow, tensorboard, wandb.\n"),
        ("+experiment=quick", "; on the command line that is group=option, without a +\n"),
        ("+seed=3", "An item is already at 'seed'.; Either remove + prefix: 'seed=3'; Or add a second +"),
        ("gan@data=dcgan", "Could not override 'gan@data'.; Did you mean to override gan?; To append to your default"),
        (
            "--experimental-rerun=config.pickle",
            "reads a pickle, which may run any code; a run's command is in its prov",
        ),
        ("-sc", "--shell-completion needs what to do for which shell, as in --shell-completion install=bash.\n"),
        ("hydra/sweeper=optuna", "hydra/sweeper=optuna would let all jobs write to one run folder; leave it out"),
    ],
)
def test_a_refusal_says_what_to_type(tmp_path, argument, advice):
    sentence = refusal_of("study", tmp_path, argument)
    assert advice in sentence
    assert "++" not in sentence or argument[0] == "+"


def test_hydra_s_own_advice_on_a_second_plus_is_for_settings_alone(tmp_path):
    sentence = refusal_of("study", tmp_path, "++experiment=quick")
    assert sentence.endswith(
        "not supported: '++experiment=quick'; on the command line that is group=option, without a +\n"
    )


def test_a_multirun_does_not_show_a_config(tmp_path):
    said = "error: --cfg and -m ask for different things; leave out all but one.\n"
    assert refusal_of("study", tmp_path, "--cfg", "job", "-m", "seed=1,2") == said


@pytest.mark.parametrize("option", ["-m", "--multirun"])
def test_a_multirun_may_be_asked_for_anywhere(option):
    assert as_hydra_reads(["seed=1", option, "gan.n_critic=1,2"]) == [option, "seed=1", "++gan.n_critic=1,2"]


def test_an_option_with_its_value_may_stand_anywhere():
    given = ["name=mine", "--config-dir", "my conf", "seed=1", "--cfg", "job", "--resolve", "gan=mine"]
    assert as_hydra_reads(given) == [*given[1:3], *given[4:7], "name=mine", "seed=1", "gan=mine"]
    assert as_hydra_reads(["seed=1", "--info", "defaults"]) == ["--info", "defaults", "seed=1"]
    assert as_hydra_reads(["--config-dir=conf", "-m", "seed=1,2"]) == ["--config-dir=conf", "-m", "seed=1,2"]


def test_a_command_tells_the_version_of_leukgan(tmp_path, capsys):
    assert run_app("study", tmp_path, "seed=1", "--version") == 0
    assert capsys.readouterr().out == f"leukgan {leukgan.__version__}\n"


def test_glob_tries_every_option_of_a_group(tmp_path, monkeypatch, capsys):
    tried = []
    monkeypatch.setattr(
        "leukgan.study.train_gans", lambda study, *_, **__: tried.append(type(study.build_gan(1)).name) or []
    )
    assert run_app("train_gan", tmp_path, "-m", "gan=glob(*)", "objective=none", *TOY) == 1  # nothing is measured
    assert tried == sorted(path.stem for path in Path(ROOT / "conf" / "gan").glob("*.yaml"))
