"""Pages from templates: html in one file that needs no other."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from leukgan.presentation.formatting import join_words, percent, quantity
from leukgan.presentation.tables import Row


@dataclass(frozen=True)
class Statement:
    """A sentence whose lead, before the colon, is printed bold."""

    lead: str
    text: str

    def __str__(self) -> str:
        """The sentence without markup."""
        return f"{self.lead}: {self.text}"


def render_template(template: str, **values: Any) -> str:
    """A page from a template of leukgan, by its path below leukgan/; all pages share one style."""
    environment = Environment(
        loader=PackageLoader("leukgan", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "data_uri": _data_uri,
        "grouped": _grouped,
        "inline": inline,
        "join_words": join_words,
        "percent": percent,
        "quantity": quantity,
        "thousands": "{:,}".format,
    }
    return environment.get_template(template).render(**values)


def inline(values: Mapping[str, Any]) -> str:
    """Settings in one line: name value, name value."""
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _grouped(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    return [(group, list(members)) for group, members in groupby(rows, key=lambda row: row.group)]


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
