"""How often the report's tests err and find, on studies whose truth is known; --help tells the columns."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import output_file
from leukgan.presentation.console import status
from leukgan.tools.simulation.settings import SimulationSettings


@app("simulate")
def main(config: SimulationSettings) -> Path | None:
    from leukgan.run_folder.files import write_atomic
    from leukgan.tools.simulation.rates import text_of
    from leukgan.tools.simulation.studies import simulate

    output = output_file(config.output, "rates.csv")
    with status("") as show:
        rates = simulate(config, show)
    print(text_of(rates))
    if output is not None:
        write_atomic(output, rates.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    return output


if __name__ == "__main__":
    main()
