"""Laws of files: whole or absent, text stays text, damage is a sentence, no run starts without room."""

import hashlib
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pandas as pd
import pytest

from leukgan.errors import InputError
from leukgan.run_folder import files as runs

Usage = namedtuple("Usage", "total used free")
PAIRS = [("0", "1"), ("01", "02"), ("1e3", "2e3"), ("true", "false"), ("NA", "None"), ("null", "nan"), ("", "inf")]


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


def test_what_a_killed_process_has_not_finished_is_swept(tmp_path):
    kept = [tmp_path / "last.ckpt", tmp_path / "gan" / "a.part", tmp_path / "gan" / ".status.json"]
    for path in (*kept, tmp_path / "gan" / ".last.ckpt.part", tmp_path / ".config.yaml.123.part"):
        runs.write_atomic(path, "x")
    runs.sweep_parts(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


def test_a_pipe_that_a_user_names_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "cells.csv")
    with pytest.raises(OSError, match="it is no file"):
        runs.read_given(tmp_path / "cells.csv")


@pytest.mark.parametrize("names", PAIRS)
def test_names_that_look_like_something_else_stay_text(tmp_path, names):
    written = pd.DataFrame({"class": names, "image": names[::-1], "kid": [0.5, float("nan")]})
    written.to_csv(tmp_path / "table.csv", index=False)
    pd.testing.assert_frame_equal(runs.read_rows(tmp_path / "table.csv"), written)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3\n4,5,6,7\n", b'a,b\n"1,2\n', b"a\n\xff\xfe\n"])
def test_damage_is_a_sentence_that_names_the_file(tmp_path, content):
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{path} is damaged \(.*\); delete {path}, "):
        runs.read_rows(path)
