"""Prints what pyproject.toml requires, with the extra that is named: `requirements.py EXTRA`."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
requirements = [*project["dependencies"], *project["optional-dependencies"][sys.argv[1]]]
sys.stdout.write("\n".join(requirements) + "\n")
