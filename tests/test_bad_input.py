import shutil
from collections import namedtuple

import pytest
import torch
from apps import FEATURES, ROOT, TOY, refusal_of, run_app, write_tiffs
from omegaconf import OmegaConf
from report.synthetic_runs import edit_provenance

from leukgan.data.sources.smears import render_smears
from leukgan.study import SplitStudy

NO_COUNT = tuple(argument for argument in TOY if not argument.startswith("data.count"))


@pytest.fixture
def cells(tmp_path):
    return write_tiffs(tmp_path / "cells", per_class=8)


@pytest.fixture
def refuses(tmp_path):
    """The sentence with which a study on toy settings refuses its arguments."""
    return lambda *arguments, toy=TOY: refusal_of("study", tmp_path, *toy, *arguments)


@pytest.mark.parametrize(
    "override",
    [
        "generated=~nobody_has_this_name/images",
        "classifier.weights=~nobody_has_this_name/vgg16.pth",
        "data.external={clinic: ~nobody_has_this_name/cells}",
        "split.file=~nobody_has_this_name/split.json",
    ],
)
def test_the_home_of_a_user_that_there_is_not(refuses, override):
    assert "~nobody_has_this_name/" in refuses(override)


@pytest.mark.parametrize(
    "override",
    [
        "+anything=1",
        "data.imagesize=32",
        "gan.seed=3",
        "logger.csv.projekt=cells",
        "classifier.svm.c=2",
        "+classifier.tree=2",
        "quality.stray=1",
    ],
)
def test_unknown_key(refuses, override):
    key = override.lstrip("+").partition("=")[0]
    assert key.rpartition(".")[2] in refuses(override)


@pytest.mark.parametrize(
    ("override", "nearest"),
    [
        ("sed=1", "seed"),
        ("split.cuont=2", "split.count"),
        ("gan.n_critc=5", "gan.n_critic"),
        ("trainer.precison=auto", "trainer.precision"),
        ("trainer.max_tim=00:01:00:00", "trainer.max_time"),
        ("classifier.svm.sise=2", "classifier.svm.size"),
        ("classifier.wieghts=random", "classifier.weights"),
        ("+sead=2", "seed"),
    ],
)
def test_unknown_key_is_answered_with_the_nearest(refuses, override, nearest):
    key = override.lstrip("+").partition("=")[0]
    assert f"there is no setting '{key}'; did you mean {nearest}? --help lists all settings." in refuses(override)


def test_unknown_key_in_an_experiment_file(tmp_path, refuses, monkeypatch):
    conf = tmp_path / "conf"
    shutil.copytree(ROOT / "conf", conf)
    (conf / "experiment" / "typo.yaml").write_text("# @package _global_\ngenerator_setps: 3\n")
    monkeypatch.setattr("leukgan.cli.CONF", str(conf))
    assert "generator_setps" in refuses("experiment=typo")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("data.image_size=big", "data.image_size"),
        ("data=pictures", "pictures"),
        ("protocol=dirty", "clean or paper"),
        ("augmentation=${seed}", "augmentation holds several settings"),
        ("split=${augmentation}", "split holds several settings"),
        ("quality.features=${seed}", "quality.features holds several settings"),
        ("classifiers=[tree]", "'tree'"),
        ("training_sets=[real+more]", "'real+more'"),
        ("generation.selection=best", "'best'"),
        ("generator_steps=0", "at least 1"),
        ("generator_steps=many", "generator_steps"),
        ("generator_time=10", "generator_time must be a time such as 90s, 10min or 1h30min, got '10'"),
        ("split.validation_fraction=1", "split.validation_fraction must be 0 or more and below 1, got 1.0"),
        ("split.indices=[-1]", "split.indices"),
        ("split.train_per_class=0", "split.train_per_class must be at least 1, got 0"),
        ("split.group_blocks=0", "split.group_blocks must be at least 1, got 0"),
        ("split.file='/nowhere/{index:02d}.csv'", "the split /nowhere/00.csv can't be read"),
        ("augmentation.gan=bad", "augmentation.gan must be none, flips, quarter_turns, rotations, orbit, got 'bad'"),
        ("augmentation.classifiers=bad", "augmentation.classifiers must be none, flips, "),
        ("augmentation.classifiers=none", "augmentation.classifiers=none leaves nothing for training sets with +aug"),
        ("augmentation.both=none", "there is no setting 'augmentation.both'"),
        ("gan.augmentation=[rotation]", "gan.augmentation must be a list of translation, cutout, colour"),
        ("training_sets=[]", "training_sets must name at least one"),
        ("training_sets=[real,real]", "each once"),
        ("batch_size=1", "batch_size must be at least 2"),
        ("seed=-1", "seed must be at least 0, got -1"),
        ("data.seed=-1", "data.seed must be at least 0, got -1"),
        ("classifier.vgg16.seed=-1", "classifier.vgg16.seed must be 0 or more, got -1"),
        ("trials=0", "trials must be at least 1, got 0"),
        ("trainer.log_every=0", "trainer.log_every must be at least 1"),
        ("gan.image_size=64", "set data.image_size alone"),
        ("name=../elsewhere", "name"),
        ("name=a/split-00", "a trial's must not start with split-"),
    ],
)
def test_impossible_value(refuses, override, words):
    assert words in refuses(override)


def test_weights_of_another_network(tmp_path, refuses):
    torch.save(torch.nn.Linear(3, 2).state_dict(), tmp_path / "linear.pth")
    assert "is not VGG16's" in refuses(f"classifier.weights={tmp_path / 'linear.pth'}")


def test_full_disk_is_said_before_any_work(refuses, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("leukgan.run_folder.files.shutil.disk_usage", lambda path: usage(2**40, 2**40 - 2**20, 2**20))
    assert "has 1 MiB free" in refuses()


def test_disk_that_fills_up_while_writing_is_a_sentence(tmp_path, capsys, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("leukgan.study.split_study.write_atomic", full)
    assert run_app("study", tmp_path, *TOY) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: No space left on device: runs/")


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """Runs a command that writes a split and trains nothing, and returns its exit code."""
    monkeypatch.setattr(SplitStudy, "train_gans", lambda *_, **__: None)
    return lambda *arguments: run_app("train_gan", tmp_path, *arguments)


def test_a_run_folder_of_other_settings(prepare, capsys):
    assert prepare(*TOY) == 0
    for changed, key in (
        ("gan.penalty_weight=1", "gan.penalty_weight"),
        ("data.seed=5", "data.seed"),
        ("augmentation.gan=flips", "augmentation.gan"),
        ("split.group_blocks=1", "split.group_blocks"),
        ("split.train_per_class=5", "split.train_per_class"),
    ):
        assert prepare(*TOY, changed) == 1
        assert f"was made with other settings ({key})" in capsys.readouterr().err


def test_a_run_folder_whose_config_holds_only_what_was_typed(prepare, tmp_path):
    """As folders of earlier versions do, with no hash of it: the constructors' defaults are the same then as now."""
    assert prepare(*TOY) == 0
    path = tmp_path / "runs" / "study" / "split-00" / "config.yaml"
    config = OmegaConf.load(path)
    assert config.gan.betas == [0.5, 0.9]
    for key in ("betas", "critic_dropout"):
        del config.gan[key]
    del config.classifier.svm.C
    OmegaConf.save(config, path)
    edit_provenance(path.parent, lambda provenance: provenance["chain"].pop("config"))
    assert prepare(*TOY) == 0


def test_images_exchanged_since_the_last_run(prepare, cells, capsys):
    arguments = (*NO_COUNT, "data=all_idb2", f"data.root={cells}")
    assert prepare(*arguments) == 0
    first, second, *_ = sorted(cells.glob("*_1.tif"))
    first.write_bytes(second.read_bytes())
    assert prepare(*arguments) == 1
    assert "was made from other images" in capsys.readouterr().err


def write_split(path, first_test):
    """A split file of the toy smears, of which every fourth of each class from `first_test` is tested."""
    names = render_smears(image_size=32, count=24).names
    rows = [f"{name},{'test' if i // 2 % 4 == first_test else 'train'}" for i, name in enumerate(names)]
    path.write_text("\n".join(["image,part", *rows]))


def test_a_run_folder_of_another_split(prepare, tmp_path, capsys):
    path = tmp_path / "mine.csv"
    write_split(path, first_test=0)
    arguments = (*TOY, f"split.file={path}")
    for _ in range(2):
        assert prepare(*arguments) == 0
    write_split(path, first_test=1)
    assert prepare(*arguments) == 1
    assert "was made with another split; give another name= or delete the folder." in capsys.readouterr().err


def test_a_split_file_that_a_group_crosses(tmp_path, refuses):
    path = tmp_path / "mine.csv"
    write_split(path, first_test=0)
    message = refuses(f"split.file={path}", "split.group_blocks=4")
    assert "puts smear_0003_0 into the train part and smear_0001_0" in message


def test_report_without_a_run(tmp_path):
    assert "nothing" in refusal_of("report", tmp_path, "name=nothing")


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "experiments").glob("*.py")))
def test_no_app_takes_an_added_key(tmp_path, name):
    assert "there is no setting 'stray';" in refusal_of(name, tmp_path, "+stray=1")


def test_wrong_weights_of_classifiers_are_named_by_their_setting(refuses):
    sentence = refuses("classifier.weights=/nowhere.pth")
    assert sentence.startswith("error: classifier.weights=/nowhere.pth is not a file; give imagenet, ")


@pytest.mark.parametrize("key", ["quality.features", "quality.track_features"])
def test_wrong_weights_of_features_are_named_by_their_setting(refuses, key):
    toy = [argument for argument in TOY if argument not in FEATURES]
    target = f"{key}._target_=leukgan.features.PooledVGG16"
    sentence = refuses(target, f"+{key}.weights=/nowhere.pth", toy=toy)
    key = f"{key}.weights"
    assert sentence.startswith(f"error: {key}=/nowhere.pth is not a file; give imagenet, ")
