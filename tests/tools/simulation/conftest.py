from functools import cache

import pytest

from leukgan.tools.simulation import studies
from leukgan.tools.simulation.scenarios import render_population


@pytest.fixture(scope="session", autouse=True)
def _render_each_population_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "render_population", cache(render_population))
        yield


@pytest.fixture(scope="session")
def population():
    return studies.render_population(count=480, seed=3)
