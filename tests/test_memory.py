"""Law of memory: a process that does one study after another needs no more for the last than for the twentieth."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from quick_study import load_study, train_here

STUDIES = int(os.environ.get("LEUKGAN_STUDIES", "200"))
WARM = STUDIES // 10


def resident_megabytes():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read in /proc")
def test_many_studies_in_one_process_keep_its_memory_flat(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("leukgan.study.split_study.train_in_parallel", train_here)
    main, config = load_study()
    used = []
    for _ in range(STUDIES):
        main(config)
        shutil.rmtree("runs/toy")
        used.append(resident_megabytes())
    assert max(used[WARM:]) <= 1.05 * used[WARM - 1], used
