"""Tables, figures and report.html from the finished splits of a run folder."""

from pathlib import Path

from omegaconf import DictConfig

from leukgan.app import app
from leukgan.reporting import write_report


@app("report")
def main(cfg: DictConfig) -> Path:
    runs = Path("runs")
    return write_report(runs / cfg.name, None if cfg.leaky is None else runs / cfg.leaky)


if __name__ == "__main__":
    main()
