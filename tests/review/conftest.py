import json
import re
import shutil

import pytest
from apps import TOY, run_app
from review.browser import Browser, find_browser

SHORT = (
    *(part for part in TOY if "steps" not in part),
    *("generator_steps=2", "quality.track_every=0", "classifiers=[svm]", "training_sets=[real,real+gen]"),
)
BLIND = ("name=toy", "mode=blind", "parts=[train,validation,test]", "images=24")


def content_of(page):
    """What the script of a page reads."""
    return json.loads(re.search(r'id="content">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a finished toy study called toy, with a page of 40 images to pick from and a blind one of 24."""
    folder = tmp_path_factory.mktemp("finished")
    for name in ("train_gan", "generate", "classify"):
        assert run_app(name, folder, *SHORT, "name=toy") == 0
    assert run_app("review", folder, "name=toy", "images=40") == 0
    assert run_app("review", folder, *BLIND) == 0
    return folder


@pytest.fixture(scope="session")
def page(finished):
    """The page to pick from."""
    return finished / "runs" / "toy" / "review" / "pick.html"


@pytest.fixture(scope="session")
def review(finished):
    """The folder of the blind page and its key."""
    return finished / "runs" / "toy" / "review"


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(finished, tmp_path / "work")


@pytest.fixture
def browser(tmp_path):
    """A browser that saves files in its attribute `downloads`."""
    if find_browser() is None:
        pytest.skip("no Chromium or Chrome is on the path and LEUKGAN_BROWSER names none")
    (tmp_path / "downloads").mkdir()
    browser = Browser(tmp_path / "downloads")
    yield browser
    browser.close()
