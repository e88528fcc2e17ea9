"""Laws of provenance: the command as typed, the versions as installed."""

import shlex
import shutil
from importlib import metadata

import pytest

import leukgan
from leukgan.run_folder import provenance


def test_the_code_s_version_starts_with_the_package_s():
    version, _, commit = provenance.code_version().partition("+")
    assert version == leukgan.__version__
    assert all(character.isalnum() or character == "-" for character in commit)


def test_the_code_s_version_needs_no_git(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert provenance.code_version() == leukgan.__version__
    monkeypatch.setenv("LEUKGAN_REVISION", "1a2b3c4")  # set by the container, which holds no checkout
    assert provenance.code_version() == f"{leukgan.__version__}+1a2b3c4"


def test_versions_are_those_installed():
    versions = provenance.package_versions()
    assert versions["torch"] == metadata.version("torch")
    assert set(versions) == {*provenance.PACKAGES, "python"}


def test_the_processor_is_told_with_its_threads():
    assert provenance.processor().endswith(" threads")
    assert not provenance.processor().startswith(",")


def test_the_command_is_told_as_it_was_typed(monkeypatch):
    typed = ["experiments/study.py", "data=folder", "data.classes=[a,b]", "name=my cells"]
    monkeypatch.setattr("sys.argv", [typed[0], typed[1], f"++{typed[2]}", typed[3]])
    assert shlex.split(provenance.command()) == ["python", *typed]


def test_the_command_hides_the_password_of_a_database(monkeypatch):
    shown = "storage=postgresql://me:***@host/db?password=***&sslmode=no&sslpassword=***&API_Token=***"
    typed = shown.replace(":***@", ":se:cret@").replace("***", "se:c+ret")
    monkeypatch.setattr("sys.argv", ["search.py", typed, "name=a:b@c", "output=a?password=b"])
    assert shlex.split(provenance.command()) == ["python", "search.py", shown, "name=a:b@c", "output=a?password=b"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("storage=postgresql://me:se/cret@host/db", "storage=postgresql://me:***@host/db"),
        ("storage=postgresql://me:cr@se@host/db", "storage=postgresql://me:***@host/db"),
        ("logger.mlflow.tracking_uri=https://secret@host/x", "logger.mlflow.tracking_uri=https://***@host/x"),
        ("logger.comet.api_key=secret", "logger.comet.api_key=***"),
        ("logger.x={_target_: a.B, api_key: 'secret', tags: [a]}", "logger.x={_target_: a.B, api_key: ***, tags: [a]}"),
        ("callbacks.mine={'password' : secret}", "callbacks.mine={'password' : ***}"),
        ("split.test_fraction=0.2", "split.test_fraction=0.2"),
    ],
)
def test_the_command_hides_what_is_nobody_else_s(monkeypatch, typed, shown):
    monkeypatch.setattr("sys.argv", ["study.py", typed])
    assert shlex.split(provenance.command()) == ["python", "study.py", shown]
