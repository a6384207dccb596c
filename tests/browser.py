"""A headless Chromium, told what to do over its DevTools pipe, and the page served to it."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --hide-scrollbars
--remote-debugging-pipe""".split()
CLASS = [(1280, 720), (1920, 1080)]  # projectors
SLOW = """real = fetch; asked = []; fetch = async (address, how) => {
    if (!address.startsWith('/api/WHAT')) return real(address, how);
    asked.push(address);
    await new Promise((done, fail) => {
        setTimeout(done, SECONDS * 1000);
        how.signal.addEventListener('abort', () => fail(how.signal.reason));
    });
    return real(address, how);
}; 0"""


class Browser:
    """One tab. `do` sends a DevTools command, `js` gives the value of an expression."""

    def __init__(self) -> None:
        self.profile = tempfile.mkdtemp()
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(  # it reads commands from 3 and answers on 4
            ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.write, self.read = self.process.stdin, self.process.stdout
        self.left, self.count, self.session = b"", 0, ""
        tabs = self.do("Target.getTargets")["targetInfos"]
        (tab,) = (tab["targetId"] for tab in tabs if tab["type"] == "page")
        found = self.do("Target.attachToTarget", targetId=tab, flatten=True)
        self.session = found["sessionId"]

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        self.count += 1
        order: dict[str, Any] = {"id": self.count, "method": method, "params": params}
        order |= {"sessionId": self.session} if self.session else {}
        self.write.write(json.dumps(order).encode() + b"\0")
        while True:
            while b"\0" not in self.left:
                assert select.select([self.read], [], [], 20)[0], f"{method}: no answer"
                more = os.read(self.read.fileno(), 1 << 20)
                assert more, f"{method}: the browser has ended"
                self.left += more
            line, _, self.left = self.left.partition(b"\0")
            reply = json.loads(line)
            if reply.get("id") == self.count:
                assert "result" in reply, reply
                return dict(reply["result"])

    def js(self, expression: str) -> Any:
        found = self.do(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str, seconds: float = 8) -> Any:
        """The value of an expression, once it is true."""
        stop = time.monotonic() + seconds
        while not (value := self.js(expression)):
            assert time.monotonic() < stop, f"{expression}: not within {seconds} s"
            time.sleep(0.05)
        return value

    def size(self, width: int, height: int, **how: Any) -> None:
        metrics = {"deviceScaleFactor": 1, "mobile": width < 600, **how}
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, **metrics)

    def picture(self, whole: bool = True) -> bytes:
        """A PNG of the page, or of what is seen of it without scrolling."""
        shot = self.do("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.read.close()
        self.write.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    # What is on the page, and what a hand does to it.

    def checked(self) -> list[str]:
        """The layers that are on."""
        found: list[str] = self.js("valuesOf($('layers').querySelectorAll(':checked'))")
        return found

    def field(self, name: str) -> str:
        """The text of the field of a figure."""
        return str(self.js(f"$('f-{name}').value"))

    def why(self, name: str) -> str:
        """What is said beside a field; it is not shown where nothing is wrong."""
        wrong = self.js(f"$('f-{name}').getAttribute('aria-invalid') === 'true'")
        assert self.js(f"$('why-{name}').hidden") is not wrong
        assert self.js(f"$('f-{name}').getAttribute('aria-describedby')") == f"why-{name}"
        return self.shown(f"why-{name}") if wrong else ""

    def shown(self, name: str) -> str:
        """The text of a node, whether it is folded away or not."""
        return str(self.js(f"document.getElementById({name!r}).textContent")).strip()

    def rows(self, name: str) -> list[list[str]]:
        """The cells of a table, row by row."""
        cells = "row => [...row.cells].map(cell => cell.textContent)"
        found: list[list[str]] = self.js(
            f"[...document.querySelectorAll('#{name} tr')].map({cells})"
        )
        return found

    def layer(self, name: str) -> None:
        """Switches a layer on or off."""
        self.js(f"document.querySelector('#layers input[value={name}]').click()")

    def choose(self, name: str, value: str) -> None:
        """As by hand, in a list of which one is chosen or a field that is folded away."""
        event = "new InputEvent('input', {bubbles: true})"
        self.js(f"$('{name}').value = '{value}'; $('{name}').dispatchEvent({event})")

    def enter(self, name: str, text: str) -> None:
        """Types into the field of a figure."""
        unfold = "document.querySelectorAll('#figures details').forEach(x => x.open = true)"
        self.js(f"$('figures').hidden = false; {unfold}")
        self.js(f"$('f-{name}').focus(); $('f-{name}').select()")
        self.do("Input.insertText", text=text)

    def key(self, name: str, **more: Any) -> None:
        """Presses a key, and lets it go."""
        for kind in ("keyDown", "keyUp"):
            self.do("Input.dispatchKeyEvent", type=kind, key=name, code=name, **more)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", **more)

    def keep(self, query: str) -> None:
        """Gives up a view that takes long, for the one that is drawn and has this address."""
        self.until("!$('cancel').hidden")
        self.js("$('cancel').click()")
        self.until(f"location.search === {query!r}")

    def wait(self, seconds: float) -> None:
        self.js(f"new Promise(done => setTimeout(done, {seconds * 1000}))")

    def slow(self, seconds: float, what: str = "") -> None:
        """From now on each answer, or each of a kind, takes so much longer; `asked` are these."""
        self.js(SLOW.replace("SECONDS", str(seconds)).replace("WHAT", what))

    def media(self, **features: str) -> None:
        """Shows the page as to somebody who has asked for this."""
        named = [{"name": name.replace("_", "-"), "value": x} for name, x in features.items()]
        self.do("Emulation.setEmulatedMedia", features=named)


def total(text: str) -> str:
    """Whether the path is shown as this."""
    return f"document.getElementById('total').innerText === {text!r}"


class Served:
    """`serve.py` of this folder, as a process."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, str(folder / "serve.py"), "--no-browser", "--port=0", *words]
        self.folder = folder
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        assert self.process.stdout
        self.address = self.process.stdout.readline().split()[0]
        self.root = self.address.partition("?")[0]

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=10) == 130
        assert self.process.stdout
        self.process.stdout.close()
