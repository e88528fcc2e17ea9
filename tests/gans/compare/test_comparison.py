import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from apps import TOY, refusal_of, run_app
from PIL import Image

from leukgan.data.sources.smears import render_smears
from leukgan.features import PooledVGG16
from leukgan.gans import load_gan
from leukgan.gans.checkpoints import data_state
from leukgan.gans.compare.curves import final_mean, has_diverged, lead_by_step, overfitting_gap
from leukgan.gans.compare.figures import gap_figure
from leukgan.metrics.kid import extract_view_features, kernel_distance, seeded_views
from leukgan.run_folder.digests import place_with_digest
from leukgan.run_folder.files import sha256_of

KID = "kid_vgg16_random"
FILES = {"comparison.csv", "comparison.md", "gap.pdf", "gap.png", "images.pdf", "images.png"}
MEASURE = ("weights=random", "images=16")
CLASSES = render_smears(image_size=32, count=2, seed=0).classes
TRAIN = [argument for argument in TOY if not argument.startswith(("generation", "classifier"))]


def metrics_of(**columns):
    table = {"train/critic_loss": [0.5] * 10, "train/generator_loss": [0.5] * 10, **columns}
    return pd.DataFrame({"generator_step": range(10, 110, 10), **table})


def test_gap_is_the_place_of_held_out_images_between_training_and_generated_ones():
    early = [9.0] * 8
    metrics = metrics_of(
        **{
            "train/real_score": [*early, 5, 7],
            "train/fake_score": [*early, 1, 3],
            "val/real_score": [*early, 5, 4],
            "train/wasserstein": [*early, 4, 4],
        }
    )
    assert overfitting_gap(metrics).value == pytest.approx((6 - 4.5) / (6 - 2))
    assert final_mean(metrics, "train/wasserstein") == 4
    assert np.isnan(final_mean(metrics, "val/wasserstein"))
    assert np.isnan(overfitting_gap(metrics.drop(columns="val/real_score"))).all()


def test_gap_of_a_critic_that_tells_nothing_apart_is_no_number():
    same = [1.0] * 10
    metrics = metrics_of(**{"train/real_score": same, "train/fake_score": same, "val/real_score": same})
    assert np.isnan(overfitting_gap(metrics).value)


def test_error_of_the_gap_is_the_spread_of_other_trainings():
    def gap(seed):
        noise = np.random.default_rng(seed).normal(size=(3, 200))
        columns = ("train/real_score", "train/fake_score", "val/real_score")
        return overfitting_gap(pd.DataFrame(dict(zip(columns, noise + np.array([[9], [0], [7]]), strict=True))))

    gaps = [gap(seed) for seed in range(60)]
    assert np.mean([one.value for one in gaps]) == pytest.approx(2 / 9, abs=0.03)
    assert np.mean([one.standard_error for one in gaps]) == pytest.approx(np.std([one.value for one in gaps]), rel=0.3)


@pytest.mark.parametrize("last", [np.nan, np.inf])
def test_training_with_a_last_loss_that_is_no_number_has_diverged(last):
    assert not has_diverged(metrics_of(**{"train/critic_loss": [last] * 9 + [0.5]}))
    assert has_diverged(metrics_of(**{"train/critic_loss": [0.5] * 9 + [last]}))


def test_lead_is_the_wasserstein_estimate_of_both_sides():
    metrics = metrics_of(**{"train/real_score": [3.0] * 10, "train/fake_score": [1.0] * 10})
    assert list(lead_by_step(metrics)) == ["training"]
    lead = lead_by_step(metrics.assign(**{"val/real_score": 2.0, "val/fake_score": 1.5}))
    assert lead.loc[100].to_dict() == {"training": 2.0, "held-out": 0.5}


@pytest.mark.parametrize("count", [1, 5])
def test_gap_figure_takes_any_number_of_trainings_and_one_that_diverged(count):
    lead = pd.DataFrame({"training": [1.0, 2.0, np.nan]}, index=[10, 20, 30])
    rows = pd.DataFrame({"run": ["a run"], "class": "healthy", "protocol": "clean", "gap": np.nan, "gap_std": np.nan})
    figure = gap_figure(rows.loc[[0] * count], [lead] * count)
    assert np.asarray(Image.open(io.BytesIO(figure.png)).convert("L")).min() < 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    runs = {"first": ("gan=wgan_gp", f"class_name={CLASSES[1]}"), "both": ("gan=dcgan", "gan.conditional=true")}
    for name, arguments in runs.items():
        given = [a for a in TRAIN if name != "both" or not a.startswith("gan.n_critic")]
        steps = ("generator_steps=3", "checkpoint_every=3", "quality.track_every=0", "trainer.log_every=1")
        assert run_app("train_gan", folder, *given, *arguments, *steps, f"name={name}") == 0
    return folder


@pytest.fixture(scope="module")
def compared(folder):
    assert run_app("compare_gans", folder, "runs=[first,both]", *MEASURE) == 0
    return folder / "runs" / "comparison"


def test_the_default_measures_need_no_file(folder):
    assert run_app("compare_gans", folder, "runs=[first]", "name=default", "images=16") == 0
    assert "kid_efficientnet_lite0" in pd.read_csv(folder / "runs" / "default" / "comparison.csv")


def test_table_has_a_row_for_each_run_and_class(compared):
    rows = pd.read_csv(compared / "comparison.csv", keep_default_na=False)
    assert {path.name for path in compared.iterdir()} == FILES
    keys = [(CLASSES[0], "both"), (CLASSES[1], "first"), (CLASSES[1], "both")]
    assert list(zip(rows["class"], rows["run"], strict=True)) == keys
    assert set(rows["split"]) == {"split-00"}
    assert set(rows["generator_steps"]) == {3}
    assert set(rows["losses"]) == {"finite"}
    assert set(rows["protocol"]) == {"clean"}
    assert list(rows["gan"]) == ["DCGAN", "WGANGP", "DCGAN"]
    changed = "gan=DCGAN; gan.n_critic=default; gan.conditional=True"
    changes = [sorted(text.split("; ")) for text in rows["changed"]]
    assert changes == [sorted(changed.split("; ")), [""], sorted(changed.split("; "))]
    floors = rows.groupby("class")[[f"{KID}_floor", f"{KID}_floor_std"]].nunique()
    assert (floors == 1).all(axis=None)
    for _, row in rows.iterrows():
        assert row[KID] > row[f"{KID}_floor"] + 3 * row[f"{KID}_std"]
        assert row["gan"] == "WGANGP" or row["wasserstein_training"] == ""


def test_distance_in_the_table_is_between_the_gans_images_and_held_out_cells(compared, folder):
    rows = pd.read_csv(compared / "comparison.csv")
    row = rows[(rows["run"] == "both") & (rows["class"] == CLASSES[1])].iloc[0]
    split = folder / "runs" / "both" / "split-00"
    parts = json.loads((split / "split.json").read_text())
    held_out = [e["image"] for part in ("test", "validation") for e in parts[part] if e["label"] == 1]
    cells = render_smears(image_size=32, count=24, seed=0)
    real = cells.images[[cells.names.index(name) for name in held_out]]
    fake = load_gan(split / "gan" / "conditional" / "last.ckpt").sample(16, 0, label=1)
    features = PooledVGG16("random")
    distance = kernel_distance(extract_view_features(features, seeded_views(real, 16, 0)), features(fake)[None], 0)
    assert row[KID] == pytest.approx(distance.value, rel=1e-4)


def test_markdown_names_its_feature_and_shows_its_figures(compared):
    text = (compared / "comparison.md").read_text()
    assert f"({KID}, 16 generated images each)" in text
    assert "| first | " in text.replace("  ", " ").replace("  ", " ")
    for name in ("images.png", "gap.png"):
        assert f"]({name})" in text
    assert "LEAKY" not in text


def test_figure_shows_images_pixel_by_pixel(compared, folder):
    figure = np.asarray(Image.open(compared / "images.png").convert("RGB"))
    split = folder / "runs" / "first" / "split-00"
    drawn = load_gan(split / "gan" / CLASSES[1] / "last.ckpt").sample(16, 0)[0].transpose(1, 2, 0)
    tile = drawn.repeat(4, axis=0).repeat(4, axis=1)
    corners = np.argwhere((figure[: -len(tile), : -len(tile)] == tile[0, 0]).all(-1))
    assert any((figure[y : y + len(tile), x : x + len(tile)] == tile).all() for y, x in corners)


def test_same_command_makes_the_same_bytes_and_says_where_they_are(compared, folder, capsys):
    before = {path.name: sha256_of(path) for path in compared.iterdir()}
    assert run_app("compare_gans", folder, "runs=[first,both]", *MEASURE) == 0
    assert {path.name: sha256_of(path) for path in compared.iterdir()} == before
    assert capsys.readouterr().out.endswith("The result is in runs/comparison\n")


def changed_copy(folder, name, file, change):
    """A copy of the first run with one JSON file changed."""
    shutil.copytree(folder / "runs" / "first", folder / "runs" / name, dirs_exist_ok=True)
    path = folder / "runs" / name / "split-00" / file
    tree = json.loads(path.read_text())
    tree.pop("sha256", None)  # of what was there
    change(tree)
    path.write_text(json.dumps(tree))


def test_gan_that_saw_held_out_images_is_stamped(folder):
    """As protocol=paper trains it: with the test images, and without scores of held-out ones."""
    changed_copy(folder, "leaky", "status.json", lambda tree: None)
    gan = folder / "runs" / "leaky" / "split-00" / "gan" / CLASSES[1]
    metrics = pd.read_csv(gan / "metrics.csv")
    metrics.drop(columns=[name for name in metrics if name.startswith("val/")]).to_csv(gan / "metrics.csv", index=False)
    state = torch.load(gan / "last.ckpt", weights_only=True)
    test = json.loads((gan.parents[1] / "split.json").read_text())["test"]
    data_state(state)["trained_on"] += [entry["sha256"] for entry in test]
    torch.save(state, gan / "aside")
    place_with_digest(gan / "aside", gan / "last.ckpt")

    assert run_app("compare_gans", folder, "runs=[first,leaky]", "name=stamped", *MEASURE) == 0
    rows = pd.read_csv(folder / "runs" / "stamped" / "comparison.csv").set_index(["run", "class"])
    assert rows.loc[("leaky", CLASSES[1]), "protocol"] == "paper"
    assert np.isnan(rows.loc[("leaky", CLASSES[1]), "gap"])
    assert "leaky (LEAKY)" in (folder / "runs" / "stamped" / "comparison.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("runs=[]",), "runs must name run folders, each once and none as name=comparison, got []."),
        (("runs=[first,first]",), "runs must name run folders"),
        (("runs=[first]", "name=first"), "runs must name run folders"),
        (("runs=[first,missing]",), "there is no run folder runs/missing"),
        (("runs=[first,empty]",), "runs/empty has no trained GAN"),
        (("runs=[first,images]",), "runs/images was not trained on the same images as runs/first"),
        (("runs=[first,parts]",), "runs/parts was not trained on the same split as runs/first"),
        (("runs=[gone]",), "the images are no longer those that runs/gone was made from"),
        (("runs=[first]", "weights=missing.pth"), "weights=missing.pth is not a file"),
        (("runs=[first]", "images=3"), "images must be at least 10 and seed at least 0, got 3 and 0."),
        (("runs=[first]", "image=3"), "there is no setting 'image'"),
    ],
)
def test_error_is_one_sentence_and_leaves_nothing(folder, arguments, message):
    (folder / "runs" / "empty").mkdir(exist_ok=True)
    changed_copy(folder, "images", "provenance.json", lambda tree: tree["data"].update(fingerprint="other"))
    changed_copy(folder, "gone", "provenance.json", lambda tree: tree["data"].update(fingerprint="other"))
    changed_copy(folder, "parts", "split.json", lambda tree: tree["test"].append(tree["train"].pop()))
    error = refusal_of("compare_gans", folder, "name=wrong", *MEASURE, *arguments)
    assert error.startswith(f"error: {message}".replace("name=comparison", "name=wrong"))
