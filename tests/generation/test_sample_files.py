"""Laws of the files of seeded samples: what it says is what it holds, to the byte, and nobody else's file is lost."""

import hashlib
import zipfile
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from leukgan.errors import InputError
from leukgan.generation import SeededSamples, parse_seeds, write_samples
from leukgan.generation.sample_files import ARRAYS, COLUMNS
from leukgan.presentation.console import silent


class Stopped(BaseException):
    """A kill: nothing gets to tidy up after it."""


def write(checkpoint, folder, seeds="0-2", kind="png", progress=silent, **settings):
    return write_samples(
        SeededSamples(checkpoint, parse_seeds(seeds), **settings), folder, kind=kind, progress=progress
    )


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stop_after(count):
    left = iter(range(count))

    def progress(words, done, total):
        if next(left, None) is None:
            raise Stopped

    return progress


def test_each_image_is_a_file_and_a_line(checkpoint, tmp_path):
    folder = tmp_path / "new" / "images"
    assert write(checkpoint, folder, "7+3", interpolation=2, truncation=0.7) == folder
    table = pd.read_csv(folder / "manifest.csv")
    assert tuple(table) == COLUMNS
    drawn = list(SeededSamples(checkpoint, parse_seeds("7+3"), interpolation=2, truncation=0.7))
    assert table["image"].tolist() == ["seed_00007.png", "seed_00007_to_00003_step_01.png", "seed_00003.png"]
    assert sorted(bytes_of(folder)) == sorted([*table["image"], "manifest.csv"])
    for row, (frame, pixels) in zip(table.itertuples(), drawn, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(folder / row.image)).transpose(2, 0, 1), pixels)
        assert row.sha256 == hashlib.sha256((folder / row.image).read_bytes()).hexdigest()
        assert (row.seed, row.to_seed, row.part) == (frame.seed, frame.to_seed, frame.part)
    assert set(table["truncation"]) == {0.7}
    assert set(table["checkpoint"]) == {hashlib.sha256(checkpoint.read_bytes()).hexdigest()}
    assert table["label"].isna().all()


def test_npz_holds_the_images_of_the_png_files(conditional, tmp_path):
    assert write(conditional, tmp_path / "a", "0-20", label=1) == tmp_path / "a"
    assert write(conditional, tmp_path / "b", "0-20", "npz", label=1) == tmp_path / "b" / "images.npz"
    table = pd.read_csv(tmp_path / "a" / "manifest.csv")
    assert list(bytes_of(tmp_path / "b")) == ["images.npz"]
    with np.load(tmp_path / "b" / "images.npz", allow_pickle=False) as arrays:
        assert tuple(arrays) == ARRAYS
        assert arrays["images"].shape == (21, 3, 32, 32)
        assert arrays["images"].dtype == np.uint8
        for name, pixels in zip(table["image"], arrays["images"], strict=True):
            np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a" / name)).transpose(2, 0, 1), pixels)
        assert arrays["seeds"].tolist() == arrays["to_seeds"].tolist() == list(range(21))
        assert arrays["parts"].tolist() == table["part"].tolist()
        assert arrays["label"].tolist() == [1] == list(set(table["label"]))
        assert arrays["truncation"] == 1
        assert str(arrays["checkpoint"]) == table["checkpoint"][0]


@pytest.mark.parametrize("kind", ["png", "npz"])
def test_the_same_samples_give_the_same_bytes(kind, checkpoint, tmp_path, monkeypatch):
    write(checkpoint, tmp_path / "a", kind=kind)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    write(checkpoint, tmp_path / "b", kind=kind)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    if kind == "npz":
        with zipfile.ZipFile(tmp_path / "b" / "images.npz") as archive:
            assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("before", ["png", "npz"])
@pytest.mark.parametrize("after", ["png", "npz"])
def test_earlier_samples_are_replaced(before, after, checkpoint, tmp_path):
    write(checkpoint, tmp_path / "a", "0-2", kind=before)
    write(checkpoint, tmp_path / "a", "5-6", kind=after)
    write(checkpoint, tmp_path / "b", "5-6", kind=after)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


@pytest.mark.parametrize("kind", ["png", "npz"])
@pytest.mark.parametrize("done", [0, 17])
def test_a_stopped_call_leaves_no_result_and_the_next_one_replaces_it(kind, done, checkpoint, tmp_path):
    with pytest.raises(Stopped):
        write(checkpoint, tmp_path / "a", "0-19", kind, stop_after(done))
    assert not {"manifest.csv", "images.npz"} & set(bytes_of(tmp_path / "a"))
    write(checkpoint, tmp_path / "a", "3-5", kind)
    write(checkpoint, tmp_path / "b", "3-5", kind)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_files_that_a_kill_left_aside_are_replaced(checkpoint, tmp_path):
    write(checkpoint, tmp_path / "a")
    whole = bytes_of(tmp_path / "a")
    manifest = tmp_path / "a" / "manifest.csv"
    torn = manifest.rename(tmp_path / "a" / ".manifest.csv.part")
    torn.write_bytes(torn.read_bytes()[:-9])  # the last image was not written
    (tmp_path / "a" / "seed_00002.png").rename(tmp_path / "a" / ".seed_00002.png.4711.part")
    (tmp_path / "a" / ".images.npz.part").write_bytes(b"PK")
    write(checkpoint, tmp_path / "a")
    assert bytes_of(tmp_path / "a") == whole


def test_a_replacement_that_is_stopped_leaves_no_manifest_of_absent_images(checkpoint, tmp_path, monkeypatch):
    write(checkpoint, tmp_path / "a", "0-9")
    unlink = type(tmp_path).unlink
    allowed = iter(range(4))

    def stopping(path, missing_ok=False):
        if next(allowed, None) is None:
            raise Stopped
        unlink(path, missing_ok)

    monkeypatch.setattr(type(tmp_path), "unlink", stopping)
    with pytest.raises(Stopped):
        write(checkpoint, tmp_path / "a", "20-22")
    monkeypatch.undo()
    assert "manifest.csv" not in bytes_of(tmp_path / "a")
    write(checkpoint, tmp_path / "a", "20-22")
    assert sorted(bytes_of(tmp_path / "a")) == ["manifest.csv", *(f"seed_000{n}.png" for n in (20, 21, 22))]


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "seed_00007.png", "seed_00001.png", "manifest.csv", ".manifest.csv.part", "images.npz"],
)
def test_a_folder_with_anything_else_is_refused_and_keeps_it(name, checkpoint, tmp_path):
    write(checkpoint, tmp_path / "a", kind="png" if name != "images.npz" else "npz")
    (tmp_path / "a" / name).write_bytes(b"image,class,label\nmine")
    before = bytes_of(tmp_path / "a")
    with pytest.raises(InputError, match=r"holds .*, which is not as an earlier generate\.py has left it") as refusal:
        write(checkpoint, tmp_path / "a")
    assert "\n" not in str(refusal.value)
    assert bytes_of(tmp_path / "a") == before


def test_an_npz_of_others_is_kept(checkpoint, tmp_path):
    np.savez(tmp_path / "images.npz", images=np.zeros(3))
    with pytest.raises(InputError, match=r"holds images\.npz"):
        write(checkpoint, tmp_path)


def test_a_folder_in_the_folder_is_refused(checkpoint, tmp_path):
    (tmp_path / "a" / "seed_00000.png").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds seed_00000\.png"):
        write(checkpoint, tmp_path / "a")


def test_a_file_is_no_folder(checkpoint, tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(InputError, match="is a file; give a folder"):
        write(checkpoint, tmp_path / "a")
    assert (tmp_path / "a").read_text() == "mine"


def test_an_unknown_format_is_refused_before_anything_is_written(checkpoint, tmp_path):
    with pytest.raises(InputError, match=r"format must be png or npz, got 'jpg'"):
        write(checkpoint, tmp_path / "a", kind="jpg")
    assert not (tmp_path / "a").exists()


def test_more_images_than_the_disk_can_hold_are_refused(checkpoint, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("leukgan.run_folder.files.shutil.disk_usage", lambda path: usage(2**40, 0, 2**30))
    with pytest.raises(InputError, match="has 1024 MiB free"):
        write(checkpoint, tmp_path / "a", "0-999999")
    assert not (tmp_path / "a").exists()


def test_files_are_written_while_other_images_are_not_yet_sampled(checkpoint, tmp_path):
    samples, ahead = SeededSamples(checkpoint, range(40)), []
    latents, drawn = samples.latents, []
    samples.latents = lambda: (drawn.append(1) or pair for pair in latents())
    write_samples(samples, tmp_path / "a", progress=lambda words, done, total: ahead.append(len(drawn) - done))
    assert len(ahead) == 40
    assert max(ahead) == 15  # a batch less the one just written


def test_every_written_image_is_listed_at_every_moment(checkpoint, tmp_path):
    told = []

    def progress(words, done, total):
        assert (words, total) == (f"image {done} of 20", 20)
        files = bytes_of(tmp_path / "a")
        told.append(len(files) - 1)
        assert told[-1] == done
        listed = [line.split(",")[0] for line in files.pop(".manifest.csv.part").decode().splitlines()[1:]]
        assert sorted(listed) == sorted(files)

    write(checkpoint, tmp_path / "a", "0-19", progress=progress)
    assert told == list(range(1, 21))
