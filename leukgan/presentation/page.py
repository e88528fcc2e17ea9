"""Pages from templates: html in one file that needs no other."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from leukgan.presentation.formatting import join_words, percent, quantity


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
        "data_uri": lambda png: f"data:image/png;base64,{base64.b64encode(png).decode()}",
        "grouped": lambda rows: [(group, [*members]) for group, members in groupby(rows, key=attrgetter("group"))],
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
