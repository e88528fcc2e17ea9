"""A headless Chromium driven over its DevTools protocol, through a pipe: no package and no download is needed."""

import base64
import fcntl
import itertools
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CODES = {"Enter": 13, "Backspace": 8, "Escape": 27, "Tab": 9, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40}
FLAGS = (
    *("--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-extensions", "--disable-background-networking", "--window-size=1200,900"),
)


def find_browser():
    """LEUKGAN_BROWSER, or the first known name on the path; None if there is neither."""
    return os.environ.get("LEUKGAN_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab of a browser with a profile of its own."""

    def __init__(self, downloads):
        self.downloads = Path(downloads)
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.numbers = itertools.count(1)
        self.received = b""
        self.events = []

        # Chromium reads commands from descriptor 3 and writes to descriptor 4.
        theirs_in, self.out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe())
        self.into, theirs_out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe())
        nothing = os.open(os.devnull, os.O_WRONLY)
        places = {theirs_in: 3, theirs_out: 4, nothing: 2}
        command = [find_browser(), *FLAGS, f"--user-data-dir={self.profile.name}", "about:blank"]
        actions = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in places.items()]
        self.pid = os.posix_spawn(command[0], command, dict(os.environ), file_actions=actions)
        for end in places:
            os.close(end)

        targets = self.send("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def send(self, method, session=None, **parameters):
        """The browser's answer to a command."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            found = self._receive()
            if found.get("id") == number:
                assert "error" not in found, found
                return found["result"]
            self.events.append(found)

    def _receive(self):
        while b"\0" not in self.received:
            part = os.read(self.into, 1 << 20)
            assert part, "the browser has ended"
            self.received += part
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        """The tab's answer to a command."""
        return self.send(method, self.session, **parameters)

    def run(self, script):
        """The value of a script in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def open(self, page):
        """Open a file, and wait until its scripts have run."""
        self.events.clear()
        self.run("window.before = true")
        self.call("Page.navigate", url=Path(page).resolve().as_uri())
        self._wait_for_page()

    def reload(self):
        self.run("window.before = true")
        self.call("Page.reload")
        self._wait_for_page()

    def _wait_for_page(self):
        while not self.run("document.readyState === 'complete' && !window.before"):
            time.sleep(0.02)

    def press(self, *keys):
        """Press keys one after the other, as a user does."""
        for key in keys:
            code = CODES.get(key) or ord(key.upper())
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            how = {"key": key, "windowsVirtualKeyCode": code} | ({"text": text} if text else {})
            self.call("Input.dispatchKeyEvent", type="keyDown", **how)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def click(self, selector):
        """Click into the middle of an element."""
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        left, top, width, height = self.box(selector)
        at = {"x": left + width / 2, "y": top + height / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **at, button="left", clickCount=1)

    def tap(self, selector):
        """Touch the middle of an element, which must be in sight."""
        left, top, width, height = self.box(selector)
        at = [{"x": left + width / 2, "y": top + height / 2}]
        for kind, points in (("touchStart", at), ("touchEnd", [])):
            self.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def box(self, selector):
        """Left, top, width and height of an element in the window."""
        corners = "(r => [r.x, r.y, r.width, r.height])"
        return self.run(f"{corners}(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")

    def be_tablet(self, width=768, height=1024):
        """Take the screen of a tablet, and fingers instead of a mouse."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def choose(self, selector, value):
        """Choose an option of a select."""
        chosen = f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('change')); }})"
        self.run(f"{chosen}(document.querySelector({json.dumps(selector)}))")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def downloaded(self, name):
        """The path of a file, once it is saved."""
        for _ in range(3000):
            if (self.downloads / name).exists():
                break
            self.run("0")
            time.sleep(0.02)
        return self.downloads / name

    def requests(self):
        """Addresses outside the page that it asked for since it was opened."""
        sent = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        urls = [request["request"]["url"] for request in sent]
        return [url for url in urls if not url.startswith(("data:", "blob:", "file:"))]

    def screenshot(self, path, *, dark=False, width=1200, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        os.write(self.out, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
        os.waitpid(self.pid, 0)
        os.close(self.out)
        os.close(self.into)
        self.profile.cleanup()
