"""Arrays that are kept beside the runs, so that the next run need not make them again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukgan.run_folder.files import write_atomic


def kept(folder: Path | None, key: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The array that `make` gives for this key: that of the folder where it is there and whole, or made and kept.

    Two processes at once do no harm: a file is whole or absent, and both write the same.

    Args:
        folder: Where arrays are kept; None: nowhere.
        key: Whatever decides the array, in words and hashes.
        make: Makes it.
    """
    if folder is None:
        return make()
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
    digest, _, data = path.read_bytes().partition(b"\n") if path.exists() else (b"", b"", b"")
    if digest and digest == hashlib.sha256(data).hexdigest().encode():
        found: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
        return found
    array = make()
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    write_atomic(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
    return array
