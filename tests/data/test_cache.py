"""Laws of the cache: it gives what would be made, makes it once, and never what is damaged or another's."""

import multiprocessing

import numpy as np
import pytest

from leukgan.data.loading import cached

ARRAY = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4), dtype=np.uint8)


def never():
    raise AssertionError("made again")


def test_the_second_time_it_is_not_made_again(tmp_path):
    first, second = cached(tmp_path, "cells", lambda: ARRAY), cached(tmp_path, "cells", never)
    for found in (first, second):
        assert found.dtype == ARRAY.dtype
        np.testing.assert_array_equal(found, ARRAY)


@pytest.mark.parametrize("array", [np.zeros((0, 2), np.int64), np.array(3.5), np.asfortranarray(np.eye(3)[:, :2])])
def test_any_shape_and_kind_comes_back(tmp_path, array):
    cached(tmp_path, "key", lambda: array)
    found = cached(tmp_path, "key", never)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


def test_what_comes_back_may_be_written_to_and_the_cache_is_not(tmp_path):
    cached(tmp_path, "key", lambda: ARRAY)
    cached(tmp_path, "key", never)[:] = 0
    np.testing.assert_array_equal(cached(tmp_path, "key", never), ARRAY)


def test_another_key_has_another_array(tmp_path):
    cached(tmp_path, "one", lambda: ARRAY)
    np.testing.assert_array_equal(cached(tmp_path, "other", lambda: ARRAY + 1), ARRAY + 1)
    np.testing.assert_array_equal(cached(tmp_path, "one", never), ARRAY)
    assert len(list(tmp_path.iterdir())) == 2


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for array in (ARRAY, ARRAY + 1):
        np.testing.assert_array_equal(cached(None, "key", lambda array=array: array), array)
    assert not list(tmp_path.iterdir())


def test_a_file_damaged_anywhere_is_made_anew(tmp_path):
    cached(tmp_path, "key", lambda: ARRAY)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    places = [*range(0, len(whole), 7), len(whole) - 1]
    changed = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in places]
    for damaged in (*changed, b"", whole[:20], whole[:-1], whole + b"\0", b"\n".join(whole.split(b"\n")[1:])):
        path.write_bytes(damaged)
        made = []
        np.testing.assert_array_equal(cached(tmp_path, "key", lambda made=made: made.append(1) or ARRAY), ARRAY)
        assert made == [1]
        assert path.read_bytes() == whole


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    with pytest.raises(ValueError, match="pickle"):
        cached(tmp_path, "key", lambda: np.array([{}, None], dtype=object))
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_made_leaves_nothing(tmp_path):
    with pytest.raises(AssertionError):
        cached(tmp_path, "key", never)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_whole_is_not_there(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leukgan.run_folder.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cached(tmp_path, "key", lambda: ARRAY)
    assert not list(tmp_path.iterdir())


def keep_often(folder, barrier, results):
    large = np.random.default_rng(1).integers(0, 256, 2_000_000, dtype=np.uint8)
    same = True
    for turn in range(10):
        barrier.wait(60)
        same &= bool((cached(folder, f"turn {turn}", lambda: large) == large).all())
    results.put(same)


def test_two_processes_at_once_do_no_harm(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=keep_often, args=(tmp_path, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=120) for _ in workers] == [True, True]
    for worker in workers:
        worker.join()
    assert len(list(tmp_path.iterdir())) == 10  # nothing is left aside
    for turn in range(10):
        assert cached(tmp_path, f"turn {turn}", never).shape == (2_000_000,)
