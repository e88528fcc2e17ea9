"""Laws of the run folder: a file is whole or absent, a hash is its content's, no run starts without room."""

import hashlib
import json
import shlex
import shutil
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

import leukgan
from leukgan.errors import InputError
from leukgan.run_folder import files as runs

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("written", "read"), [("grün\n", "grün\n".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")])
def test_a_file_holds_what_was_written(tmp_path, written, read):
    path = tmp_path / "a" / "b" / "file.txt"
    runs.write_atomic(path, written)
    assert path.read_bytes() == read
    assert list(path.parent.iterdir()) == [path]


def test_writing_replaces_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    for text in ("a longer old text", "new"):
        runs.write_atomic(path, text)
    assert path.read_text() == "new"


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = tmp_path / "file.txt"
    runs.write_atomic(path, "old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((runs.os, "fsync") if broken == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match="No space"):
        runs.write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_first_write_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        runs.write_atomic(tmp_path / "file.txt", None)
    assert list(tmp_path.iterdir()) == []


def test_json_comes_back(tmp_path):
    value = {"name": "grün", "numbers": [1, 2.5, None], "nested": {"yes": True}}
    path = tmp_path / "value.json"
    runs.write_json(path, value)
    assert runs.read_json(path) == value == json.loads(path.read_text())
    assert path.read_bytes().endswith(b"\n")


def test_json_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "value.json"
    runs.write_json(path, 1)
    with pytest.raises(TypeError):
        runs.write_json(path, {"path": tmp_path})
    assert runs.read_json(path) == 1


def test_no_json_is_none(tmp_path):
    assert runs.read_json(tmp_path / "absent.json") is None


def test_a_hash_is_that_of_the_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 100_000)
    assert runs.sha256_of(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()


@pytest.mark.parametrize("folder", ["runs/toy/split-00", "."])
def test_a_full_disk_is_told_before_the_start(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    asked = []

    def usage(path):
        asked.append(Path(path))
        return Usage(0, 0, 100 * 2**20)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    runs.check_space(Path(folder), 100)
    with pytest.raises(InputError) as caught:
        runs.check_space(Path(folder), 101)
    assert str(caught.value) == (
        f"the disk of the run folder {folder} has 100 MiB free and this run needs 101 MiB; "
        "make room or start in another folder."
    )
    assert all(path.resolve() == tmp_path for path in asked)


def test_the_code_s_version_starts_with_the_package_s():
    version, _, commit = runs.code_version().partition("+")
    assert version == leukgan.__version__
    assert all(character.isalnum() or character == "-" for character in commit)


def test_the_code_s_version_needs_no_git(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert runs.code_version() == leukgan.__version__
    monkeypatch.setenv("LEUKGAN_REVISION", "1a2b3c4")  # set by the container, which holds no checkout
    assert runs.code_version() == f"{leukgan.__version__}+1a2b3c4"


def test_versions_are_those_installed():
    versions = runs.package_versions()
    assert versions["torch"] == metadata.version("torch")
    assert set(versions) == {*runs.PACKAGES, "python"}


def test_the_processor_is_told_with_its_threads():
    assert runs.processor().endswith(" threads")
    assert not runs.processor().startswith(",")


def test_the_command_is_told_as_it_was_typed(monkeypatch):
    typed = ["experiments/study.py", "data=folder", "data.classes=[a,b]", "name=my cells"]
    monkeypatch.setattr("sys.argv", [typed[0], typed[1], f"++{typed[2]}", typed[3]])
    assert shlex.split(runs.command()) == ["python", *typed]


def test_the_command_hides_the_password_of_a_database(monkeypatch):
    monkeypatch.setattr("sys.argv", ["search.py", "storage=postgresql://me:se:cret@host/db", "name=a:b@c"])
    assert shlex.split(runs.command()) == ["python", "search.py", "storage=postgresql://me:***@host/db", "name=a:b@c"]
