import pytest

from leukgan.tools.simulation import SCENARIOS, Simulation, render_population


@pytest.fixture(scope="session")
def population():
    return render_population(count=600, seed=3)


@pytest.fixture
def toy():
    """Makes the settings of a simulation of seconds."""

    def make(**changes):
        sizes = {"studies": 3, "images": 20, "splits": 2, "test_fraction": 0.2, "extra": 10, "population": 140}
        return Simulation(**({"scenarios": tuple(SCENARIOS), "seed": 0} | sizes | changes))

    return make
