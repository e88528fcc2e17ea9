"""How fast a GAN's generator step is on this machine, beside a plain one; --help tells the columns."""

import json
from dataclasses import asdict
from pathlib import Path

from leukgan.cli import app
from leukgan.config import output_file
from leukgan.presentation.console import status, stderr_console
from leukgan.tools.benchmark.settings import BenchmarkSettings, parse_case


@app("benchmark")
def main(config: BenchmarkSettings) -> Path | None:
    from leukgan.run_folder.files import write_atomic
    from leukgan.tools.benchmark.machine import prepare_process
    from leukgan.tools.benchmark.measuring import measure, text_of

    output = output_file(config.output, "speed.json")
    prepare_process(config.threads)
    console = stderr_console()
    rows = []
    with status("", console) as show:
        for number, case in enumerate(map(parse_case, config.cases), start=1):
            console.print(f"Measuring {case} on {config.chosen_device}, case {number} of {len(config.cases)}")
            rows.append(measure(config, case, show))
    print(text_of(rows))
    if output is not None:
        write_atomic(output, json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return output


if __name__ == "__main__":
    main()
