"""How fast a GAN's generator step is on this machine, beside a plain one; --help tells the columns."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.run_folder.files import write_atomic
from leukgan.tools.benchmark import BenchmarkSettings, benchmark_of, json_of, measure, prepare_process, table_of


@app("benchmark")
def main(config: BenchmarkSettings) -> Path | None:
    benchmark = benchmark_of(config)
    prepare_process(config.threads)
    console = Console(stderr=True)
    rows = []
    with console.status("") as status:
        for case in benchmark.cases:
            console.print(f"Measuring {case} on {benchmark.device}")
            rows.append(measure(benchmark, case, status.update))
    print(table_of(rows))
    if benchmark.output is not None:
        write_atomic(benchmark.output, json_of(rows))
    return benchmark.output


if __name__ == "__main__":
    main()
