"""Tables, figures and report.html from the finished splits of a run folder."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import ReportSettings


@app("report")
def main(config: ReportSettings) -> Path:
    from leukgan.report import write_report
    from leukgan.study import build_tracking

    leaky = None if config.leaky is None else config.run(config.leaky)
    curve = [config.run(name) for name in config.curve]
    return write_report(config.run(config.name), leaky, tracking=build_tracking(config.logger), curve=curve)


if __name__ == "__main__":
    main()
