"""The server of Weights & Biases: its address, the user's key for it, and whether it answers."""

import base64
import netrc
import os
import queue
import threading
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from leukgan.errors import InputError

SERVER_SECONDS = 5.0


def wants_server() -> bool:
    """Whether there is a key, and the environment leaves the mode open."""
    return not os.environ.get("WANDB_MODE") and bool(api_key())


def server_address() -> str:
    """Address of the server: WANDB_BASE_URL, or wandb.ai."""
    return (os.environ.get("WANDB_BASE_URL") or "https://api.wandb.ai").rstrip("/")


def api_key() -> str:
    """The key for the server: WANDB_API_KEY, or that of the netrc file; empty if there is none."""
    key = os.environ.get("WANDB_API_KEY", "")
    if key:
        return key
    files = (os.environ.get("NETRC"), Path.home() / ".netrc", Path.home() / "_netrc")
    for path in (Path(file) for file in files if file):
        try:
            entry = netrc.netrc(path).authenticators(urlsplit(server_address()).hostname or "")
        except FileNotFoundError:
            continue
        except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path}, in which Weights & Biases keeps its key, can't be read ({error}); mend it, or set "
                "WANDB_MODE=offline."
            ) from error
        return entry[2] or "" if entry else ""
    return ""


def server_answers() -> bool:
    """Whether the server that WANDB_BASE_URL names, or wandb.ai, answers within five seconds, proxies honoured.

    Raises:
        InputError: It answers that it does not know the key.
    """
    url, key = server_address(), api_key()
    answers: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    # In a thread: looking up the server's name has no time limit of its own.
    threading.Thread(target=lambda: answers.put(_status(url, key)), daemon=True).start()
    try:
        answer = answers.get(timeout=SERVER_SECONDS)
    except queue.Empty:
        return False

    if answer == 401 and key:
        place = "WANDB_API_KEY" if os.environ.get("WANDB_API_KEY") else "the key of your netrc file"
        raise InputError(f"{url} does not know {place}; correct it, or set WANDB_MODE=offline and upload later.")
    return answer is not None


def _status(url: str, key: str) -> int | None:
    """HTTP status of the server's answer to a login; None without an answer."""
    login = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    request = Request(f"{url}/graphql", b'{"query": "query Viewer { viewer { id } }"}', headers)
    try:
        with urlopen(request, timeout=SERVER_SECONDS) as reply:
            return int(reply.status)
    except HTTPError as error:
        return error.code
    except (OSError, HTTPException):
        return None
