"""A server of Weights & Biases on this machine, as far as history, pictures, tables and artifacts need one."""

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ARTIFACT = {"id": "QXJ0OjE=", "state": "PENDING", "artifactSequence": {"id": "1", "latestArtifact": None}}

PROJECT = {"id": "1", "internalId": "1", "name": "leukgan", "entity": {"name": "me"}}
COMMITTED = {
    "id": "QXJ0OjE=",
    "state": "COMMITTED",
    "digest": "d",
    "commitHash": "c",
    "createdAt": "2026-01-01T00:00:00",
    "versionIndex": 0,
    "size": 7,
    "fileCount": 1,
    "ttlDurationSeconds": -1,
    "ttlIsInherited": True,
    **dict.fromkeys(("description", "metadata", "historyStep", "updatedAt")),
    "tags": [],
    "aliases": [],
    "artifactType": {"name": "model"},
    "artifactSequence": {"name": "toy-00-gan", "project": PROJECT},
}


class WandbServer(ThreadingHTTPServer):
    """Keeps what it is told: `rows` and `summary` of runs, `files` by their names, `runs` by their mutations.

    Args:
        refuses: Parts of GraphQL requests that are answered by an error.
        misunderstands: Parts of GraphQL requests that are answered by nothing.
    """

    def __init__(self, refuses=(), misunderstands=()):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.refuses, self.misunderstands = refuses, misunderstands
        self.rows, self.summary, self.files, self.runs, self.ended = [], {}, {}, [], None

    def handle_error(self, request, client_address):
        """Ignore connections that wandb has closed."""

    def reply(self, text, given):
        """The answer to a GraphQL request."""
        if any(part in text for part in self.refuses):
            return {"errors": [{"message": "no room for that"}]}
        if any(part in text for part in self.misunderstands):
            return {"data": {}}
        return {"data": self.data(text, given)}

    def data(self, text, given):
        upload = {"uploadHeaders": [], "uploadMultipartUrls": None, "storagePath": None, "artifact": {"id": "QXJ0OjE="}}
        if "upsertBucket" in text:
            self.runs.append(given)
            project = {"id": "1", "name": given["project"], "entity": {"id": "1", "name": "me"}}
            run = {"id": "1", "name": given["name"], "displayName": given["displayName"], "description": ""}
            run |= {"config": "{}", "sweepName": None, "historyLineCount": 0, "project": project}
            return {"upsertBucket": {"bucket": run, "inserted": True}}
        if "createRunFiles" in text:
            files = [{"name": name, "uploadUrl": f"{self.url}/run/{name}"} for name in given["files"]]
            return {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": files}}
        if "createArtifactFiles" in text:
            names = [file["name"] for file in given["input"]["artifactFiles"]]
            edges = [{"node": {"uploadUrl": f"{self.url}/artifact/{name}", **upload}} for name in names]
            return {"createArtifactFiles": {"files": {"edges": edges}}}
        for made in ("createArtifactManifest", "updateArtifactManifest"):
            if made in text:
                file = {"id": "1", "name": "m", "displayName": "m", "uploadUrl": f"{self.url}/manifest", **upload}
                return {made: {"artifactManifest": {"id": "1", "file": file}}}
        if "ArtifactType(" in text:
            return {"project": {"artifact": None}}
        if "ArtifactByID" in text:
            return {"artifact": COMMITTED}
        for made in ("createArtifact", "commitArtifact"):
            if made in text:
                return {made: {"artifact": {**ARTIFACT, "digest": "d"}}}
        return {"viewer": {"id": "1", "entity": "me", "username": "me", "flags": "{}", "teams": {"edges": []}}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        told = json.loads(body) if self.path.endswith(("/graphql", "/file_stream")) else {}
        for name, lines in told.get("files", {}).items():
            if name == "wandb-history.jsonl":
                self.server.rows += map(json.loads, lines["content"])
            if name == "wandb-summary.json":
                self.server.summary = json.loads(lines["content"][-1])
        self.server.ended = told.get("exitcode", self.server.ended)
        self.answer(self.server.reply(told["query"], told.get("variables") or {}) if "query" in told else {})

    def do_PUT(self):
        self.server.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({})

    def answer(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
