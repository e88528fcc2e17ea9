import csv
import fcntl
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report.synthetic_runs import SETS, edit_provenance, write_cells, write_controls, write_copies, write_quality

from leukgan.report import write_report
from leukgan.report.page import group_warnings
from leukgan.report.reading import read_run

TABLES = (
    *("table1", "table2", "further_metrics", "tests", "tests_by_metric", "equal_steps"),
    *("quality", "copies", "cells", "controls", "checklist"),
)
FIGURES = (
    *("real_vs_generated_leukemia", "real_vs_generated_healthy", "generated_leukemia", "generated_healthy"),
    *("loss_by_epoch", "loss_by_step", "differences", "gan_losses", "gan_samples_leukemia", "gan_samples_healthy"),
    *("closest_pairs_leukemia", "closest_pairs_healthy", "measurements_leukemia", "measurements_healthy"),
    *("masks", "augmentation_gan", "roc", "reliability"),
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


def write_full(make_run, protocol):
    """A run with all that a report can show, and its report."""
    folder = make_run(protocols=[protocol], images=True, image_size=32)
    split = folder / "split-00"
    write_quality(split, {"ssim": 0.5})
    write_copies(split, {})
    write_cells(split, shift=0.5)
    equal_steps = {("equal_steps", "vgg16", name): (1, 1) for name in SETS}
    write_controls(split, {("background", "svm", "real"): (0, 24), **equal_steps})
    masks = {"found": 1.0, "radius": 0.4, "covered": 1.0, "colour": [200, 180, 190]}
    edit_provenance(split, lambda provenance: provenance.update(masks=masks))
    config = json.loads((split / "config.yaml").read_text())
    (split / "config.yaml").write_text(json.dumps(config | {"augmentation": {"gan": "orbit"}}))
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def clean(make_run):
    return write_full(make_run, "clean")


@pytest.fixture(scope="module")
def leaky(make_run):
    return write_full(make_run, "paper")


@pytest.fixture(scope="module")
def page(clean):
    return (clean / "report.html").read_text()


def written(folder):
    files = [folder / "report.html", *(folder / "tables").iterdir(), *(folder / "figures").iterdir()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def words_of(text):
    return " ".join(" ".join(Page(text).words).split())


def test_every_file_of_the_interface_is_written_and_nothing_else(clean):
    names = {f"tables/{name}.{ending}" for name in TABLES for ending in ("csv", "md", "tex")}
    names |= {f"figures/{name}.{ending}" for name in FIGURES for ending in ("png", "pdf")}
    assert set(written(clean)) == names | {"report.html"}
    assert sorted(path.name for path in clean.iterdir()) == ["figures", "lock", "report.html", "split-00", "tables"]


def test_a_second_call_writes_the_same_bytes(clean):
    first = written(clean)
    assert write_report(clean) == clean / "report.html"
    assert written(clean) == first


def test_settings_that_differ_from_the_papers_are_told(page):
    assert "VGG16, random features: learning_rate 0.001" in words_of(page)
    assert "SVM: the paper's settings" in words_of(page)


def test_the_page_is_whole_and_needs_nothing_from_outside(page):
    parsed = Page(page)
    assert parsed.open == []
    assert len(parsed.addresses) == len(FIGURES)
    assert all(address.startswith("data:image/png;base64,") for address in parsed.addresses)
    assert not re.search(r"https?://|<script|@import|url\(", page)


def test_the_answer_comes_before_everything_else(page):
    assert page.index("No detectable gain") < min(page.index("<table"), page.index("<img"), page.index("<h2"))


def test_names_from_outside_are_escaped(page):
    assert "CPU &lt;b&gt;&amp;" in page
    assert "CPU <b>" not in page


def test_a_leaky_run_is_stamped_in_every_table_and_on_the_page_and_a_clean_one_nowhere(clean, leaky, page):
    stamped = {
        folder: [name for name, data in written(folder).items() if name.startswith("tables/") and b"LEAKY" in data]
        for folder in (clean, leaky)
    }
    assert (len(stamped[clean]), len(stamped[leaky])) == (0, 3 * len(TABLES))
    assert "LEAKY" not in words_of(page)
    text = (leaky / "report.html").read_text()
    assert 'class="banner">LEAKY' in text
    assert all("LEAKY" in caption for caption in re.findall(r"<caption>(.*?)</caption>", text))


@pytest.mark.parametrize("name", FIGURES)
def test_a_leaky_run_is_stamped_in_every_figure(clean, leaky, name):
    def red(folder):
        with Image.open(folder / "figures" / f"{name}.png") as image:
            corner = np.asarray(image.convert("RGB")).astype(int)[4:40, -600:]
        return int(((corner[..., 0] > 150) & (corner[..., 1:] < 60).all(axis=-1)).sum())

    assert red(clean) == 0
    assert red(leaky) > 100


@pytest.mark.usefixtures("undrawn")
class TestWords:
    """Laws of the page's words and of what is written, whatever the figures look like."""

    def test_unfinished_splits_are_named(self, make_run):
        text = write_report(make_run(splits=3, states=["done", "running", "done"])).read_text()
        assert "Not finished, and left out: split-01 (running)." in words_of(text)
        assert "3 splits" not in text

    def test_part_of_a_run_that_leaks_is_kept_apart_and_named(self, make_run):
        text = write_report(make_run(splits=2, protocols=["clean", "paper"])).read_text()
        assert "LEAKY in part: in split-01" in text
        assert "LEAKY, no evidence" not in text

    def test_an_unverified_run_says_so_first_and_in_every_table(self, make_run):
        folder = make_run(protocols=["unverified"], images=True)
        text = write_report(folder).read_text()
        assert re.search(r'<main>\s*<p class="banner">UNVERIFIED: leakage into the test part cannot be excluded', text)
        tables = [*(folder / "tables").glob("*.md")]
        assert tables
        assert all("UNVERIFIED" in path.read_text() for path in tables)
        assert set(pd.read_csv(folder / "tables" / "tests.csv")["protocol"]) == {"UNVERIFIED"}
        assert "LEAKY" not in text

    def test_without_classifiers_images_are_shown_and_stale_figures_go(self, make_run):
        folder = make_run(classifiers=(), sets=(), classes=("cat", "dog"), per_class=3, images=True)
        (folder / "figures").mkdir()
        (folder / "figures" / "loss_by_epoch.png").write_bytes(b"of an earlier run")
        text = write_report(folder).read_text()
        assert "No answer: this run trained no classifier" in words_of(text)
        assert "leukemia" not in text
        assert "healthy" not in text
        assert (folder / "figures" / "real_vs_generated_dog.png").exists()
        assert not (folder / "figures" / "loss_by_epoch.png").exists()
        assert (folder / "tables" / "table2.csv").exists()

    def test_unfinished_files_of_a_killed_report_go(self, make_run):
        folder = make_run()
        for name in ("report.html", "figures/roc.png", "tables/table1.csv"):
            left = folder / name
            left.parent.mkdir(exist_ok=True)
            left.with_name(f".{left.name}.1.part").write_bytes(b"half")
        write_report(folder)
        assert list(folder.rglob("*.part")) == []

    def test_one_process_at_a_time_writes_a_report(self, make_run, monkeypatch):
        folder, written = make_run(), []

        def write(path, content):
            with (folder / "lock").open("ab") as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            written.append(path)

        monkeypatch.setattr("leukgan.report.report.write_atomic", write)
        write_report(folder)
        assert folder / "report.html" in written

    def test_a_failed_report_leaves_the_old_one(self, make_run):
        folder = make_run()
        before = write_report(folder).read_bytes()
        (folder / "split-00" / "predictions.csv").unlink()
        with pytest.raises(ValueError, match="missing"):
            write_report(folder)
        assert (folder / "report.html").read_bytes() == before

    @pytest.mark.parametrize(("source", "word"), [("smears", "rendered"), ("all_idb2", "real")])
    def test_rendered_cells_are_not_called_real_in_figures(self, make_run, source, word):
        page = write_report(make_run(source=source, classifiers=(), sets=(), images=True)).read_text()
        assert f"Figure 2. leukemia: {word} above, generated below" in page

    @pytest.mark.parametrize(
        ("count", "words"), [(3, ", 6 (3 healthy and 3 leukemia) validation images and "), (0, "")]
    )
    def test_the_page_tells_of_validation_images_where_there_are_any(self, make_run, count, words):
        folder = make_run(classifiers=(), sets=())
        counts = {"healthy": count, "leukemia": count}
        edit_provenance(folder / "split-00", lambda provenance: provenance["data"]["counts"].update(validation=counts))
        page = words_of(write_report(folder).read_text())
        assert words in page
        assert ("validation images" in page) == bool(count)

    def test_a_classifier_that_the_paper_does_not_know_is_reported_like_any_other(self, make_run):
        """Its rows stand last, with its own title and without a row of the paper; nothing else knows the list."""
        titles = {"nearest_centroid": "Nearest centroid", "svm": "SVM"}
        wrong = {(classifier, name): set(range(k)) for classifier in titles for k, name in enumerate(SETS)}
        folder = make_run(wrong=[wrong], titles=titles, classifiers=tuple(titles))
        page = write_report(folder).read_text()
        assert "the SVM got 2 fewer of the 52 test images right" in page
        assert "and nearest centroid 2 fewer" in page
        with (folder / "tables" / "table2.csv").open() as file:
            rows = [(row["title"], row["source"]) for row in csv.DictReader(file)]
        assert rows == [("SVM", "this run"), ("SVM", "paper (ALL-IDB2)")] * 4 + [("Nearest centroid", "this run")] * 4

    def test_a_further_test_set_gets_a_table_of_its_own(self, make_run):
        folder = make_run()
        for name in ("scores", "predictions"):
            path = folder / "split-00" / f"{name}.csv"
            header, *rows = path.read_text().splitlines()
            others = [
                row.replace(",real+gen,real,", ",real+gen,elsewhere,") for row in rows if ",real+gen,real," in row
            ]
            path.write_text("\n".join([header, *rows, *others]) + "\n")
        assert "Tested on the images of elsewhere" in write_report(folder).read_text()
        with (folder / "tables" / "tested_on_elsewhere.csv").open() as file:
            assert {row["test_set"] for row in csv.DictReader(file)} == {"elsewhere"}

    def test_class_names_that_look_like_numbers_stay_text(self, make_run):
        folder = make_run(classes=("001", "NA"))
        split = folder / "split-00"
        write_quality(split, {"ssim": 0.5}, classes=("001", "NA"))
        write_copies(split, {"NA": 2}, classes=("001", "NA"))
        write_cells(split, 0.5, classes=("001", "NA"))
        page = write_report(folder).read_text()
        assert "2 generated images of NA (split-00) are training images over again" in page
        for table in ("quality", "copies", "cells"):
            with (folder / "tables" / f"{table}.csv").open() as file:
                assert {row["class"] for row in csv.DictReader(file)} == {"001", "NA"}


@pytest.mark.parametrize(("groups", "told"), [(52, False), (40, False), (34, True), (8, True), (None, False)])
def test_few_groups_of_test_images_are_told_and_only_few(make_run, groups, told):
    folder = make_run()
    if groups is not None:
        counts = {"train": 200, "validation": 0, "test": groups}
        edit_provenance(folder / "split-00", lambda provenance: provenance["data"].update(groups=counts))
    start = f"Groups: the 52 test images of split-00 are of {groups} groups"
    assert [str(warning).startswith(start) for warning in group_warnings(read_run(folder))] == [True] * told
