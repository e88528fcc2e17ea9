"""The csv files of a run folder: text stays text at every read, whatever it looks like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukgan.run_folder.files import damaged

if TYPE_CHECKING:  # every command imports this module, also to print its help
    import pandas as pd

TEXT = (  # columns whose values may look like a number, a boolean or nothing: 01, true, NA
    *("protocol", "control", "classifier", "training_set", "test_set", "class", "kind", "image"),
    *("measure", "metric", "features", "nearest", "sha256", "checkpoint", "source", "against"),
)
MISSING = ("", "nan")  # of a number


def read_rows(path: Path, text: tuple[str, ...] = TEXT) -> pd.DataFrame:
    """The rows of a csv file that leukgan wrote, with the columns named in `text` as text.

    Raises:
        InputError: The file is damaged.
    """
    import pandas as pd

    try:
        names = pd.read_csv(path, nrows=0).columns
        return pd.read_csv(
            path,
            dtype={name: str for name in names if name in text},
            keep_default_na=False,
            na_values={name: MISSING for name in names if name not in text},
        )
    except ValueError as error:  # of pandas, or of text that is none
        raise damaged(path, error) from error
