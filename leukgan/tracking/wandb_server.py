"""Asks whether the server of Weights & Biases answers, before anything waits for it."""

from __future__ import annotations

import base64
import os
import queue
import threading
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from leukgan.errors import InputError

SECONDS = 5.0


def server_answers() -> bool:
    """Whether the server that WANDB_BASE_URL names, or wandb.ai, answers within five seconds, proxies honoured.

    Raises:
        InputError: It answers that it does not know WANDB_API_KEY.
    """
    url = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai").rstrip("/")
    key = os.environ.get("WANDB_API_KEY", "")
    answers: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    # In a thread: looking up the server's name has no time limit of its own.
    threading.Thread(target=lambda: answers.put(_status(url, key)), daemon=True).start()
    try:
        answer = answers.get(timeout=SECONDS)
    except queue.Empty:
        return False

    if answer == 401 and key:
        raise InputError(f"{url} does not know WANDB_API_KEY; correct it, or unset it and upload later by wandb sync.")
    return answer is not None


def _status(url: str, key: str) -> int | None:
    """HTTP status of the server's answer to a login; None without an answer."""
    login = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    request = Request(f"{url}/graphql", b'{"query": "query Viewer { viewer { id } }"}', headers)
    try:
        with urlopen(request, timeout=SECONDS) as reply:
            return int(reply.status)
    except HTTPError as error:
        return error.code
    except (OSError, HTTPException):
        return None
