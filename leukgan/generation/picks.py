"""Names of generated images that somebody picked, as generation.selection takes them."""

import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from leukgan.data.table import read_csv, text_of
from leukgan.errors import InputError
from leukgan.run_folder.files import read_given

COLUMNS = ("image", "class", "drawn", "checkpoint")  # of picks.csv; the last two are empty if no GAN of ours drew it


@dataclass(frozen=True)
class Picks:
    """Names of picked images, and from how many images of which checkpoint those of a class were picked."""

    names: list[str]  # such as leukemia_00012
    origins: dict[str, tuple[int, str]] = field(default_factory=dict)  # class -> images drawn, sha256 of the checkpoint


def read_picks(path: Path) -> Picks:
    """The picks of a review page's picks.csv, or of a text file with a name such as leukemia_00012.png on each line.

    Raises:
        InputError: The file is neither, or its images were not drawn by leukgan.
    """
    try:
        text = text_of(read_given(path))
    except (OSError, ValueError) as error:
        raise InputError(f"generation.selection={path} can't be read ({error}); export the picks again.") from None
    if not re.match(rf"{COLUMNS[0]}[,;\t]", text):
        return Picks([Path(line.strip()).stem for line in text.splitlines() if line.strip()])

    try:
        table = read_csv(io.StringIO(text))
        rows = table[list(COLUMNS)]
    except (KeyError, ValueError):
        raise InputError(
            f"generation.selection={path} is no picks.csv with the columns {', '.join(COLUMNS)}; export it again."
        ) from None
    return Picks([Path(name).stem for name in rows["image"]], _origins(rows, path))


def _origins(rows: pd.DataFrame, path: Path) -> dict[str, tuple[int, str]]:
    """The one origin of each class's images."""
    origins: dict[str, tuple[int, str]] = {}
    for name, drawn, checkpoint in zip(rows["class"], rows["drawn"], rows["checkpoint"], strict=True):
        if not (drawn.isascii() and drawn.isdigit() and checkpoint):
            raise InputError(
                f"generation.selection={path} has images of {name} that no GAN of leukgan drew; copy it into the "
                "folder of these images and give generated=FOLDER/" + f"{path.name}."
            )
        if origins.setdefault(name, (int(drawn), checkpoint)) != (int(drawn), checkpoint):
            raise InputError(f"generation.selection={path} has images of {name} from two pages; take those of one.")
    return origins
