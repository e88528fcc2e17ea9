"""Laws of runs on a server: all of it arrives, and no answer ends a stage or loses an artifact in silence."""

import threading

import numpy as np
import pandas as pd
import pytest
import wandb
from tracking.wandb_server import WandbServer

from leukgan.tracking.stages import Entry, Stage
from leukgan.tracking.weights_and_biases import WeightsAndBiases

STAGE = Stage(key="gan", name="toy-00-gan", group="toy", job_type="gan", config={"seed": 3}, tags=["WGANGP"])


@pytest.fixture
def track(tmp_path, monkeypatch):
    """Tracks a stage on a server; returns the server."""
    started = []

    def tracked(**answers):
        server = WandbServer(**answers)
        started.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": "local-" + "a" * 40, "no_proxy": "127.0.0.1"}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("WANDB_MODE", raising=False)
        wandb.teardown()

        (tmp_path / "last.ckpt").write_bytes(b"weights")
        with WeightsAndBiases(upload_seconds=20).run(tmp_path, STAGE) as run:
            run.log(Entry(step=1, values={"val/kid": 3.0}, pictures={"grid": np.zeros((3, 4, 5), np.uint8)}))
            run.log(Entry(step=2, values={"val/kid": 2.0}))
            run.log(Entry(step=3, values={"val/kid": 5.0}))
            run.log(Entry(tables={"scores": pd.DataFrame({"accuracy": [0.5]})}))
            run.keep("model", {"last.ckpt": tmp_path / "last.ckpt"})
        return server

    yield tracked
    wandb.teardown()
    for server in started:
        server.shutdown()
        server.server_close()


def test_all_of_a_run_arrives(track, capfd):
    server = track()
    assert [(row["_step"], row["val/kid"]) for row in server.rows[:3]] == [(1, 3), (2, 2), (3, 5)]
    assert server.rows[3]["scores"]["nrows"] == 1
    assert server.summary["val/kid"] == {"min": 2}
    assert server.ended == 0
    assert [server.runs[0][key] for key in ("project", "groupName", "jobType")] == ["leukgan", "toy", "gan"]
    assert server.files["/artifact/last.ckpt"] == b"weights"
    assert any(name.startswith("/run/media/images/grid_") for name in server.files)
    assert "has not taken" not in capfd.readouterr().err


@pytest.mark.parametrize("answers", [{"refuses": ["createArtifact("]}, {"misunderstands": ["ArtifactType("]}])
def test_a_refused_artifact_is_a_sentence_and_the_stage_ends_well(track, capfd, answers):
    server = track(**answers)
    assert server.ended == 0
    assert [row["val/kid"] for row in server.rows[:3]] == [3, 2, 5]
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert "Weights & Biases has not taken " in said
    assert "of toy-00-gan (" in said
