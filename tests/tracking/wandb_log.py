"""What an offline log of Weights & Biases holds: its file is LevelDB's log of protobuf records behind seven bytes."""

import json
import struct
import time
from pathlib import Path
from types import SimpleNamespace

from wandb.proto.wandb_internal_pb2 import Record

BLOCK, WHOLE, LAST = 32768, 1, 4


def records(path):
    """The records of a log, as far as it is whole."""
    data, at, parts = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (WHOLE, LAST) and at <= len(data):
            yield Record.FromString(parts)
            parts = b""


def read_log(path):
    """A run: id, name, group, job_type, tags, config, rows, artifacts and exit_code, None where it has not ended.

    smallest: Metrics of which the summary keeps the smallest value.
    staged: Files outside the log that hold its tables.
    """
    log = SimpleNamespace(path=path, rows=[], artifacts={}, staged=[], smallest=set(), exit_code=None)
    for record in records(path):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
            log.id, log.name, log.group, log.job_type = run.run_id, run.display_name, run.run_group, run.job_type
            log.tags, log.config = set(run.tags), {i.key: json.loads(i.value_json) for i in run.config.update}
        elif kind == "history":
            row = {}
            for item in record.history.item:
                *parents, name = item.nested_key or [item.key]
                inner = row
                for parent in parents:
                    inner = inner.setdefault(parent, {})
                inner[name] = json.loads(item.value_json)
            log.rows.append(row)
        elif kind == "artifact":
            files = {entry.path: entry.local_path for entry in record.artifact.manifest.contents}
            if record.artifact.type == "run_table":
                log.staged += map(Path, files.values())
            else:
                log.artifacts[record.artifact.name] = SimpleNamespace(type=record.artifact.type, files=files)
        elif kind == "metric" and record.metric.summary.min:
            log.smallest.add(record.metric.name)
        elif kind == "exit":
            log.exit_code = record.exit.exit_code
    return log


def read_logs(folder, ended=True):
    """All runs of a folder and those below it, in the order in which they were started.

    The service that writes them may be late: the end of those that have `ended` is waited for.
    """
    paths = sorted(folder.rglob("offline-run-*/run-*.wandb"), key=lambda path: path.parent.name)
    deadline = time.monotonic() + 30
    while ended and any(read_log(path).exit_code is None for path in paths) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [read_log(path) for path in paths]
