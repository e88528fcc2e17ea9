"""Laws of damaged run folders: a sentence names the file and what to delete, after which all ends as undamaged."""

import os
import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from quick_study import be_quick, load_study
from report.synthetic_runs import edit_provenance

from leukgan.errors import InputError, explain
from leukgan.report.memorisation import read_pairs
from leukgan.report.reading import read_run
from leukgan.run_folder.files import read_rows
from leukgan.run_folder.paths import CLASSIFIED, MEASURED
from leukgan.study.audit import audit

SPLIT = Path("runs/toy/split-00")
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
DEEP = "[" * 100_000

MEASURED_TABLES = tuple(f"{name}.csv" for name in MEASURED)
TABLES = (*MEASURED_TABLES, *(f"{name}.csv" for name in CLASSIFIED))
TRAINED = ("last.ckpt", "last.ckpt.sha256", "best.ckpt", "best.ckpt.sha256", "metrics.csv", "kid.csv", "speed.csv")
PICTURES = tuple(f"copies/healthy/{kind}_0{of}.png" for kind in ("generated", "held-out") for of in ("", "_training"))
FILES = (  # one of each kind that a split has
    *("config.yaml", "provenance.json", "split.json", "status.json", "lock", *TABLES),
    *(f"gan/healthy/{name}" for name in (*TRAINED, "interpolation.png", "samples/step_000004.png")),
    *("generated/healthy/manifest.csv", "generated/healthy/healthy_00000.png", "real/healthy/00.png"),
    *PICTURES,
)


@pytest.fixture(scope="module")
def run():
    """Run the study in a folder, with changes; the sentence that it ends with, or None if it is done."""
    main, config = load_study()

    def run_study(folder, **changes):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            try:
                main(replace(config, **changes))
            except Exception as error:
                sentence = explain(error)
                if sentence is None:
                    raise
                return sentence
        return None

    with pytest.MonkeyPatch.context() as patch:
        be_quick(patch)
        yield run_study


@pytest.fixture(scope="module")
def study(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    assert run(folder) is None
    return folder


@pytest.fixture
def folder(study, tmp_path):
    shutil.copytree(study, tmp_path, dirs_exist_ok=True)
    return tmp_path


class Command:
    """What a pickle runs that is loaded unseen."""

    def __reduce__(self):
        return os.mkdir, ("let-in",)


def hostile(path):
    if path.suffix == ".json":
        return DEEP.encode()
    return BOMB.encode() if path.suffix == ".yaml" else pickle.dumps(Command())


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes(byte ^ 1 for byte in content[middle : middle + 1]) + content[middle + 1 :]


DAMAGES = {
    "empty": lambda path: b"",
    "cut": lambda path: path.read_bytes()[: path.stat().st_size // 2],
    "changed": lambda path: flipped(path.read_bytes()),
    "hostile": hostile,
    "gone": None,
}


def damage(path, how):
    if DAMAGES[how] is None:
        path.unlink()
    else:
        path.write_bytes(DAMAGES[how](path))


def mend(run, folder):
    """Run the study, each time deleting what its sentence names, until it is done; the names of what was deleted."""
    deleted = []
    while (sentence := run(folder)) is not None:
        named = re.search(r"delete (?:the folder )?(runs/\S+?)(?:,|\.$)", sentence)
        assert named, sentence
        assert len(sentence) < 400
        path = folder / named[1]
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        deleted.append(named[1].removeprefix(f"{SPLIT}/"))
        assert len(deleted) < 10
    return deleted


def names(folder):
    return {path.relative_to(folder) for path in (folder / SPLIT).rglob("*")}


def scores(folder):
    return (folder / SPLIT / "scores.csv").read_bytes()


def test_every_kind_of_file_is_damaged_here(study):
    def kind(name):
        return re.sub(r"\d+", "0", str(name).replace("leukemia", "healthy"))

    found = {name.relative_to(SPLIT) for name in names(study) if (study / name).is_file()}
    assert {kind(name) for name in found} == {kind(name) for name in FILES}


def often(number, place):
    """Whether a case runs with every change: each file has one kind of damage, but for those that take long to mend."""
    long = (*MEASURED_TABLES[1:], *(f"gan/healthy/{name}" for name in (*TRAINED[1:4], "samples/step_000004.png")))
    return number % len(DAMAGES) == place and FILES[number] not in (*long, *PICTURES[1:])


CASES = [
    pytest.param(name, how, marks=() if often(number, place) else pytest.mark.long)
    for number, name in enumerate(FILES)
    for place, how in enumerate(DAMAGES)
]


@pytest.mark.parametrize(("name", "how"), CASES)
def test_any_damage_to_any_file_is_mended_by_what_the_sentences_say(run, study, folder, name, how):
    damage(folder / SPLIT / name, how)
    mend(run, folder)
    assert scores(folder) == scores(study)
    assert names(folder) == names(study) or how == "gone"  # what no stage reads again stays away
    assert not (folder / "let-in").exists()


def test_a_missing_picture_is_named_with_the_table_that_brings_it_along(folder):
    split = folder / SPLIT
    (split / "copies" / "healthy" / "generated_0.png").unlink()
    with pytest.raises(InputError, match=rf"generated_0.png is damaged \(it is missing\); delete {split}/copies.csv, "):
        read_pairs(split / "copies" / "healthy", "generated", read_rows(split / "copies.csv"))


def test_everything_but_trainings_is_mended_without_training(run, study, folder, monkeypatch):
    monkeypatch.setattr("leukgan.study.split_study.train_in_parallel", None)
    split = folder / SPLIT
    damage(split / "config.yaml", "cut")
    damage(split / "split.json", "hostile")
    damage(split / "status.json", "empty")
    damage(split / "real" / "healthy" / "00.png", "changed")
    damage(split / "generated" / "leukemia" / "leukemia_00000.png", "changed")
    damage(split / "generated" / "healthy" / "manifest.csv", "cut")
    damage(split / "scores.csv", "cut")
    damage(split / "quality.csv", "gone")
    assert mend(run, folder) == ["config.yaml", "split.json", "real", "generated/leukemia"]
    assert scores(folder) == scores(study)


@pytest.mark.parametrize("name", ["metrics.csv", "kid.csv"])
def test_a_curve_with_other_columns_is_damaged(run, folder, name):
    path = folder / SPLIT / "gan" / "healthy" / name
    path.write_text(path.read_text().replace("_", "-"))
    assert run(folder).startswith(
        f"{SPLIT}/gan/healthy/{name} is damaged (it is not the file that was written); delete "
    )


@pytest.mark.parametrize("name", ["provenance.json", "scores.csv", "real/healthy/00.png"])
def test_a_pipe_is_not_waited_for(run, study, folder, name):
    (folder / SPLIT / name).unlink()
    os.mkfifo(folder / SPLIT / name)
    assert run(folder).startswith(f"{SPLIT}/{name} is damaged (it is no file); delete ")


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        *(('"seed": 0', '"seed": 1'), ('"critic_width": 4', '"critic_width": 5')),
        *(('"protocol": "clean"', '"protocol": "paper"'), ('"code_version": "', '"code_version": "1')),
        *(('"test": {\n        "healthy": 4', '"test": {\n        "healthy": 5'), ('"scores": "', '"scores": "0')),
    ],
)
def test_a_value_that_was_changed_in_provenance_passes_into_nothing(run, study, folder, found, changed):
    """Neither into a continued study, nor into a report or its audit; trainings are not done again for it."""
    path, trained = folder / SPLIT / "provenance.json", folder / SPLIT / "gan" / "healthy" / "last.ckpt"
    content, before = path.read_text(), trained.stat().st_ino
    path.write_text(content.replace(found, changed))
    assert path.read_text() != content

    sentence = f"{SPLIT}/provenance.json is damaged (it is not the file that was written); delete {SPLIT}/provenance.j"
    assert run(folder).startswith(sentence)
    for read, place in ((read_run, folder / "runs" / "toy"), (audit, folder / SPLIT)):
        with pytest.raises(InputError, match=r"provenance\.json is damaged \(it is not the file that was written\)"):
            read(place)

    assert mend(run, folder) == ["provenance.json"]
    assert scores(folder) == scores(study)
    assert trained.stat().st_ino == before


def test_trainings_without_provenance_are_continued_with_their_settings_alone(run, folder):
    (folder / SPLIT / "provenance.json").unlink()
    _, config = load_study()
    sentence = run(folder, gan={**config.gan, "critic_learning_rate": 0.1})
    assert (
        sentence
        == f"{SPLIT} was made with other settings (gan.critic_learning_rate); give another name= or delete the folder."
    )
    (folder / SPLIT / "config.yaml").unlink()
    assert run(folder).endswith(f"or delete the folder {SPLIT}.")


def test_another_gan_s_checkpoint_with_its_digest_draws_nothing(run, folder):
    gans = folder / SPLIT / "gan"
    for name in ("best.ckpt", "best.ckpt.sha256"):
        shutil.copy(gans / "leukemia" / name, gans / "healthy" / name)
    shutil.rmtree(folder / SPLIT / "generated" / "healthy")
    assert f"{SPLIT}/gan/healthy/best.ckpt is damaged (it is not the file that was written)" in run(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("provenance.json", content) for content in ('{"chain"', "[1]", '{"data": {}, "chain": 1}')),
        *(("config.yaml", content) for content in ("a: [", BOMB, "- 1", "")),
        ("split.json", "{}"),
    ],
)
def test_a_damaged_file_is_named_with_its_remedy(run, folder, name, content):
    """Also where the chain of hashes is too old to know the file."""
    edit_provenance(folder / SPLIT, lambda provenance: provenance["chain"].pop("config"))
    (folder / SPLIT / name).write_text(content)
    sentence = run(folder)
    assert sentence.startswith(f"{SPLIT}/{name} is damaged")
    assert "delete runs/toy/split-00" in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("change", [lambda chain: chain.pop("config"), lambda chain: chain.update(config="0" * 64)])
def test_settings_that_nobody_knows_any_more_are_a_sentence(run, folder, change):
    """Of an older folder, whose chain lacks them, or with other settings than now."""
    edit_provenance(folder / SPLIT, lambda provenance: change(provenance["chain"]))
    (folder / SPLIT / "config.yaml").unlink()
    sentence = run(folder)
    assert "config.yaml is missing, and these settings do not make it" in sentence
    assert sentence.endswith("or delete the folder runs/toy/split-00.")


def test_a_half_done_training_does_not_continue_from_damage(run, folder):
    """As a kill leaves it: files of a training that the chain does not know yet."""
    split = folder / SPLIT
    for link in ("gan", "best", "metrics", "kid"):
        edit_provenance(split, lambda provenance, link=link: provenance["chain"][link].pop("healthy"))
    (split / "gan" / "healthy" / "best.ckpt").unlink()
    assert "gan/healthy/best.ckpt is missing; delete the folder runs/toy/split-00/gan/healthy" in run(folder)
