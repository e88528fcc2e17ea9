"""Laws of the leak audit: a whole and clean chain passes, and each broken or forbidden link is named."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from leukgan.run_folder.files import sha256_of
from leukgan.study.audit import LeakError, audit

PARTS = {"train": 6, "validation": 2, "test": 4}
CLASSES = ("healthy", "leukemia")


def entries(part):
    names = [f"{part}_{i}" for i in range(PARTS[part])]
    return [{"image": n, "label": i % 2, "sha256": f"sha-{n}", "group": f"group-{n}"} for i, n in enumerate(names)]


def shas(*parts, label):
    return [entry["sha256"] for part in parts for entry in entries(part) if entry["label"] == label]


class Split:
    """A split's folder written link by link, as a study leaves it."""

    def __init__(self, folder, protocol="clean", trained_on=("train",)):
        self.folder, self.protocol, self.chain = folder, protocol, {"gan": {}, "best": {}, "generated": {}}
        self.parts = {part: entries(part) for part in PARTS}
        for label, name in enumerate(CLASSES):
            self.train(label, shas(*trained_on, label=label))
            self.generate(name)
        self.score()
        self.save()

    def train(self, label, trained_on, link="gan", file="last.ckpt", seen_before=()):
        path = self.folder / "gan" / CLASSES[label] / file
        path.parent.mkdir(parents=True, exist_ok=True)
        checkpoint = {"CellData": {"trained_on": trained_on}, "of": file, "seen_before": [*seen_before]}
        torch.save(checkpoint, path)
        self.chain[link][CLASSES[label]] = sha256_of(path)

    def generate(self, name, checkpoint=None):
        folder = self.folder / "generated" / name
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(3):
            Image.fromarray(np.full((4, 4, 3), i, dtype=np.uint8)).save(folder / f"{name}_{i}.png")
        table = pd.DataFrame({"image": [f"{name}_{i}.png" for i in range(3)]})
        table["sha256"] = [sha256_of(folder / image) for image in table["image"]]
        table["checkpoint"] = checkpoint or self.chain["gan"][name]
        table.to_csv(folder / "manifest.csv", index=False)
        self.chain["generated"][name] = sha256_of(folder / "manifest.csv")

    def score(self, protocol=None, real=None):
        images = {"real": real or [entry["image"] for entry in self.parts["test"]], "generated": ["healthy_0.png"]}
        rows = [{"test_set": test_set, "image": image} for test_set, named in images.items() for image in named]
        for name, table in (("predictions", pd.DataFrame(rows)), ("scores", pd.DataFrame({"n_test": [4]}))):
            table.assign(protocol=protocol or self.protocol).to_csv(self.folder / f"{name}.csv", index=False)
            self.chain[name] = sha256_of(self.folder / f"{name}.csv")

    def save(self):
        (self.folder / "split.json").write_text(json.dumps(self.parts))
        self.chain["split"] = sha256_of(self.folder / "split.json")
        (self.folder / "provenance.json").write_text(json.dumps({"protocol": self.protocol, "chain": self.chain}))


@pytest.fixture
def split(tmp_path):
    return Split(tmp_path)


def test_a_clean_chain_holds_from_split_to_score(split):
    found = audit(split.folder)
    assert found.absent == ()
    text = "; ".join(found.held)
    for link in ("6 train, 2 validation, 4 test", "gan/healthy/last.ckpt was trained on 3 images", "predictions.csv"):
        assert link in text


@pytest.mark.parametrize("part", ["test", "validation"])
def test_a_gan_that_has_seen_held_out_images_is_caught(tmp_path, part):
    with pytest.raises(LeakError, match=rf"was trained on \d images of the {part} part"):
        audit(Split(tmp_path, trained_on=("train", part)).folder)


def test_the_best_checkpoint_is_audited_as_the_last_one_is(split):
    split.train(1, shas("train", "test", label=1), "best", "best.ckpt")
    split.save()
    with pytest.raises(LeakError, match=r"gan/leukemia/best\.ckpt was trained on 2 images of the test part"):
        audit(split.folder)


def test_what_is_in_no_part_may_be_a_group_mate_and_must_not_be_trained_on(split):
    unused = {"image": "twin", "label": 0, "sha256": "sha-twin", "group": split.parts["test"][0]["group"]}
    split.parts["unused"] = [unused]
    split.save()
    assert audit(split.folder).held
    split.train(0, [*shas("train", label=0), "sha-twin"])
    split.save()
    with pytest.raises(LeakError, match="1 images that are in no part of the split"):
        audit(split.folder)


def test_a_group_mate_of_a_test_image_is_a_leak(split):
    split.parts["test"][0]["group"] = "group-of-a-patient"
    split.parts["train"][0]["group"] = "group-of-a-patient"
    split.save()
    with pytest.raises(LeakError, match="group in the train part too"):
        audit(split.folder)


def test_an_image_of_no_part_is_a_leak(split):
    split.train(0, [*shas("train", label=0), "sha-of-elsewhere"])
    split.generate("healthy")
    split.save()
    with pytest.raises(LeakError, match="1 images that are in no part"):
        audit(split.folder)


def test_a_gan_that_started_from_one_of_other_images_is_clean_and_from_one_of_test_images_a_leak(split):
    for seen_before, leaks in ((["sha-of-elsewhere"], False), (shas("test", label=0), True)):
        split.train(0, shas("train", label=0), seen_before=seen_before)
        split.generate("healthy")
        split.save()
        if leaks:
            with pytest.raises(LeakError, match="2 images of the test part, which protocol=clean forbids"):
                audit(split.folder)
        else:
            assert audit(split.folder).held


def test_the_paper_s_protocol_allows_the_leak_and_names_it(tmp_path):
    leaky = Split(tmp_path, protocol="paper", trained_on=("train", "validation", "test"))
    assert any("2 of them of the test part: LEAKY" in link for link in audit(leaky.folder).held)


def test_a_leaky_row_can_not_pass_as_clean(tmp_path):
    leaky = Split(tmp_path, protocol="paper", trained_on=("train", "test"))
    leaky.score(protocol="clean")
    leaky.save()
    with pytest.raises(LeakError, match="rows of protocol=clean in a split of paper"):
        audit(leaky.folder)


@pytest.mark.parametrize(
    "path",
    [
        *("split.json", "gan/healthy/last.ckpt", "generated/leukemia/manifest.csv"),
        *("generated/leukemia/leukemia_1.png", "scores.csv", "predictions.csv"),
    ],
)
def test_a_file_that_was_changed_or_exchanged_is_caught(split, path):
    with (split.folder / path).open("ab") as file:
        file.write(b" ")
    with pytest.raises(LeakError, match=f"{path} is not the file that the chain"):
        audit(split.folder)


def test_images_of_a_foreign_gan_are_caught(split):
    split.generate("healthy", checkpoint="f" * 64)
    split.save()
    with pytest.raises(LeakError, match="checkpoint that is none of this split's GANs"):
        audit(split.folder)


def test_predictions_of_images_that_are_no_test_images_are_caught(split):
    split.score(real=["test_0", "train_1"])
    split.save()
    with pytest.raises(LeakError, match="no real images of this split, such as train_1"):
        audit(split.folder)


def test_what_is_gone_is_told_and_not_called_held(split):
    (split.folder / "gan" / "healthy" / "last.ckpt").unlink()
    (split.folder / "quality.csv").write_text("protocol\n")
    found = audit(split.folder)
    assert found.absent == ("gan/healthy/last.ckpt is gone", "quality.csv is not in the chain")
    assert not any("gan/healthy" in link for link in found.held)


def test_a_split_that_is_not_begun_has_nothing_to_audit(tmp_path):
    assert audit(tmp_path).held == ()


def external_entry(name, sha256=None):
    return {"image": name, "label": 0, "sha256": sha256 or f"sha-{name}", "group": name}


def write_external(split, images):
    """An external test set b of these images, with their predictions."""
    path = split.folder / "external.json"
    path.write_text(json.dumps({"b": {"fingerprint": "", "images": images}}))
    split.chain["external"] = sha256_of(path)
    rows = pd.DataFrame([{"test_set": "b", "image": "b_0", "protocol": "clean"}])
    rows.to_csv(split.folder / "predictions.csv", index=False)
    split.chain["predictions"] = sha256_of(split.folder / "predictions.csv")
    split.save()


def test_an_external_set_that_is_apart_holds(split):
    write_external(split, [external_entry("b_0")])
    assert "external test set b: none of its 1 images is one of the split's" in audit(split.folder).held


def test_an_external_image_that_is_in_a_part_is_caught(split):
    write_external(split, [external_entry("b_0", sha256="sha-train_1")])
    with pytest.raises(LeakError, match="b_0 of b is in the train part too"):
        audit(split.folder)


def test_a_gan_that_started_from_one_of_external_images_is_caught(split):
    split.train(0, shas("train", label=0), seen_before=["sha-b_0"])
    split.generate("healthy")
    write_external(split, [external_entry("b_0")])
    with pytest.raises(LeakError, match="trained on 1 images of the external test set b"):
        audit(split.folder)


def test_predictions_of_images_that_are_not_in_the_external_set_are_caught(split):
    write_external(split, [external_entry("b_1")])
    with pytest.raises(LeakError, match="no b images of this split, such as b_0"):
        audit(split.folder)


def test_an_external_set_that_was_exchanged_is_caught(split):
    write_external(split, [external_entry("b_0")])
    with (split.folder / "external.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(LeakError, match=r"external\.json is not the file that the chain"):
        audit(split.folder)
