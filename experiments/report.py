"""Tables, figures and report.html from the finished splits of a run folder."""

from pathlib import Path

from omegaconf import DictConfig

from leukgan.cli import app
from leukgan.report import write_report
from leukgan.study.settings import tracking_of


@app("report")
def main(cfg: DictConfig) -> Path:
    runs = Path("runs")
    leaky = None if cfg.leaky is None else runs / cfg.leaky
    return write_report(runs / cfg.name, leaky, tracking=tracking_of(cfg))


if __name__ == "__main__":
    main()
