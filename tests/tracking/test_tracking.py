"""Laws of tracking: a run lies in its folder, ends with its block, says whether that failed, and never waits long."""

import json
import os
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pandas as pd
import pytest
import wandb
from PIL import Image
from tracking.wandb_log import read_logs

from leukgan.errors import InputError
from leukgan.tracking.stages import CSVOnly, Entry, Stage, stage_of
from leukgan.tracking.weights_and_biases import WeightsAndBiases

STAGE = Stage(key="00-gan", name="toy-00-gan", group="toy", job_type="gan", config={}, tags=["WGANGP"])
PROVENANCE = {
    "seconds": {"gan": 1.0},
    "gan": {"name": "WGANGP"},
    "data": {"source": "smears", "image_size": 64},
    "protocol": "clean",
}


@pytest.fixture
def environment(monkeypatch, tmp_path_factory):
    """Sets variables, and leaves no other of Weights & Biases' choices.

    Weights & Biases reads them once and keeps them for its process: the tests that follow read their own.
    """

    nowhere = tmp_path_factory.mktemp("home") / "none"

    def set_(**variables):
        for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_PROJECT"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"no_proxy": "127.0.0.1", "NETRC": str(nowhere), "HOME": str(nowhere), **variables}.items():
            monkeypatch.setenv(name, value)

    set_()
    wandb.teardown()
    yield set_
    wandb.teardown()


@pytest.fixture
def server():
    """Starts a server that gives every request one answer, and returns its address."""
    started = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(answer)
                self.end_headers()

            def log_message(self, *_):
                pass

        started.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=started[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{started[-1].server_port}"

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


@pytest.fixture
def asked(monkeypatch):
    """What Weights & Biases was last asked for, which starts no run."""

    class Run:
        def finish(self, exit_code):
            pass

        def define_metric(self, name, summary):
            pass

    options = {}
    monkeypatch.setattr(wandb, "init", lambda **given: options.update(given) or Run())
    return options


def test_a_run_lies_in_its_folder_whatever_the_working_directory(environment, tmp_path, monkeypatch):
    """Also for the second run of a process, whose service was started in the first one's working directory."""
    for place in ("one", "other"):
        (tmp_path / place).mkdir()
        monkeypatch.chdir(tmp_path / place)
        folder = tmp_path / place / "split-00"
        with WeightsAndBiases(project="toys", tags=["mine"]).run(
            folder.relative_to(tmp_path / place), replace(STAGE, config={"seed": 3})
        ) as run:
            picture = np.zeros((3, 4, 5), np.uint8)
            run.log(Entry(step=7, values={"train/loss": 1.5}, pictures={"grid": picture}))
            scores = pd.DataFrame({"set": ["real", None], "accuracy": [0.5, np.nan]})
            page, file = tmp_path / place / "split-00" / "page.html", tmp_path / place / "split-00" / "file.png"
            page.write_text("<html>all</html>")
            Image.new("RGB", (6, 2)).save(file)
            run.log(Entry(step=8, tables={"scores": scores}, pages={"report": page}, pictures={"file": file}))
            (folder / "last.ckpt").write_bytes(b"weights")
            run.keep("model", {"last.ckpt": folder / "last.ckpt"})
        assert list((tmp_path / place).iterdir()) == [folder]
        (log,) = read_logs(folder)
        assert (log.name, log.group, log.job_type, log.exit_code) == ("toy-00-gan", "toy", "gan", 0)
        assert log.tags == {"WGANGP", "mine"}
        assert log.config["seed"] == 3
        assert (log.rows[0]["_step"], log.rows[0]["train/loss"]) == (7, 1.5)
        assert (log.rows[0]["grid"]["width"], log.rows[0]["grid"]["height"]) == (5, 4)
        assert (log.path.parent / "files" / log.rows[0]["grid"]["path"]).exists()
        assert log.rows[1]["scores"]["nrows"] == 2
        kept = {name: log.path.parent / "files" / log.rows[1][name]["path"] for name in ("report", "file")}
        assert kept["report"].read_text().endswith("all</html>")
        assert kept["file"].read_bytes() == file.read_bytes()
        assert log.artifacts["toy-00-gan"].files == {"last.ckpt": str(folder / "last.ckpt")}
        assert [path for path in log.staged if folder not in path.parents] == []
    assert wandb.run is None
    assert "WANDB_DATA_DIR" not in os.environ


def test_a_failing_block_marks_its_run_as_failed(environment, tmp_path):
    nested = json.loads('{"nested": {"value": [1, 2]}}')
    with pytest.raises(KeyboardInterrupt), WeightsAndBiases().run(tmp_path, replace(STAGE, config=nested)):
        raise KeyboardInterrupt
    (log,) = read_logs(tmp_path)
    assert log.exit_code == 1
    assert log.config["nested"] == {"value": [1, 2]}
    assert wandb.run is None


def test_a_stage_continues_its_run_and_no_other(environment, asked, tmp_path):
    ids = []
    for folder, key in (("a", "gan"), ("a", "gan"), ("a", "generation"), ("b", "gan")):
        with WeightsAndBiases().run(tmp_path / folder, replace(STAGE, key=key)):
            ids.append(asked["id"])
            assert asked["resume"] == "allow"
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_artifacts_can_be_turned_off(environment, tmp_path):
    (tmp_path / "last.ckpt").write_bytes(b"weights")
    with WeightsAndBiases(artifacts=False).run(tmp_path, STAGE) as run:
        run.keep("model", {"last.ckpt": tmp_path / "last.ckpt"})
    assert read_logs(tmp_path)[0].artifacts == {}


def test_the_service_of_another_process_is_not_asked(environment, tmp_path, monkeypatch):
    """It may still hold a run whose process was killed, which then could not be continued."""
    wandb.teardown()
    monkeypatch.setenv("WANDB_SERVICE", f"3-{os.getppid()}-unix-{tmp_path / 'socket'}")
    with WeightsAndBiases().run(tmp_path / "split-00", STAGE):
        pass
    assert read_logs(tmp_path)[0].exit_code == 0


@pytest.mark.parametrize(
    ("variables", "mode"),
    [
        ({}, "offline"),
        ({"WANDB_API_KEY": "key"}, "online"),
        ({"WANDB_API_KEY": ""}, "offline"),
        ({"WANDB_API_KEY": "key", "WANDB_MODE": "offline"}, "offline"),
        ({"WANDB_MODE": "disabled"}, "disabled"),
        ({"WANDB_MODE": "dryrun"}, "dryrun"),
    ],
)
def test_the_environment_decides_whether_a_run_is_online(environment, asked, server, tmp_path, variables, mode):
    environment(**variables, WANDB_BASE_URL=server(200))
    with WeightsAndBiases().run(tmp_path, STAGE):
        assert asked["mode"] == mode


def test_a_key_without_a_server_makes_an_offline_run_and_tells_how_to_upload_it(environment, server, tmp_path, capsys):
    gone = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    gone.server_close()
    environment(WANDB_API_KEY="key", WANDB_BASE_URL=f"http://127.0.0.1:{gone.server_port}")
    with WeightsAndBiases().run(tmp_path, STAGE):
        pass
    (log,) = read_logs(tmp_path)
    assert capsys.readouterr().err == (
        f"no Weights & Biases server answers; later, upload with: wandb sync {log.path.parent}\n"
    )


def test_a_wrong_key_is_refused_when_the_settings_are_built(environment, server):
    environment(WANDB_API_KEY="wrong", WANDB_BASE_URL=server(401))
    with pytest.raises(InputError, match=r"^http://127.0.0.1:\d+ does not know WANDB_API_KEY; "):
        WeightsAndBiases()


@pytest.fixture
def logged_in(environment, tmp_path):
    """Logs in to a server, as `wandb login` does."""

    def log_in(url, text="machine {host} login user password secret\n"):
        (tmp_path / "netrc").write_text(text.format(host=url.removeprefix("http://").partition(":")[0]))
        environment(NETRC=str(tmp_path / "netrc"), WANDB_BASE_URL=url)

    return log_in


def test_a_key_of_wandb_login_makes_runs_online(logged_in, server, asked, tmp_path):
    logged_in(server(200))
    with WeightsAndBiases().run(tmp_path / "run", STAGE):
        assert asked["mode"] == "online"
    assert WeightsAndBiases().describe().startswith("Weights & Biases: online, project leukgan at http://127.0.0.1:")


def test_a_key_of_wandb_login_for_another_server_does_not(logged_in, server):
    logged_in(server(200), "machine api.wandb.ai login user password secret\n")
    assert WeightsAndBiases().describe().startswith("Weights & Biases: offline, as there is no key; `wandb login` or ")


def test_a_wrong_or_broken_key_of_wandb_login_is_a_sentence(logged_in, server):
    logged_in(server(401))
    with pytest.raises(InputError, match="does not know the key of your netrc file; correct it, or set WANDB_MODE"):
        WeightsAndBiases()
    logged_in(server(200), "machine\n")
    with pytest.raises(InputError, match="in which Weights & Biases keeps its key, can't be read"):
        WeightsAndBiases()


def test_a_line_says_why_runs_are_offline(environment):
    environment(WANDB_MODE="offline", WANDB_API_KEY="key")
    assert WeightsAndBiases().describe() == "Weights & Biases: offline, as WANDB_MODE says"
    gone = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    gone.server_close()
    environment(WANDB_API_KEY="key", WANDB_BASE_URL=f"http://127.0.0.1:{gone.server_port}/")
    assert "offline, as http://127.0.0.1:" in WeightsAndBiases().describe()


@pytest.mark.parametrize(
    ("given", "variable", "project"), [(None, None, "leukgan"), (None, "cells", "cells"), ("mine", "cells", "mine")]
)
def test_the_project_is_the_setting_s_then_the_variable_s(environment, asked, tmp_path, given, variable, project):
    environment(**({"WANDB_PROJECT": variable} if variable else {}))
    with WeightsAndBiases(project=given).run(tmp_path, STAGE):
        assert asked["project"] == project


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("WANDB_BASE_URL", "nonsense", r"^WANDB_BASE_URL must be an address such as https://.*, got nonsense\.$"),
        ("WANDB_PROJECT", "my/proj", r"no project with / in its name, got my/proj; change .* WANDB_PROJECT\.$"),
    ],
)
def test_a_variable_that_w_and_b_would_refuse_later_is_a_sentence_before_the_work(environment, variable, value, told):
    environment(**{variable: value})
    with pytest.raises(InputError, match=told):
        WeightsAndBiases()


def test_a_key_that_is_none_is_a_sentence(environment, server, tmp_path):
    environment(WANDB_API_KEY="short", WANDB_BASE_URL=server(200))
    refused = pytest.raises(InputError, match=r"^Weights & Biases: WANDB_API_KEY invalid: .*WANDB_MODE=offline does")
    with refused, WeightsAndBiases().run(tmp_path, STAGE):
        pass


def test_uploads_that_are_late_tell_how_to_repeat_them(environment, tmp_path, monkeypatch, capsys):
    def late(run, exit_code):
        raise TimeoutError

    with WeightsAndBiases().run(tmp_path, STAGE) as run:
        finish = run.run.finish
        monkeypatch.setattr(wandb.Run, "finish", late)
    finish(0)
    assert capsys.readouterr().err.startswith("Weights & Biases has not taken all of toy-00-gan; later: wandb sync ")


def test_the_trials_of_a_sweep_are_a_group_and_keep_their_names():
    for study, group in (("lunch", "lunch"), ("sweep/trial-003", "sweep")):
        told = stage_of(study, "00-gan-healthy", "gan", {"seed": 1}, PROVENANCE)
        assert (told.name, told.group) == (f"{study}-00-gan-healthy", group)
        assert told.tags == ["WGANGP", "smears", "clean", "64px"]
        assert told.config["seed"] == 1
        assert told.config["provenance"] == {key: PROVENANCE[key] for key in ("gan", "data", "protocol")}


def test_csv_only_keeps_no_run_and_no_folder(tmp_path):
    with CSVOnly().run(tmp_path / "split-00", STAGE) as run:
        run.log(Entry(step=1, values={"train/loss": 1.0}))
        run.keep("model", {"last.ckpt": tmp_path / "last.ckpt"})
    assert list(tmp_path.iterdir()) == []
