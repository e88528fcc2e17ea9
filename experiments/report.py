"""Tables, figures and report.html from the finished splits of a run folder."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import ReportSettings
from leukgan.run_folder.paths import RUNS


@app("report")
def main(config: ReportSettings) -> Path:
    from leukgan.report import write_report
    from leukgan.study import build_tracking

    leaky = None if config.leaky is None else RUNS / config.leaky
    curve = [RUNS / name for name in config.curve]
    return write_report(RUNS / config.name, leaky, tracking=build_tracking(config.logger), curve=curve)


if __name__ == "__main__":
    main()
