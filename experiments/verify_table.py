"""The confusion matrices behind a published table of percentages, and the cells that can't be right."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from leukgan.cli import app
from leukgan.run_folder.files import write_atomic
from leukgan.tools.verify_table import csv_of, decode, output_of, read_table, text_of


@app("verify_table")
def main(cfg: DictConfig) -> Path | None:
    table = read_table(cfg.table)
    output = output_of(cfg.output, cfg.table)
    with Console(stderr=True).status("Trying all test sets"):
        decoding = decode(table, cfg.max_n)
    print(text_of(decoding))
    if output is not None:
        write_atomic(output, csv_of(decoding))
    return output


if __name__ == "__main__":
    main()
