"""Prints what pyproject.toml requires, with the extra that is named: `requirements.py EXTRA`."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
for requirement in [*project["dependencies"], *project["optional-dependencies"][sys.argv[1]]]:
    print(requirement)
