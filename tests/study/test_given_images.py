"""Laws of a study of images that another generator made: from its folder to the report, with what is known of it."""

import json
import shutil

import pandas as pd
import pytest
from apps import TOY, refusal_of, run_app
from PIL import Image
from report.synthetic_runs import edit_provenance

from leukgan.data.sources.smears import render_smears
from leukgan.run_folder.files import sha256_of
from leukgan.study.audit import LeakError, audit

CLASSES = ("healthy", "leukemia")
SHORT = (*TOY, "classifiers=[svm]", "training_sets=[real,real+gen]", "name=toy")
SPLIT = "generated.split_file=runs/mine/split-{index:02d}/split.json"


def write_given(folder, per_class=8, seed=5, image_size=40, kind="png"):
    """Rendered smears of another seed than the study's, in a folder for each class."""
    cells = render_smears(image_size=32, count=2 * per_class, seed=seed)
    for label, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for number, pixels in enumerate(cells.of_class(label).images):
            image = Image.fromarray(pixels.transpose(1, 2, 0)).resize((image_size, image_size))
            image.save(folder / name / f"seed{number:04d}.{kind}")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the splits of a study called mine, and given images."""
    folder = tmp_path_factory.mktemp("given")
    assert run_app("split", folder, *TOY, "name=mine", "split.count=2", "output=training") == 0
    write_given(folder / "images")
    return folder


@pytest.fixture(scope="module")
def unknown(folder, tmp_path_factory):
    """A finished study of images of which nobody has said what their generator learned from."""
    copy = tmp_path_factory.mktemp("unknown")
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    assert run_app("study", copy, *SHORT, "generated=images") == 0
    return copy / "runs" / "toy"


def test_a_folder_of_images_goes_to_a_report_that_says_unknown_first(unknown):
    text = (unknown / "report.html").read_text()
    assert text.partition("<main>")[2].lstrip().startswith('<p class="banner">UNVERIFIED: leakage into the test part')
    assert set(pd.read_csv(unknown / "split-00" / "scores.csv")["protocol"]) == {"unverified"}
    for name in ("table2", "tests", "quality", "copies"):
        assert "UNVERIFIED" in (unknown / "tables" / f"{name}.md").read_text()


def test_no_gan_is_shown_where_none_was_trained(unknown):
    assert not (unknown / "split-00" / "gan").exists()
    assert not list((unknown / "figures").glob("gan_*"))
    text = (unknown / "report.html").read_text()
    assert "How the GANs trained" not in text
    assert "Another generator made the images" in text
    assert (unknown / "figures" / "closest_pairs_leukemia_test.png").exists()


def test_the_chain_holds_what_was_given(unknown, folder):
    split = unknown / "split-00"
    given = json.loads((split / "provenance.json").read_text())["generated"]
    assert (given["root"], given["trained_on"], given["counts"]) == ("images", "unknown", dict.fromkeys(CLASSES, 6))
    manifest = pd.read_csv(split / "generated" / "leukemia" / "manifest.csv")
    assert manifest["source"].tolist() == [f"leukemia/seed{number:04d}.png" for number in range(6)]
    assert manifest["source_sha256"].tolist() == [sha256_of(folder / "images" / name) for name in manifest["source"]]
    found = audit(split)
    assert found.absent == ()
    assert any("6 images of another generator, of which nobody has said" in link for link in found.held)


def test_memorisation_is_measured_against_test_images_too(unknown):
    copying = pd.read_csv(unknown / "split-00" / "copying.csv")
    assert sorted(zip(copying["class"], copying["against"], strict=True)) == [
        (name, against) for name in CLASSES for against in ("test", "training")
    ]
    assert not copying["alarm"].any()


def test_the_same_command_does_nothing_twice_and_other_images_are_refused(unknown):
    run, split = unknown.parents[1], unknown / "split-00"
    before = {path: path.stat().st_mtime_ns for path in split.rglob("*") if path.is_file()}
    assert run_app("study", run, *SHORT, "generated=images") == 0
    assert {path.name for path, time in before.items() if path.stat().st_mtime_ns != time} <= {"status.json"}

    write_given(run / "others", seed=6)
    sentence = refusal_of("study", run, *SHORT, "generated=others")
    assert "toy/split-00 was made from other images than generated=others has now" in sentence


def test_a_copied_test_image_alarms_though_the_generator_learned_from_the_training_part(folder, tmp_path, capsys):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    name = json.loads((tmp_path / "runs/mine/split-00/split.json").read_text())["test"][0]["image"]
    cells = render_smears(image_size=32, count=24, seed=0)
    copied = Image.fromarray(cells.images[cells.names.index(name)].transpose(1, 2, 0))
    copied.save(tmp_path / "images" / "healthy" / "seed0003.jpg", quality=80)
    (tmp_path / "images" / "healthy" / "seed0003.png").unlink()
    arguments = (*SHORT, "generated=images", "generated.trained_on=split", SPLIT.replace("{index:02d}", "00"))
    assert run_app("study", tmp_path, *arguments) == 1

    said = f"1 of 6 images of healthy show a test image, such as healthy/seed0003.jpg showing {name}"
    assert said in capsys.readouterr().err
    run = tmp_path / "runs" / "toy"
    text = (run / "report.html").read_text()
    assert "Copies of test images:" in text
    assert "UNVERIFIED" not in text
    assert set(pd.read_csv(run / "split-00" / "scores.csv")["protocol"]) == {"clean"}
    assert any("trained on the training part as its user says" in link for link in audit(run / "split-00").held)


def test_the_commands_in_order_make_what_the_study_makes(unknown, folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for command in ("generate", "classify"):
        assert run_app(command, tmp_path, *SHORT, "generated=images") == 0
    for name in ("scores.csv", "quality.csv", "copies.csv", "generated/healthy/manifest.csv"):
        ours = tmp_path / "runs" / "toy" / "split-00" / name
        assert ours.read_bytes() == (unknown / "split-00" / name).read_bytes()


def test_a_page_to_pick_from_shows_the_images_of_the_run(unknown):
    assert run_app("review", unknown.parents[1], "name=toy") == 0
    text = (unknown / "review" / "pick.html").read_text()
    assert "leukemia/seed0005.png" in text


def test_images_may_be_chosen_among_those_given(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    chosen = ("generation.selection=diverse", "generation.per_class=2", "generation.candidates=4")
    assert run_app("generate", tmp_path, *SHORT, "generated=images", *chosen) == 0
    manifest = pd.read_csv(tmp_path / "runs" / "toy" / "split-00" / "generated" / "healthy" / "manifest.csv")
    assert len(manifest) == 2
    assert manifest["source"].tolist() == [f"healthy/seed{index:04d}.png" for index in manifest["index"]]


def test_each_split_takes_its_own_images_by_its_own_proof_and_of_one_class_if_asked(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for number, name in enumerate(("split-00", "1")):
        write_given(tmp_path / "theirs" / name, seed=7 + number)
    proof = ("generated=theirs", "generated.trained_on=split", SPLIT, "split.count=2")
    assert run_app("generate", tmp_path, *SHORT, *proof, "generation.per_class={leukemia: 4, healthy: 0}") == 0
    for number, name in enumerate(("split-00", "1")):
        split = tmp_path / "runs" / "toy" / f"split-{number:02d}"
        manifest = pd.read_csv(split / "generated" / "leukemia" / "manifest.csv")
        assert manifest["source"].tolist() == [f"{name}/leukemia/seed{index:04d}.png" for index in range(4)]
        assert not (split / "generated" / "healthy").exists()
        provenance = json.loads((split / "provenance.json").read_text())
        assert provenance["generated"]["split_sha256"] == provenance["chain"]["split"]


def test_a_sweep_over_folders_makes_a_study_of_each(tmp_path):
    write_given(tmp_path / "first")
    write_given(tmp_path / "second", seed=6)
    arguments = (*SHORT, "classifiers=[]", "generated=first,second")
    assert run_app("study", tmp_path, "-m", *arguments) == 0
    for trial, root in (("trial-000", "first"), ("trial-001", "second")):
        provenance = tmp_path / "runs" / "toy" / trial / "split-00" / "provenance.json"
        assert json.loads(provenance.read_text())["generated"]["root"] == root


def test_a_generator_of_another_split_is_refused(folder):
    proof = ("generated=images", "generated.trained_on=split", SPLIT.replace("{index:02d}", "01"))
    sentence = refusal_of("study", folder, *SHORT, *proof)
    assert "split-01/split.json is not the split 0 of this study: its training part has" in sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generated=nowhere"], "generated=nowhere is no folder and no csv file"),
        (["generated=images", "generation.per_class=20"], "generated=images has 8 images of healthy and 20 are needed"),
        (["generated=images", "protocol=paper"], "protocol=paper is for GANs that leukgan trains"),
        (["generated=images", "gans_from=mine"], "gans_from=mine and generated= are two origins"),
        (["generated=images", "generation.selection=critic"], "must be random or realism or diverse, got 'critic'"),
        (["generated=images", "generated.trained_on=split"], "trained_on=split needs the split.json"),
        (["generated.trained_on=split"], "give the folder too"),
        (["generated=images", "generated.split_file=x"], "add generated.trained_on=split, or leave it out"),
        (["generated=images", "generated.trained_on=all"], "generated.trained_on must be unknown or split, got 'all'"),
        (["generated=images", "generated.trained_on=split", SPLIT], "has the same images for every split"),
        (["generated=images", "generated.trained_on=split", "generated.split_file=images"], "as a split.json"),
    ],
)
def test_images_that_can_not_be_used_are_refused_before_any_work(folder, arguments, said):
    assert said in refusal_of("study", folder, *SHORT, *arguments)


def test_an_unreadable_image_is_refused_before_any_work(folder, tmp_path):
    write_given(tmp_path / "images")
    (tmp_path / "images" / "leukemia" / "seed0002.png").write_bytes(b"no image")
    assert "seed0002.png is no image" in refusal_of("study", tmp_path, *SHORT, "generated=images")


@pytest.mark.parametrize("command", ["train_gan", "search"])
def test_given_images_leave_no_gan_to_train(folder, command):
    assert "generated=images leaves no GAN to train" in refusal_of(command, folder, *SHORT, "generated=images")


def test_the_audit_takes_no_unknown_generator_for_a_known_one(unknown, tmp_path):
    shutil.copytree(unknown / "split-00", tmp_path / "split-00")
    for known, said in (("unknown", "unknown generator in a split of protocol=clean"), ("split", "by another split")):
        given = {"trained_on": known, "split_sha256": "0" * 64}
        edit_provenance(tmp_path / "split-00", lambda provenance, given=given: provenance["generated"].update(given))
        edit_provenance(tmp_path / "split-00", lambda provenance: provenance.update(protocol="clean"))
        with pytest.raises(LeakError, match=said):
            audit(tmp_path / "split-00")


def test_split_writes_exactly_the_training_images_for_another_generator(folder, capsys):
    for index in (0, 1):
        split = folder / "runs" / "mine" / f"split-{index:02d}"
        train = json.loads((split / "split.json").read_text())["train"]
        files = {path.stem.partition("_")[2] for path in (folder / "training" / split.name).rglob("*.png")}
        assert files == {entry["image"].partition(".")[0] for entry in train}

    (folder / "training" / "split-00" / "healthy" / "other.png").write_bytes(b"")
    assert run_app("split", folder, *TOY, "name=mine", "split.count=2", "output=training") == 1
    assert "output=training/split-00 holds healthy/other.png" in capsys.readouterr().err
    (folder / "training" / "split-00" / "healthy" / "other.png").unlink()
