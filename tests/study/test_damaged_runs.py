"""Laws of damaged run folders: a sentence names the file and what to delete, after which all ends as undamaged."""

import json
import re
import shutil
from pathlib import Path

import pytest
from apps import TOY, refusal_of, run_app

STUDY = (
    *(part for part in TOY if not part.startswith("classifier.vgg16")),
    *("name=toy", "classifiers=[logistic_regression]", "training_sets=[real,real+gen]", "generator_steps=4"),
    *("data.count=32", "split.validation_fraction=0.3"),
)
SPLIT = Path("runs/toy/split-00")
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
DEEP = "[" * 100_000


@pytest.fixture(scope="module", autouse=True)
def powerful():
    """Let the distance in pixels choose the best checkpoint."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leukgan.study.split_study.kid_sees_faults", lambda *_: True)
        yield


@pytest.fixture(scope="module")
def study(powerful, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    assert run_app("study", folder, *STUDY) == 0
    return folder


@pytest.fixture
def folder(study, tmp_path):
    shutil.copytree(study, tmp_path, dirs_exist_ok=True)
    return tmp_path


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def mend(folder, capsys):
    """Run the study, each time deleting what its sentence names, until it is done; the names of what was deleted."""
    deleted = []
    while run_app("study", folder, *STUDY) != 0:
        error = capsys.readouterr().err.splitlines()[-1]
        named = re.search(r"delete (?:the folder )?(runs/\S+?),", error)
        assert named, error
        path = folder / named[1]
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        deleted.append(named[1].removeprefix(f"{SPLIT}/"))
        assert len(deleted) < 10
    return deleted


def scores(folder):
    return (folder / SPLIT / "scores.csv").read_bytes()


def test_everything_but_trainings_is_mended_without_training(study, folder, capsys, monkeypatch):
    monkeypatch.setattr("leukgan.study.split_study.train_in_parallel", None)
    split = folder / SPLIT
    cut(split / "config.yaml")
    (split / "split.json").write_text(DEEP)
    (split / "status.json").write_text("")
    flip(next(split.glob("real/healthy/*.png")))
    flip(next(split.glob("generated/leukemia/*.png")))
    cut(split / "generated" / "healthy" / "manifest.csv")
    cut(split / "scores.csv")
    (split / "quality.csv").unlink()
    assert mend(folder, capsys) == ["config.yaml", "split.json", "real", "generated/leukemia"]
    assert scores(folder) == scores(study)


def test_damaged_trainings_are_trained_anew(study, folder, capsys):
    split = folder / SPLIT
    flip(split / "gan" / "healthy" / "best.ckpt")
    cut(split / "gan" / "leukemia" / "last.ckpt")
    assert sorted(mend(folder, capsys)) == ["gan/healthy", "gan/leukemia"]
    assert scores(folder) == scores(study)


def test_another_gan_s_checkpoint_with_its_digest_draws_nothing(folder):
    gans = folder / SPLIT / "gan"
    for name in ("best.ckpt", "best.ckpt.sha256"):
        shutil.copy(gans / "leukemia" / name, gans / "healthy" / name)
    shutil.rmtree(folder / SPLIT / "generated" / "healthy")
    sentence = refusal_of("generate", folder, *STUDY)
    assert f"{SPLIT}/gan/healthy/best.ckpt is damaged (it is not the file that was written)" in sentence


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("provenance.json", content) for content in ('{"chain"', "[1]", DEEP, '{"data": {}, "chain": 1}')),
        *(("config.yaml", content) for content in ("a: [", BOMB, "- 1", "")),
        ("split.json", "{}"),
    ],
)
def test_a_damaged_file_is_named_with_its_remedy(folder, name, content):
    """Also where the chain of hashes is too old to know the file."""
    provenance = json.loads((folder / SPLIT / "provenance.json").read_text())
    del provenance["chain"]["config"]
    (folder / SPLIT / "provenance.json").write_text(json.dumps(provenance))
    (folder / SPLIT / name).write_text(content)
    sentence = refusal_of("study", folder, *STUDY)
    assert sentence.startswith(f"error: {SPLIT}/{name} is damaged")
    assert "delete runs/toy/split-00" in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("change", [lambda chain: chain.pop("config"), lambda chain: chain.update(config="0" * 64)])
def test_settings_that_nobody_knows_any_more_are_a_sentence(folder, change):
    """Of an older folder, whose chain lacks them, or with other settings than now."""
    path = folder / SPLIT / "provenance.json"
    provenance = json.loads(path.read_text())
    change(provenance["chain"])
    path.write_text(json.dumps(provenance))
    (folder / SPLIT / "config.yaml").unlink()
    sentence = refusal_of("study", folder, *STUDY)
    assert "config.yaml is missing, and these settings do not make it" in sentence
    assert sentence.endswith("or delete the folder runs/toy/split-00.\n")


def test_a_half_done_training_does_not_continue_from_damage(folder, capsys):
    """As a kill leaves it: files of a training that the chain does not know yet."""
    split = folder / SPLIT
    provenance = json.loads((split / "provenance.json").read_text())
    for link in ("gan", "best", "metrics", "kid"):
        del provenance["chain"][link]["healthy"]
    (split / "provenance.json").write_text(json.dumps(provenance))
    (split / "gan" / "healthy" / "best.ckpt").unlink()
    assert run_app("study", folder, *STUDY) == 1
    error = capsys.readouterr().err
    assert "gan/healthy/best.ckpt is missing; delete the folder runs/toy/split-00/gan/healthy" in error
