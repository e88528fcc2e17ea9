"""Laws of digests: a file and its digest fit each other at every moment, and another file is refused in a sentence."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from leukgan.errors import InputError
from leukgan.run_folder.digests import (
    check_digest,
    place_with_digest,
    read_json_with_digest,
    write_json_with_digest,
)


class KilledError(BaseException):
    """Stands for a kill, which no code can catch."""


def place(folder, content):
    (folder / "aside").write_bytes(content)
    place_with_digest(folder / "aside", folder / "last.ckpt")
    return folder / "last.ckpt"


def test_a_file_has_its_digest_beside_it_as_sha256sum_reads_it(tmp_path):
    path = place(tmp_path, b"new")
    assert (tmp_path / "last.ckpt.sha256").read_text() == f"{hashlib.sha256(b'new').hexdigest()}  last.ckpt\n"
    subprocess.run(["sha256sum", "--check", "last.ckpt.sha256"], cwd=tmp_path, check=True, capture_output=True)
    check_digest(path)


@pytest.mark.parametrize(("renames", "left"), [(0, b"old"), (1, b"old"), (2, b"new")])
def test_a_kill_before_any_rename_leaves_a_pair_that_fits(tmp_path, monkeypatch, renames, left):
    path, done, replace = place(tmp_path, b"old"), [], Path.replace

    def replace_or_die(self, target):
        if len(done) == renames:
            raise KilledError
        done.append(target)
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_or_die)
        with pytest.raises(KilledError):
            place(tmp_path, b"new")
    assert path.read_bytes() == left
    check_digest(path)
    check_digest(place(tmp_path, b"newer"))


def damage(path, how):
    content = path.read_bytes()
    changed = {"a bit": bytes([content[0] ^ 1]) + content[1:], "cut": content[:-1], "empty": b""}
    path.write_bytes(changed[how])


@pytest.mark.parametrize("how", ["a bit", "cut", "empty"])
def test_a_file_that_was_changed_is_refused_and_the_remedy_named(tmp_path, how):
    path = place(tmp_path, b"content")
    damage(path, how)
    anew = f"delete the folder {tmp_path}, and the same command trains the GAN anew."
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))} is damaged: .*; {re.escape(anew)}$"):
        check_digest(path)


@pytest.mark.parametrize(("gone", "said"), [("last.ckpt", "is missing"), ("last.ckpt.sha256", "sha256sum if you")])
def test_what_is_gone_is_refused(tmp_path, gone, said):
    path = place(tmp_path, b"content")
    (tmp_path / gone).unlink()
    with pytest.raises(InputError, match=said):
        check_digest(path)


def test_a_file_that_was_copied_away_alone_is_taken_where_no_digest_is_needed(tmp_path):
    path = place(tmp_path, b"content")
    (tmp_path / "last.ckpt.sha256").unlink()
    check_digest(path, required=False)


def test_json_with_a_digest_reads_as_it_was_written_and_a_changed_value_is_damage(tmp_path):
    path, value = tmp_path / "a.json", {"seed": 1, "seconds": {"gan": 0.1}, "name": "Zählung", "none": None}
    write_json_with_digest(path, value)
    assert read_json_with_digest(path) == value
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))} is damaged \(it is not the file that was written"):
        read_json_with_digest(path)
