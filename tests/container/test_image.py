"""Laws of the container image's files; the image itself is built on demand."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("buildah", "debootstrap", "crun")


@pytest.mark.parametrize("extra", ["tpu", "search"])
def test_the_image_gets_what_the_project_requires_with_an_extra(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    script = [sys.executable, "container/requirements.py", extra]
    printed = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert printed == [*project["dependencies"], *project["optional-dependencies"][extra]]


def test_all_that_the_image_is_made_of_is_there_and_given_to_the_build():
    copies = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copies for source in line.split()}
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"leukgan", "conf", "experiments", "hydra_plugins", "constraints.txt"} <= sources
    assert all((ROOT / source).exists() for source in sources)
    assert {source.partition("/")[0] for source in sources} == given


def test_a_torch_without_cuda_is_there_before_anything_asks_for_another(tmp_path):
    """By the commands of the build, whose pip only tells what it was asked for."""
    (run,) = re.findall(r"^RUN (python3 -m venv.*?[^\\])$", (ROOT / "Dockerfile").read_text(), re.M | re.S)
    pip = tmp_path / "pip"
    pip.write_text('#!/bin/sh\necho "$@"\n')
    pip.chmod(0o755)
    commands = run.replace("python3 -m venv /opt/venv", "true").replace("/opt/venv/bin/pip", str(pip))
    commands = commands.replace("> requirements.txt", "> /dev/null").replace(
        "requirements.py", "container/requirements.py"
    )
    asked = {}
    for index in ("", "file:///without-cuda"):
        done = subprocess.run(
            ["sh", "-c", commands],
            cwd=ROOT,
            env=os.environ | {"TORCH_INDEX": index, "EXTRA": "tpu"},
            capture_output=True,
            text=True,
            check=True,
        )
        asked[index] = done.stdout.splitlines()
    last = "install --requirement requirements.txt"
    assert asked[""] == [last]
    assert asked["file:///without-cuda"] == ["install --index-url file:///without-cuda torch torchvision", last]


def test_the_entry_lists_the_apps_where_none_is_named(tmp_path):
    entry = (ROOT / "container" / "run-app").read_text().replace("/opt/leukgan/experiments", str(ROOT / "experiments"))
    for arguments in ([], ["nothing"]):
        done = subprocess.run(["sh", "-c", entry, "run-app", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert {"study", "train_gan", "search"} <= set(done.stderr.splitlines())


@pytest.mark.slow
def test_the_image_is_built_and_whole():
    """With BUILD_IMAGE=FOLDER: a quarter of an hour, and 17 GB in FOLDER."""
    folder = os.environ.get("BUILD_IMAGE")
    if not folder:
        pytest.skip("BUILD_IMAGE names no folder to build an image in")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"building an image needs the superuser and Debian's packages {', '.join(TOOLS)}")
    script = ROOT / "container" / "build-without-engine.sh"
    done = subprocess.run([script, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "The image is whole" in done.stdout
