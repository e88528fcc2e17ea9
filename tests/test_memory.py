"""Law of memory: a process that does one study after another needs no more for the last than for the twentieth.

The study is the quick one with all its stages, and few images to measure; each fifth one draws its report's figures.
"""

import gc
import os
import shutil
from pathlib import Path

import pytest
from quick_study import load_study, read_as_the_report, train_here

from leukgan.metrics.registry import METRICS
from leukgan.presentation import figures
from leukgan.report import write_report

STUDIES = int(os.environ.get("LEUKGAN_STUDIES", "200"))
WARM = max(STUDIES // 10, 5)  # the fifth is the first with figures


def resident_megabytes():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def be_small(patch):
    """Train in this process, measure and draw little, and wait for no disk."""
    patch.setattr("leukgan.study.split_study.train_in_parallel", train_here)
    patch.setattr("leukgan.metrics.image_quality.IMAGES", 10)
    patch.setattr("leukgan.metrics.image_quality.NOISE_IMAGES", 10)
    patch.setattr("leukgan.metrics.two_sample.FOLDS", 2)
    for name in {*METRICS} - {"told", "kid", "precision", "ms_ssim"}:  # the others are fits and neighbours as these
        patch.delitem(METRICS, name)
    patch.setattr(figures, "DPI", 20)
    patch.setitem(figures.STYLE, "pdf.fonttype", 3)  # 42 spends half of a study on the subsets of its fonts
    patch.setattr(os, "fsync", lambda file: None)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read in /proc")
def test_many_studies_in_one_process_keep_its_memory_flat(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    be_small(monkeypatch)
    main, config = load_study()

    used = []
    for number in range(1, STUDIES + 1):
        monkeypatch.setattr("leukgan.report.write_report", read_as_the_report if number % 5 else write_report)
        main(config)
        shutil.rmtree("runs/toy")
        used.append(resident_megabytes())
        print(f"study {number}: {used[-1]:.1f} MB", flush=True)  # noqa: T201  (shown by -s)

    assert max(used[WARM:]) <= 1.05 * used[WARM - 1], used
