"""The confusion matrices behind a published table of percentages, and the cells that can't be right."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import VerifyTableSettings
from leukgan.presentation.console import status


@app("verify_table")
def main(config: VerifyTableSettings) -> Path | None:
    from leukgan.run_folder.files import write_atomic
    from leukgan.tools.verify_table import csv_of, decode, matrices_file, read_table, text_of

    table = read_table(config.table)
    output = matrices_file(config.output, config.table)
    with status("Trying all test sets"):
        decoding = decode(table, config.max_n)
    print(text_of(decoding))
    if output is not None:
        write_atomic(output, csv_of(decoding))
    return output


if __name__ == "__main__":
    main()
