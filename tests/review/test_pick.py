"""Laws of the page to pick from, in a real browser: what is kept comes back, and a study takes it."""

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from apps import refusal_of, run_app
from PIL import Image
from review.conftest import SHORT, content_of

from leukgan.errors import InputError
from leukgan.review.encoding import encode_alike
from leukgan.run_folder.files import sha256_of

STATES = "Object.fromEntries([...document.querySelectorAll('.card')].map(c => [c.innerText.split('\\n')[0].trim(), "
STATES += "c.querySelector('.state').textContent]))"


def states(browser, wanted):
    """Names of the cards in this state, in the order of the grid."""
    return [name for name, state in browser.run(STATES).items() if state == wanted]


def picks(browser):
    browser.click("#export")
    return list(csv.DictReader(browser.downloaded("picks.csv").read_text().splitlines()))


def names(first, last, of="healthy"):
    return [f"{of}_{number:05d}.png" for number in range(first, last)]


def test_twenty_picks_of_a_browser_become_a_study_without_training(page, folder, browser, monkeypatch):
    browser.open(page)
    browser.press("ArrowRight", *"kkdk")  # from the second image on: keep, keep, drop, keep
    for name in ("healthy", "leukemia"):
        browser.choose("#of", name)
        browser.choose("#show", "")  # open ones
        browser.press("n")
        browser.press(*("k" * (7 if name == "healthy" else 10)))
    assert browser.text("#count") == "21 of 40 decided; kept: 10 healthy, 10 leukemia"
    chosen = picks(browser)
    assert len(chosen) == 20
    assert browser.requests() == []

    shutil.copy(browser.downloads / "picks.csv", folder)
    monkeypatch.setattr("leukgan.study.split_study.train_in_parallel", None)
    settings = ("gans_from=toy", "name=picked", "generation.per_class=10", "generation.selection=picks.csv")
    assert run_app("generate", folder, *SHORT, *settings) == 0
    split = folder / "runs" / "picked" / "split-00"
    kept = [path.name for path in sorted(split.glob("generated/*/*.png"))]
    assert kept == sorted(row["image"] for row in chosen)
    provenance = json.loads((split / "provenance.json").read_text())
    assert provenance["picks"] == {"file": "picks.csv", "sha256": sha256_of(folder / "picks.csv")}


def test_the_images_that_are_shown_are_those_that_are_drawn(page, folder, browser):
    """To the pixel, as the browser decodes them."""
    browser.open(page)
    browser.press("k")
    browser.choose("#of", "leukemia")
    browser.press("k")
    script = "(async () => { const i = new Image(); i.src = source(content.images[0]); await i.decode();"
    script += " const c = document.createElement('canvas').getContext('2d'); c.drawImage(i, 0, 0);"
    script += " return [...c.getImageData(0, 0, i.width, i.height).data]; })()"
    pixels = np.array(browser.run(script), np.uint8).reshape(32, 32, 4)[..., :3]
    picks(browser)

    shutil.copy(browser.downloads / "picks.csv", folder)
    settings = ("gans_from=toy", "name=picked", "generation.per_class=1", "generation.selection=picks.csv")
    assert run_app("generate", folder, *SHORT, *settings) == 0
    drawn = folder / "runs" / "picked" / "split-00" / "generated" / "healthy" / "healthy_00000.png"
    np.testing.assert_array_equal(np.asarray(Image.open(drawn)), pixels)


def test_undo_takes_back_step_by_step_and_a_reload_keeps_all(page, browser):
    browser.open(page)
    assert browser.run("byId('undo').disabled && byId('export').disabled")
    browser.press(*"kdk")
    browser.choose("#of", "leukemia")
    browser.click("#select-shown")
    browser.click("#drop-selected")
    assert len(states(browser, "dropped")) == 20
    browser.reload()
    assert browser.text("#count") == "23 of 40 decided; kept: 2 healthy, 0 leukemia"
    browser.press("u")
    assert states(browser, "dropped") == names(1, 2)
    browser.press("u", "u")
    browser.reload()
    assert states(browser, "kept") == names(0, 1)
    assert [row["image"] for row in picks(browser)] == names(0, 1)


def test_orders_are_those_of_the_scores(page, browser):
    browser.open(page)
    for order, key, sign in (("critic", "critic", -1), ("realism", "realism", -1), ("near", "distance", 1)):
        browser.choose("#sort", order)
        values = [browser.run(f"shown.map(place => candidates[place].{key})")][0]
        assert len(set(values)) > 10
        assert np.all(np.diff(np.array(values) * sign) >= 0)


def test_the_nearest_real_image_is_shown_on_demand_only(page, browser):
    browser.open(page)
    browser.press("ArrowRight", "z")
    assert browser.text("#name") == "healthy_00001.png, open"
    assert browser.run("byId('nearest').hidden")
    browser.press("r")
    assert browser.run("byId('nearest').checkVisibility() && byId('real').src === source(content.nearest[1])")
    browser.press("k", "Escape", "d")  # the next one is shown after keeping
    assert (states(browser, "kept"), states(browser, "dropped")) == (names(1, 2), names(2, 3))


def test_images_of_any_generator_are_picked_for_a_study_and_their_names_stay_text(folder, browser, capsys):
    """A name with HTML in it, and images of another size."""
    theirs = ("<img src=x onerror=window.bad=1>", "plain")
    for name in ("healthy", "leukemia"):
        (folder / "other" / name).mkdir(parents=True)
        for number, stem in enumerate(theirs):
            Image.new("RGB", (50, 40), (200, 90 * number, 80)).save(folder / "other" / name / f"{stem}.png")
    assert run_app("review", folder, "name=toy", "generated=other") == 0
    browser.open(folder / "runs" / "toy" / "review" / "pick.html")
    browser.press("k", "ArrowRight", "k", "z")
    assert browser.text("#name") == "leukemia/plain.png, open"
    browser.press("ArrowLeft")
    assert browser.text("#name") == "leukemia/<img src=x onerror=window.bad=1>.png, kept"
    assert browser.run("window.bad === undefined && document.querySelectorAll('[onerror]').length === 0")
    browser.press("Escape")
    assert browser.text("#use") == "generated=FOLDER/picks.csv generation.per_class=1"
    kept = [f"{name}/{theirs[0]}.png" for name in ("healthy", "leukemia")]
    assert [row["image"] for row in picks(browser)] == kept

    # Beside the images, the file is a table of them.
    shutil.copy(browser.downloads / "picks.csv", folder / "other")
    settings = (*SHORT, "name=picked", "generation.per_class=1")
    assert run_app("generate", folder, *settings, "generated=other/picks.csv") == 0
    manifests = [
        pd.read_csv(folder / f"runs/picked/split-00/generated/{name}/manifest.csv") for name in ("healthy", "leukemia")
    ]
    assert pd.concat(manifests)["source"].tolist() == kept
    refused = (*settings, "name=refused", "gans_from=toy", "generation.selection=other/picks.csv")
    assert run_app("generate", folder, *refused) == 1
    said = "has images of healthy that no GAN of leukgan drew; copy it into the folder of these images"
    assert said in capsys.readouterr().err

    # Pages of that run have the names that its generator gave.
    assert run_app("review", folder, "name=picked") == 0
    page = content_of((folder / "runs" / "picked" / "review" / "pick.html").read_text())
    assert [candidate["name"] for candidate in page["candidates"]] == kept
    blind = ("name=picked", "mode=blind", "parts=[train]", "images=4")
    assert run_app("review", folder, *blind) == 0
    key = pd.read_csv(folder / "runs" / "picked" / "review" / "key.csv")
    assert sorted(key.loc[key["origin"] == "generated", "image"]) == kept


def test_a_tablet_shows_both_images_and_every_button_at_once_and_takes_taps(page, browser):
    browser.be_tablet()
    browser.open(page)
    browser.tap(".card button")
    browser.tap("#reveal")
    for control in ("#large", "#real", "#zoom-keep", "#zoom-drop", "#zoom-next", "#reveal", "#close"):
        left, top, width, height = browser.box(control)
        assert left >= 0 <= top
        assert left + width <= 768
        assert top + height <= 1024
        assert min(width, height) >= 44
    browser.tap("#zoom-keep")
    browser.tap("#zoom-drop")
    browser.tap("#close")
    browser.tap(".card:nth-child(4) input")
    browser.tap("#keep-selected")
    assert states(browser, "kept") == ["healthy_00000.png", "healthy_00003.png"]
    assert states(browser, "dropped") == names(1, 2)
    browser.tap("#undo")
    assert states(browser, "kept") == names(0, 1)


def test_the_image_that_keys_act_on_is_framed(page, browser):
    """By pixels: what a card shows beyond its edge can be cut off."""
    browser.open(page)
    browser.press("ArrowRight")
    browser.screenshot(browser.downloads / "focus.png")
    screen = np.asarray(Image.open(browser.downloads / "focus.png").convert("RGB"))
    for card, wanted in ((1, False), (2, True)):
        left, top, width, _ = (round(end) for end in browser.box(f".card:nth-child({card})"))
        above = screen[top - 5 : top, left : left + width].reshape(-1, 3)
        assert (above == (11, 90, 143)).all(axis=1).any() == wanted


def test_every_control_has_a_name_for_screen_readers(page, browser):
    """Those of the page, and those of the dialog, which hides the page from them."""
    roles = ("button", "checkbox", "combobox", "progressbar", "textbox", "radio", "dialog")
    browser.open(page)
    for fewest, key in ((40, "z"), (5, "Escape")):
        nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
        controls = [node for node in nodes if node.get("role", {}).get("value") in roles and not node["ignored"]]
        assert len(controls) > fewest
        assert [node["role"]["value"] for node in controls if not node["name"]["value"]] == []
        browser.press(key)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("name=nowhere",), "runs/nowhere/split-00 is no split of a study"),
        (("name=toy", "split=3"), "runs/toy/split-03 is no split of a study"),
        (("name=toy", "class_name=cat"), "class_name must be healthy or leukemia, got 'cat'"),
        (
            ("name=toy", "generated=nowhere"),
            "generated=nowhere is no folder and no csv file; give the folder that has a folder for each class",
        ),
        (("name=toy", "mode=guess"), "mode must be pick or blind"),
        (("name=toy", "mode=blind", "precision=0.7"), "precision must be from 0.01 to below 0.5"),
        (("name=toy", "mode=blind", "images=400"), "images=400 must be a multiple of 4 up to"),
    ],
)
def test_wrong_settings_are_a_sentence(finished, arguments, said):
    assert said in refusal_of("review", finished, *arguments)


def test_a_changed_checkpoint_is_refused(folder):
    with (folder / "runs/toy/split-00/gan/leukemia/last.ckpt").open("ab") as file:
        file.write(b"x")
    assert "last.ckpt is missing or was changed" in refusal_of("review", folder, "name=toy", "images=8")


def test_a_page_that_gets_too_large_has_all_its_images_as_jpeg_and_beyond_that_is_refused(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 64, 64), dtype=np.uint8)
    mime, png = encode_alike(images, equal_lengths=True)
    assert mime == "image/png"
    monkeypatch.setattr("leukgan.review.encoding.LIMIT", sum(map(len, png)) - 1)
    mime, smaller = encode_alike(images, equal_lengths=True)
    assert mime == "image/jpeg"
    assert sum(map(len, smaller)) < sum(map(len, png))
    for encoded in (png, smaller):
        assert len(set(map(len, encoded))) == 1
    monkeypatch.setattr("leukgan.review.encoding.LIMIT", 100)
    with pytest.raises(InputError, match="4 images of 64 pixels take more than"):
        encode_alike(images, equal_lengths=True)
