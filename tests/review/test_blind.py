"""Laws of the blind reader test: the page tells nothing, and answers given in a real browser give known statistics."""

import base64
import io
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from apps import refusal_of, run_app
from PIL import Image
from review.conftest import BLIND, content_of

from leukgan.presentation.page import render_template

OTHER = {"real": "generated", "generated": "real"}
KEYS = {"real": "r", "generated": "g", "healthy": "a", "leukemia": "b"}


def key_of(review):
    return pd.read_csv(review / "key.csv", dtype=str, keep_default_na=False)


def answer(browser, review, reader, origins, file):
    """The file that the page saves, answered by keyboard."""
    browser.open(review / "blind.html")
    browser.run("byId('reader').select()")
    browser.type(reader)
    browser.press("Enter")
    for origin, name in zip(origins, key_of(review)["class"], strict=True):
        browser.press(KEYS[origin], KEYS[name], "4", "Enter")
    browser.click("#save")
    return browser.downloaded(file)


def test_the_page_tells_nothing_about_an_image(review):
    page, key = (review / "blind.html").read_text(), key_of(review)
    split = review.parent / "split-00"
    content = content_of(page)

    # Class names stand in the list of choices alone; file names, hashes and the run's name nowhere.
    assert content["classes"] == ["healthy", "leukemia"]
    assert [page.count(name) for name in content["classes"]] == [1, 1]
    hashes = [row["sha256"] for part in json.loads((split / "split.json").read_text()).values() for row in part]
    hashes += [digest for path in split.glob("generated/*/manifest.csv") for digest in pd.read_csv(path)["sha256"]]
    stems = [name.rpartition(".")[0] or name for name in key["image"]]
    for word in (*stems, *hashes, *(digest[:12] for digest in hashes), "toy", "smear_", "split-"):
        assert word not in page

    # Nothing but equally long text of each image, in one format and of one size, without metadata.
    assert set(content) == {"test", "classes", "mime", "images"}
    assert len(set(map(len, content["images"]))) == 1
    assert max(len(text) - len(text.rstrip("A=")) for text in content["images"]) < 10  # no filling to be counted
    images = [Image.open(io.BytesIO(base64.b64decode(text))) for text in content["images"]]
    assert {(image.format, image.size, image.mode, str(image.info)) for image in images} == {
        ("PNG", (32, 32), "RGB", "{}")
    }
    assert not re.search(r'(src|href)="(?!data:)|url\(|import |https?://', page)


def test_the_order_is_a_seeds_and_tells_nothing(review, folder, capsys):
    origins = key_of(review)["origin"]
    assert origins.value_counts().to_dict() == {"real": 12, "generated": 12}
    assert 6 <= (origins != origins.shift()).sum() <= 19  # runs of one kind: outside with a chance of about 1 in 100
    first, again = review / "blind.html", folder / "runs" / "toy" / "review" / "blind.html"
    again.unlink()
    assert run_app("review", folder, *BLIND) == 0
    assert again.read_bytes() == first.read_bytes()
    said = "24 images tell one reader's accuracy to ±20.9 points at worst (exact 95% interval); ±10.0 points need 104"
    assert said in capsys.readouterr().err
    shutil.rmtree(again.parent)
    assert run_app("review", folder, *BLIND, "seed=1") == 0
    assert again.read_bytes() != first.read_bytes()


def test_the_key_is_of_the_images_of_the_page(review):
    key = key_of(review)
    for item, text in zip(key["item"], content_of((review / "blind.html").read_text())["images"], strict=True):
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
        np.testing.assert_array_equal(shown, np.asarray(Image.open(review / "images" / f"{int(item):03d}.png")))
    generated = key[key["origin"] == "generated"]
    for name, image, item in zip(generated["class"], generated["image"], generated["item"], strict=True):
        drawn = Image.open(review.parent / "split-00" / "generated" / name / image)
        np.testing.assert_array_equal(np.asarray(drawn), np.asarray(Image.open(review / f"images/{int(item):03d}.png")))


def test_a_second_test_does_not_replace_one_that_is_with_readers(finished):
    assert "is that of another blind test" in refusal_of("review", finished, *BLIND, "seed=1")


def test_a_key_that_is_no_text_is_that_of_another_test(folder):
    (folder / "runs/toy/review/key.csv").write_bytes(b"\xff\0")
    assert "is that of another blind test" in refusal_of("review", folder, *BLIND)


def test_three_readers_answer_in_a_browser_and_the_report_tells_how_well(review, folder, browser, monkeypatch):
    """One always tells the truth, one is always wrong, and one calls every other image real."""
    truth = key_of(review)["origin"].tolist()
    run = folder / "runs" / "toy"
    shutil.copy(answer(browser, review, "Truth", truth, "answers-Truth.csv"), run / "review")
    assert browser.requests() == []
    for reader, origins, file in (
        ("<b>wrong</b>", [OTHER[origin] for origin in truth], "answers-b-wrong-b.csv"),
        ('A, "guess"', ["real", "generated"] * 12, "answers-A-guess.csv"),
    ):
        shutil.copy(answer(browser, review, reader, origins, file), run / "review")
    assert run_app("report", folder, "name=toy", "logger=csv") == 0

    tables = run / "tables"
    table = pd.read_csv(tables / "readers.csv").set_index("reader")
    guessed = np.mean([origin == said for origin, said in zip(truth, ["real", "generated"] * 12, strict=True)])
    assert table["accuracy"].to_dict() == pytest.approx(
        {"<b>wrong</b>": 0, 'A, "guess"': guessed, "Truth": 1, "all readers": (1 + guessed) / 3}, abs=1e-5
    )
    assert table.loc["Truth", ["low", "high"]].tolist() == pytest.approx([0.025 ** (1 / 24), 1], abs=1e-5)
    assert table.loc["<b>wrong</b>", ["low", "high"]].tolist() == pytest.approx([0, 1 - 0.025 ** (1 / 24)], abs=1e-5)
    assert table.loc["Truth", "p"] == pytest.approx(2 * 0.5**24, rel=1e-4)
    assert table.loc["all readers", "low"] < 0.5 < table.loc["all readers", "high"]
    assert set(table["confidence"]) == {4}
    assert (pd.read_csv(tables / "readers_by_class.csv")[["class_real", "class_generated"]] == 1).all(axis=None)

    # On each image two of the three agree: a third of the pairs. Half of all answers are "real".
    agreement = pd.read_csv(tables / "reader_agreement.csv").set_index("question")
    assert agreement.loc["class", "kappa"] == 1
    assert agreement.loc["real or generated", "kappa"] == pytest.approx((1 / 3 - 1 / 2) / (1 / 2), abs=1e-5)
    assert agreement.loc["real or generated", "same"] == 0

    page = (run / "report.html").read_text()
    assert "3 readers told real from generated in" in page
    assert "&lt;b&gt;wrong&lt;/b&gt;" in page
    assert "<b>wrong" not in page
    assert "<b>wrong" not in (tables / "readers.md").read_text().replace(r"\<", "")
    assert "No expert has judged" not in page


def test_answers_survive_a_reload_and_can_be_changed(review, browser):
    browser.open(review / "blind.html")
    browser.type("me")
    browser.press("Enter", "r", "a", "1", "Enter", "g", "b")
    browser.press("Enter")  # no confidence yet: stays
    assert browser.text("#place") == "Image 2 of 24"
    browser.reload()
    browser.press("Enter")
    assert browser.text("#place") == "Image 2 of 24"
    assert browser.run("[...document.querySelectorAll(':checked')].map(i => i.value)") == ["generated", "leukemia"]
    browser.press("5", "Backspace", "g")
    assert browser.text("#count") == "2 of 24 answered"
    assert browser.run("state.answers[0].origin") == "generated"
    assert browser.run("state.answers[0].seconds") > 0
    browser.click("#finish")
    assert browser.run("byId('save').disabled")
    assert browser.text("#missing").startswith("Some images have no answer yet")


def test_tab_and_arrow_keys_reach_every_answer(review, browser):
    browser.open(review / "blind.html")
    browser.type("me")
    browser.press("Enter")
    names = []
    for _ in range(6):
        browser.press("Tab")
        names.append(browser.run("document.activeElement.name || document.activeElement.id"))
    assert [name for name in names if name in ("origin", "class", "confidence")] == ["origin", "class", "confidence"]
    assert {"frame", "zoom", "finish"} <= set(names)


def test_a_tablet_shows_image_and_questions_at_once_and_takes_taps(review, browser):
    browser.be_tablet()
    browser.open(review / "blind.html")
    browser.type("me")
    browser.tap("#start-form button")
    for choice in ("#origin label:nth-child(2)", "#class label:nth-child(1)", "#confidence label:nth-child(5)"):
        assert min(browser.box(choice)[2:]) >= 44
        browser.tap(choice)
    _, top, _, height = browser.box("#next")
    assert top + height <= 1024
    browser.tap("#next")
    assert browser.text("#place") == "Image 2 of 24"
    given = browser.run("state.answers[0]")
    assert (given["origin"], given["class"], given["confidence"]) == ("generated", "healthy", "5")


def test_class_names_with_html_in_them_stay_text(review, browser):
    """Settings refuse such names; the page does not rely on it."""
    content = content_of((review / "blind.html").read_text())
    classes = ["<img src=x onerror=window.bad=1>", "</script><script>window.bad=1</script>"]
    page = browser.downloads / "page.html"
    page.write_text(render_template("review/blind.html.j2", content=content | {"classes": classes}))
    browser.open(page)
    browser.type("<b>me</b>")
    browser.press("Enter", "r", "b", "1")
    shown = browser.run("[...document.querySelectorAll('#class label')].map(label => label.innerText)")
    assert [text.removesuffix(key).strip() for text, key in zip(shown, "AB", strict=True)] == classes
    assert browser.run("window.bad === undefined && document.querySelectorAll('[onerror], b').length === 0")
    assert browser.run("state.answers[0].class") == classes[1]


def test_every_control_has_a_name_for_screen_readers(review, browser):
    browser.open(review / "blind.html")
    browser.type("me")
    browser.press("Enter")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    shown = [node for node in nodes if not node["ignored"]]
    named = {node["role"]["value"]: [] for node in shown}
    for node in shown:
        named[node["role"]["value"]].append(node.get("name", {}).get("value"))
    assert len(named["radio"]) == 9
    assert named["image"] == ["Image 1 of 24"]
    assert {"Is it real or generated?", "Which class?", "How sure are you? 1 guessing, 5 certain"} <= set(
        named["group"]
    )
    assert all(name for role in ("radio", "button", "progressbar") for name in named[role])
