"""How often the report's tests err and find, on studies whose truth is known; --help tells the columns."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.run_folder.files import write_atomic
from leukgan.tools.simulation import SimulationSettings, csv_of, simulate, simulation_of, text_of


@app("simulate")
def main(config: SimulationSettings) -> Path | None:
    simulation = simulation_of(config)
    with Console(stderr=True).status("") as status:
        rows = simulate(simulation, status.update)
    print(text_of(rows))
    if simulation.output is not None:
        write_atomic(simulation.output, csv_of(rows))
    return simulation.output


if __name__ == "__main__":
    main()
