"""A toy study that a fault ends at ever later moments until none is left; a script, as it forks before any thread runs.

    python tests/faults.py FOLDER MOMENT ...

Each attempt ends at its MOMENT-th rename, by each fault in turn; the first at a file that may not grow. A line of JSON
tells of each attempt: the fault, the moment, and its sentence if it had the time for one.
"""

import errno
import itertools
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest
from quick_study import be_quick, load_study

from leukgan.errors import explain

FAULTS = ("kill", errno.ENOSPC, "kill", errno.EROFS, "kill", errno.EIO)
LARGE = 100_000  # bytes, of which a checkpoint has more


def break_at(moment, fault):
    """Let this process fail at a rename and at every later one, or at a large file."""
    replace, renames = os.replace, itertools.count(1)
    if fault == errno.EFBIG:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGE, LARGE))

    def replace_or_fail(source, target):
        if next(renames) >= moment and fault != errno.EFBIG:
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(fault, os.strerror(fault), str(target))
        replace(source, target)

    os.replace = replace_or_fail


def attempt(study, config, folder, number, moment=None, fault=None):
    """Run the study in a process of its own; whether it has ended well, and what it said."""
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.chdir(folder)
        clock = time.time
        time.time = lambda: clock() - 3600 * number  # set back before each attempt
        if fault:
            break_at(moment, fault)
        try:
            study(config)
            os._exit(0)
        except BaseException as error:
            os.write(there, (explain(error) or f"fault of the program: {error!r}").encode())
            os._exit(1)

    os.close(there)
    with os.fdopen(here) as told:
        sentence = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sentence


def main(folder, moments):
    be_quick(pytest.MonkeyPatch())
    study, config = load_study()
    for name in ("whole", "broken"):
        (folder / name).mkdir()
    code, sentence = attempt(study, config, folder / "whole", 0)
    assert code == 0, sentence
    faults = itertools.chain([errno.EFBIG], itertools.cycle(FAULTS))
    for number, (moment, fault) in enumerate(zip(moments, faults, strict=False), start=1):
        code, sentence = attempt(study, config, folder / "broken", number, moment, fault)
        told = {"fault": fault, "moment": moment, "code": code, "sentence": sentence}
        sys.stdout.write(json.dumps(told) + "\n")
        if code == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), [*map(int, sys.argv[2:])])
