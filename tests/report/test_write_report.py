import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from synthetic_measures import write_cells, write_copies, write_quality
from synthetic_runs import SETS

from leukgan.presentation.images import mosaic
from leukgan.report import write_report

TABLES = ("table1", "table2", "tests", "tests_by_metric")
FIGURES = (
    *("real_vs_generated_leukemia", "real_vs_generated_healthy", "generated_leukemia", "generated_healthy"),
    *("loss_by_epoch", "loss_by_step", "differences", "gan_losses", "gan_samples_leukemia", "gan_samples_healthy"),
)
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Fails where a tag is closed that is not open; collects addresses and words."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.words = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def clean(make_run):
    folder = make_run()
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def leaky(make_run):
    folder = make_run(protocols=["paper"])
    write_report(folder)
    return folder


def written(folder):
    files = [folder / "report.html", *(folder / "tables").iterdir(), *(folder / "figures").iterdir()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_every_file_of_the_interface_is_written_and_nothing_else(clean):
    names = {f"tables/{name}.{ending}" for name in TABLES for ending in ("csv", "md", "tex")}
    names |= {f"figures/{name}.{ending}" for name in FIGURES for ending in ("png", "pdf")}
    assert set(written(clean)) == names | {"report.html"}
    assert sorted(path.name for path in clean.iterdir()) == ["figures", "report.html", "split-00", "tables"]


def test_settings_that_differ_from_the_papers_are_told(clean):
    words = " ".join(" ".join(Page((clean / "report.html").read_text()).words).split())
    assert "VGG16, random features: learning_rate 0.001" in words
    assert "SVM: the paper's settings" in words


def test_a_second_call_writes_the_same_bytes(clean):
    first = written(clean)
    assert write_report(clean) == clean / "report.html"
    assert written(clean) == first


def test_the_page_is_whole_and_needs_nothing_from_outside(clean):
    text = (clean / "report.html").read_text()
    page = Page(text)
    assert page.open == []
    assert len(page.addresses) == len(FIGURES)
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not re.search(r"https?://|<script|@import|url\(", text)


def test_the_answer_comes_before_everything_else(clean):
    text = (clean / "report.html").read_text()
    assert text.index("No detectable gain") < min(text.index("<table"), text.index("<img"), text.index("<h2"))


def test_names_from_outside_are_escaped(clean):
    text = (clean / "report.html").read_text()
    assert "CPU &lt;b&gt;&amp;" in text
    assert "CPU <b>" not in text


def test_a_clean_run_bears_no_stamp(clean):
    assert not [
        name for name, data in written(clean).items() if name.endswith(("md", "csv", "tex")) and b"LEAKY" in data
    ]
    assert "LEAKY" not in "".join(Page((clean / "report.html").read_text()).words)


def test_a_leaky_run_is_stamped_in_every_table_and_on_the_page(leaky):
    tables = {name: data for name, data in written(leaky).items() if name.startswith("tables/")}
    assert len(tables) == 3 * len(TABLES)
    assert all(b"LEAKY" in data for data in tables.values())
    text = (leaky / "report.html").read_text()
    assert 'class="banner">LEAKY' in text
    for caption in re.findall(r"<caption>(.*?)</caption>", text):
        assert "LEAKY" in caption


@pytest.mark.parametrize("name", FIGURES)
def test_a_leaky_run_is_stamped_in_every_figure(clean, leaky, name):
    def red(folder):
        with Image.open(folder / "figures" / f"{name}.png") as image:
            corner = np.asarray(image.convert("RGB")).astype(int)[4:40, -600:]
        return int(((corner[..., 0] > 150) & (corner[..., 1:] < 60).all(axis=-1)).sum())

    assert red(clean) == 0
    assert red(leaky) > 100


def test_unfinished_splits_are_named(make_run):
    folder = make_run(splits=3, states=["done", "running", "done"], images=False)
    text = write_report(folder).read_text()
    assert "Not finished, and left out: split-01 (running)." in " ".join(text.split())
    assert "3 splits" not in text


def test_part_of_a_run_that_leaks_is_kept_apart_and_named(make_run):
    folder = make_run(splits=2, protocols=["clean", "paper"], images=False)
    text = write_report(folder).read_text()
    assert "LEAKY in part: in split-01" in text
    assert "LEAKY, no evidence" not in text


def test_without_classifiers_images_are_shown_and_stale_figures_go(make_run):
    folder = make_run(classifiers=(), sets=(), classes=("cat", "dog"), per_class=3)
    (folder / "figures").mkdir()
    (folder / "figures" / "loss_by_epoch.png").write_bytes(b"of an earlier run")
    text = write_report(folder).read_text()
    assert "No answer: this run trained no classifier" in "".join(Page(text).words)
    assert "leukemia" not in text
    assert "healthy" not in text
    assert (folder / "figures" / "real_vs_generated_dog.png").exists()
    assert not (folder / "figures" / "loss_by_epoch.png").exists()
    assert (folder / "tables" / "table2.csv").exists()


def test_a_failed_report_leaves_the_old_one(make_run):
    folder = make_run(images=False)
    before = write_report(folder).read_bytes()
    (folder / "split-00" / "predictions.csv").unlink()
    with pytest.raises(ValueError, match="missing"):
        write_report(folder)
    assert (folder / "report.html").read_bytes() == before


def test_a_mosaic_holds_every_pixel_of_its_images():
    images = np.random.default_rng(0).integers(0, 255, (3, 4, 5, 3), dtype=np.uint8)
    page = mosaic(images, scale=2, columns=2, gap=3)
    assert page.shape == (2 * 8 + 3, 2 * 10 + 3, 3)
    assert (page[11:19:2, 0:10:2] == images[2]).all()
    assert (page[0:8:2, 13:23:2] == images[1]).all()
    assert (page[11:, 13:] == 255).all()


@pytest.mark.parametrize(("source", "word"), [("smears", "rendered"), ("all_idb2", "real")])
def test_rendered_cells_are_not_called_real_in_figures(make_run, source, word):
    page = write_report(make_run(source=source, classifiers=(), sets=())).read_text()
    assert f"Figure 2. leukemia: {word} above, generated below" in page


@pytest.mark.parametrize(("count", "words"), [(3, ", 6 (3 healthy and 3 leukemia) validation images and "), (0, "")])
def test_the_page_tells_of_validation_images_where_there_are_any(make_run, count, words):
    folder = make_run()
    path = folder / "split-00" / "provenance.json"
    provenance = json.loads(path.read_text())
    provenance["data"]["counts"]["validation"] = dict.fromkeys(provenance["data"]["classes"], count)
    path.write_text(json.dumps(provenance))
    write_report(folder)
    page = " ".join((folder / "report.html").read_text().split())
    assert words in page
    assert ("validation images" in page) == bool(count)


def test_a_classifier_that_the_paper_does_not_know_is_reported_like_any_other(make_run):
    """Its rows stand last, with its own title and without a row of the paper; nothing else knows the list."""
    wrong = {("nearest_centroid", name): set(range(k)) for k, name in enumerate(SETS)}
    titles = {"nearest_centroid": "Nearest centroid", "svm": "SVM"}
    wrong |= {("svm", name): set(range(k)) for k, name in enumerate(SETS)}
    folder = make_run(wrong=[wrong], titles=titles, classifiers=tuple(titles), images=False)
    page = write_report(folder).read_text()
    assert "the SVM got 2 fewer of the 52 test images right" in page
    assert "and nearest centroid 2 fewer" in page
    with (folder / "tables" / "table2.csv").open() as file:
        rows = [(row["title"], row["source"]) for row in csv.DictReader(file)]
    assert rows == [("SVM", "this run"), ("SVM", "paper (ALL-IDB2)")] * 4 + [("Nearest centroid", "this run")] * 4


def test_class_names_that_look_like_numbers_stay_text(make_run):
    folder = make_run(classes=("001", "NA"), images=False)
    write_quality(folder / "split-00", {"ssim": 0.5}, classes=("001", "NA"))
    write_copies(folder / "split-00", {"NA": 2}, classes=("001", "NA"))
    write_cells(folder / "split-00", 0.5, classes=("001", "NA"))
    page = write_report(folder).read_text()
    assert "2 generated images of NA (split-00) are training images over again" in page
    for table in ("quality", "copies", "cells"):
        with (folder / "tables" / f"{table}.csv").open() as file:
            assert {row["class"] for row in csv.DictReader(file)} == {"001", "NA"}
