"""The lesson as a page in the browser: 127.0.0.1 alone, no network, until Ctrl-C.

  python code/serve.py
  python code/serve.py --with preseed,stream --port 8080
  python code/serve.py --figures measured --set @mine.json

Options of main.py make the first view. Every figure on the page comes from a
script that runs as a child, as it lies on the disk at that moment: /api/report
is `view.py`, main.py's JSON and its curves, /api/traffic is `traffic.py
--json`; query names are those of the command line. They read no file, answer
no other site's page, and are stopped after half a minute.
"""

import argparse
import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import MSG_PEEK, SO_ERROR, SOL_SOCKET
from tempfile import NamedTemporaryFile
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

import children
from children import HERE, Refused

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HOSTS = ("127.0.0.1", "localhost")
API = {"/api/report": "view.py", "/api/traffic": "traffic.py"}
FLAGS = ("jitter", "events")  # options that take no value
PIPED = ("@-", "--set=@-")  # words that read standard input
PATIENCE_S, AT_ONCE = 30.0, 4  # what one answer may take, and how many are worked out
SETTLE_S = 0.2  # how long a save must lie still
NOBODY = "nobody waits for it"
GLANCE_S = 0.1  # between looks at who waits for a turn
Answer = tuple[int, str, str]  # status, type, body


def pages() -> dict[str, Path]:
    """By address, the page beside this file and its parts."""
    parts = (x for x in (HERE / "explorer").glob("*.*") if x.suffix in TYPES)
    return {"/": HERE / "explorer.html", **{f"/explorer/{x.name}": x for x in parts}}


def page(file: Path) -> Answer:
    """A file of the page, as it lies on the disk at this moment."""
    where = f"serve.py: code/{file.relative_to(HERE).as_posix()}"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        return 500, "text/plain", f"{where}: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return 500, "text/plain", f"{where}, line {line}: {error.reason}"
    if not text:
        return 500, "text/plain", f"{where}: is empty, or being saved"
    return 200, TYPES[file.suffix], text


def words_of(query: str) -> list[str]:
    """The options that a query stands for; Refused for those that would read a file."""
    words = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        option = "--" + name.replace("_", "-")
        words.append(option if name in FLAGS and not value else f"{option}={value}")
    if "\0" in "".join(words):
        raise Refused("serve.py: no option contains a NUL")
    if any(word.startswith("--trace") or "=@" in word for word in words):
        raise Refused("serve.py: --trace and --set @FILE: must be left out: a page reads no file")
    return words


def settle() -> None:
    """Wait a moment where a file was saved just now, and may be half written."""
    if children.since_save_s() < SETTLE_S:
        sleep(SETTLE_S)


def result(script: str, words: Sequence[str], gone: Callable[[], bool]) -> Answer:
    """What a script's --json says; given up where whoever asked is gone, or has waited enough."""
    late = monotonic() + PATIENCE_S

    def stop() -> str:
        if gone():
            return NOBODY
        if monotonic() > late:
            cure = "fewer requests take less" if script == "traffic.py" else "does it ever end?"
            return f"stopped after {PATIENCE_S:g} s: {cure}"
        return ""

    settle()
    ended = children.run(script, [*words, "--json"], stop)
    if ended.reason:
        return 400 if ended.refused else 503 if stop() else 500, "text/plain", ended.reason
    try:
        ended.json()
    except ValueError as error:
        return 500, "text/plain", str(error)
    return 200, "application/json", ended.out


class Server(ThreadingHTTPServer):
    """Answers as many at once as there are turns, and its page always."""

    turns = BoundedSemaphore(AT_ONCE)
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A browser that went away is no error; all else is told."""
        error = sys.exception()
        if not isinstance(error, (ConnectionError, TimeoutError)):
            children.complain(f"serve.py: {type(error).__name__}: {error}")


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD, asked of this machine by name, and nothing else."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 10
    asked_whether_gone = is_gone = False

    def do_GET(self) -> None:
        tag = f'"{hash(tuple(map(children.stamp_of, children.sources())))}"'
        status, kind, body = self.refusal() or self.answer(tag)
        sent = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        sent["Connection"] = "close"
        if status < 400:
            sent["ETag"] = tag
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            sent["Allow"] = "GET, HEAD"
        if status != HTTPStatus.NOT_MODIFIED:  # which leaves what the browser has as it is
            length = str(len(body.encode()))
            sent |= {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": length}
        self.send_response(status)
        for name, x in sent.items():
            self.send_header(name, x)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def refusal(self) -> Answer | None:
        """Why this is not answered, if it is not."""
        host, _, asked = str(self.headers["Host"]).partition(":")
        # A page of another site may lead here, but not set this machine to work.
        site = self.headers["Sec-Fetch-Site"] or "none"
        if host not in HOSTS or asked not in ("", str(self.server.server_port)):
            return 403, "text/plain", "serve.py: this is not the page's address"
        if self.path.startswith("/api/") and site not in ("none", "same-origin"):
            return 403, "text/plain", "serve.py: another site's page is not answered"
        if self.command not in ("GET", "HEAD"):
            return 405, "text/plain", "serve.py: GET and HEAD are all there is"
        return None

    def answer(self, tag: str) -> Answer:
        try:
            url = urlsplit(self.path)
            words = words_of(url.query) if url.path in API else []
        except (Refused, ValueError) as error:
            return 400, "text/plain", str(error)
        file = None if url.path in API else pages().get(url.path)
        if not file and url.path not in API:
            return 404, "text/plain", f"serve.py: there is /, {', '.join(API)}"
        if self.headers["If-None-Match"] == tag:
            return HTTPStatus.NOT_MODIFIED, "", ""
        if file:
            return page(file)
        while not self.server.turns.acquire(timeout=GLANCE_S):
            if self.gone():
                return 503, "text/plain", NOBODY
        try:
            return result(API[url.path], words, self.gone)
        except OSError as error:  # no child can be started
            return 500, "text/plain", f"serve.py: {error.strerror}"
        finally:
            self.server.turns.release()

    def gone(self) -> bool:
        """Whether whoever asked has closed the connection.

        subtle: one that has sent all it had and still listens looks the same. So it is sent a
        word that means nothing, which a closed connection refuses. A client of HTTP/1.0 knows no
        such word, and is waited for.
        """
        try:
            ended = self.has_ended()
            if ended and not self.asked_whether_gone and self.request_version == "HTTP/1.1":
                self.asked_whether_gone = True
                self.send_response_only(HTTPStatus.CONTINUE)
                self.end_headers()
            self.is_gone |= bool(self.connection.getsockopt(SOL_SOCKET, SO_ERROR))
        except OSError:
            self.is_gone = True
        return self.is_gone

    def has_ended(self) -> bool:
        """Whether whoever asked has sent all there is."""
        self.connection.setblocking(False)
        try:
            return not self.connection.recv(1, MSG_PEEK)
        except BlockingIOError:
            return False
        finally:
            self.connection.settimeout(self.timeout)

    def log_message(self, *_: object) -> None:
        """The terminal stays with whoever typed there."""


def view(words: Sequence[str]) -> str:
    """The query of a first view: what the lesson makes of these options; Refused if nothing."""
    if not words:
        return ""
    if any(word.partition("=")[0] == "--trace" for word in words):
        says = "a page reads no file; python code/traffic.py --trace FILE does"
        raise Refused(f"serve.py: --trace: must be left out: {says}")
    with NamedTemporaryFile("w", encoding="utf-8") as piped:  # a child's own input is its leash
        if sys.stdin and any(word in PIPED for word in words):
            piped.write(sys.stdin.read())
            piped.flush()
        words = [f"{word[:-1]}{piped.name}" if word in PIPED else word for word in words]
        ended = children.run("main.py", [*words, "--json"])
    if ended.reason:
        raise Refused(ended.reason)
    try:
        report = ended.json()
    except ValueError as error:
        raise Refused(str(error)) from None
    pairs = [("with", ",".join(report["layers"]))] if report["layers"] else []
    pairs += [("figures", report["figures"])] if report["figures"] != "lesson" else []
    pairs += [("set", f"{name}={figure}") for name, figure in report["yours"].items()]
    return f"?{urlencode(pairs, safe=',=')}" if pairs else ""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(f"serve.py: {message.removeprefix('argument ')}")


def port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        says = f"{text!r:.40}: must be a whole number, 0 to 65535; 0 finds a free one"
        raise argparse.ArgumentTypeError(says)
    return int(text)


def run(argv: Sequence[str]) -> int:
    """Show the page until Ctrl-C; Refused for a port that cannot be had, or a view."""
    parser = Parser(description=__doc__, usage=argparse.SUPPRESS, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=port, default=8000, help="of this machine alone (8000)")
    parser.add_argument("--no-browser", action="store_true", help="only say where the page is")
    args, words = parser.parse_known_args(argv)
    query = view(words)
    status, _, says = page(pages()["/"])
    if status != 200:
        raise Refused(says)
    try:
        server = Server((HOSTS[0], args.port), Handler)
    except OSError as error:
        says = f"serve.py: --port {args.port}: {error.strerror}; must be a free one"
        raise Refused(says) from None
    address = f"http://{HOSTS[0]}:{server.server_port}/{query}"
    print(f"{address}  (until Ctrl-C)", flush=True)
    screen = sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & {*os.environ}
    if screen and not args.no_browser:
        webbrowser.open(address)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    children.start(run)
