"""The page's server over HTTP: the command line's figures and sentences, and nothing else."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import children
import pytest
import serve
from browser import Served
from conftest import CODE, called, copied, edit, refused, run

THREE = "preseed,stream,warm-pool"


def ask(
    served: Served, target: str, method: str = "GET", **headers: str
) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(served.root.removeprefix("http://").strip("/"))
    named = {name.replace("_", "-"): x for name, x in headers.items()}
    connection.request(method, target, headers=named)
    reply = connection.getresponse()
    found = reply.status, reply.read().decode(), reply.headers
    connection.close()
    return found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", []),
        ("?model=8b&with=preseed,stream&with=warm-pool", ["--model=8b", f"--with={THREE}"]),
        ("?sla=5&rate=90&keep-alive=60", ["--sla=5", "--rate=90", "--keep-alive=60"]),
        ("?figures=measured&with=preseed", ["--figures=measured", "--with=preseed"]),
        ("?set=image_gb=12&set=network_gb_s=1", ["--set=image_gb=12", "--set=network_gb_s=1"]),
    ],
)
def test_a_report_is_that_of_the_command_line(
    served: Served, query: str, words: list[str]
) -> None:
    status, body, headers = ask(served, f"/api/report{query}")
    assert (status, body) == (200, called("view.py", *words).stdout)
    assert headers["Content-Type"].startswith("application/json")


def test_a_day_is_that_of_the_command_line(served: Served) -> None:
    found = ask(served, "/api/traffic?pattern=diurnal&slots=2&with=preseed")[1]
    words = ["--pattern", "diurnal", "--slots", "2", "--with", "preseed", "--json"]
    assert found == called("traffic.py", *words).stdout


@pytest.mark.parametrize(
    ("script", "pairs"),
    [
        ("view", ["sla=abc"]),
        ("view", ["sla=nan"]),
        ("view", ["set=image_gb=-1"]),
        ("view", ["set=imge_gb=1"]),
        ("view", ["set=image_gb"]),
        ("view", ["with=presed"]),
        ("view", ["modle=7b"]),
        ("view", ["pattern=poisson"]),
        ("view", ["help="]),
        ("view", ["=x"]),
        ("traffic", ["pattern=weekly"]),
        ("traffic", ["hours=0"]),
        ("traffic", ["tiers="]),
    ],
)
def test_bad_parameters_get_the_sentence_of_the_command_line(
    served: Served, script: str, pairs: list[str]
) -> None:
    api = {"view": "report", "traffic": "traffic"}[script]
    status, body, headers = ask(served, f"/api/{api}?{'&'.join(pairs)}")
    assert status == 400
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    told = refused(called(f"{script}.py", *(f"--{pair}" for pair in pairs), "--json"))
    assert f"{body}\n" == f"{script}.py: {told}"


@pytest.mark.parametrize(
    "pair",
    [
        *("trace=/etc/passwd", "trace=-", "set=@/etc/passwd", "set=@-"),
        *(
            "trace%3D/etc/pass=wd",
            "set%3D@/etc/pass=wd",
            "%74race=/etc/passwd",
            "set=%40/etc/passwd",
        ),
    ],
)
def test_it_reads_no_file_for_a_page(served: Served, pair: str) -> None:
    status, body, _ = ask(served, f"/api/traffic?{pair}")
    assert (status, "root" in body) == (400, False)
    assert "reads no file" in body


@pytest.mark.parametrize(
    "target",
    [
        "/main.py",
        "/../main.py",
        "/explorer/",
        "/explorer/../main.py",
        "/api/plan",
        "/api/measure",
        "/api/",
        "/explorer.html",
    ],
)
def test_it_serves_nothing_but_its_page_and_api(served: Served, target: str) -> None:
    assert ask(served, target)[0] == 404


def test_its_page_is_the_files_beside_it_and_asks_nothing_of_others(served: Served) -> None:
    status, body, headers = ask(served, "/?with=preseed")
    sent = {"Connection": "close", "X-Content-Type-Options": "nosniff"}
    assert {name: headers[name] for name in sent} == sent
    assert (status, body) == (200, (CODE / "explorer.html").read_text(encoding="utf-8"))
    assert "content=\"default-src 'none'; connect-src 'self';" in body
    assert "unsafe" not in body
    parts = re.findall(r'(?:src|href)="([^":]+)"', body)
    files = {f"explorer/{file.name}" for file in (CODE / "explorer").iterdir()}
    assert {*parts} == files
    asked = re.findall(r"\w+://[^\"]*", body)
    for name in parts:
        status, text, headers = ask(served, f"/{name}")
        assert (status, text) == (200, (CODE / name).read_text(encoding="utf-8"))
        kind = {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
        assert headers["Content-Type"] == f"{kind}; charset=utf-8"
        asked += re.findall(r"\w+://[^\"]*", text)
    assert asked == ["http://www.w3.org/2000/svg"]  # a name, unasked


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:1", ""])
def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    assert ask(served, "/", Host=host)[0] == 403


def test_localhost_is_no_foreign_host(served: Served) -> None:
    port = served.root.rpartition(":")[2].strip("/")
    assert ask(served, "/", Host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_head_are_answered(served: Served, method: str) -> None:
    status, _, headers = ask(served, "/api/report", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_head_gives_the_headers_alone(served: Served) -> None:
    status, body, headers = ask(served, "/api/report", "HEAD")
    assert (status, body) == (200, "")
    assert headers["Content-Length"] == str(len(ask(served, "/api/report")[1]))
    host = served.root.removeprefix("http://").strip("/")
    with socket.create_connection(tuple(host.split(":"))) as raw:
        raw.sendall(f"HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        with raw.makefile("rb") as reply:
            assert reply.read().endswith(b"\r\n\r\n")  # and nothing behind it


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's")
def test_it_listens_on_loopback_alone(served: Served) -> None:
    port = int(served.root.rpartition(":")[2].strip("/"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), 2)


def test_what_has_not_changed_is_not_run_again(served: Served) -> None:
    _, _, headers = ask(served, "/api/report")
    again: dict[str, Any] = {"If_None_Match": headers["ETag"]}
    assert ask(served, "/api/report", **again)[:2] == (304, "")


def test_an_edit_a_broken_save_and_its_repair_arrive(tmp_path: Path) -> None:
    program = copied(tmp_path) / "main.py"
    served = Served(tmp_path)
    source = program.read_text(encoding="utf-8")
    tag: dict[str, Any] = {"If_None_Match": str(ask(served, "/api/report")[2]["ETag"])}
    image = "image_gb: float = 30.0"

    program.write_text(source.replace(image, "image_gb: float = 20.0"), encoding="utf-8")
    assert json.loads(ask(served, "/api/report", **tag)[1])["cold_start_s"] == 328 - 60
    assert json.loads(ask(served, "/api/traffic")[1])["run"]["cold_start_s"] == 328 - 60

    line = source[: source.index(image)].count("\n") + 1
    program.write_text(source.replace(image, "image_gb: float = 3O"), encoding="utf-8")
    for target in ("/api/report", "/api/traffic"):
        status, body, _ = ask(served, target, **tag)
        assert status == 500
        assert body.startswith(f"code/main.py, line {line}: image_gb: float = 3O")
    program.write_text("")
    gone = (500, "code/main.py is empty or gone")
    assert ask(served, "/api/report", **tag)[:2] == gone
    program.unlink()
    assert ask(served, "/api/traffic", **tag)[:2] == gone

    program.write_text(source, encoding="utf-8")
    assert json.loads(ask(served, "/api/report", **tag)[1])["cold_start_s"] == 328
    served.close()


def test_a_page_of_another_site_may_lead_here_but_sets_nothing_to_work(served: Served) -> None:
    for site, status in {"cross-site": 403, "same-site": 403, "same-origin": 200}.items():
        assert ask(served, "/api/report", Sec_Fetch_Site=site)[0] == status
        assert ask(served, "/?with=preseed", Sec_Fetch_Site=site)[0] == 200


def test_a_flag_of_the_command_line_needs_no_value(served: Served) -> None:
    found = ask(served, "/api/traffic?jitter=&pattern=diurnal")[1]
    assert found == called("traffic.py", "--jitter", "--pattern=diurnal", "--json").stdout


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://[/", 400),
        ("/api/report?with=preseed%00", 400),
        ("/api/report?with=pre\0seed", 400),
        ("/\0", 404),
    ],
)
def test_an_address_that_is_none_gets_an_answer(served: Served, target: str, status: int) -> None:
    host = served.root.removeprefix("http://").strip("/")
    with socket.create_connection(tuple(host.split(":"))) as raw:
        raw.sendall(f"GET {target} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        with raw.makefile("rb") as reply:
            assert reply.readline().split()[1] == str(status).encode()


def test_what_is_not_there_is_not_unchanged(served: Served) -> None:
    tag: dict[str, Any] = {"If_None_Match": ask(served, "/")[2]["ETag"]}
    assert ask(served, "/nothing", **tag)[0] == 404


def test_what_prints_more_than_its_json_is_said(tmp_path: Path) -> None:
    served = Served(copied(tmp_path))
    edit(tmp_path / "main.py", "\nimport math\n", "\nprint('here')\nimport math\n")
    status, body, _ = ask(served, "/api/report")
    assert (status, "is there a stray print()?" in body) == (500, True)
    served.close()


class Long:
    """A server whose answers take longer than there are, and requests for them."""

    def __init__(self, folder: Path, patience_s: float) -> None:
        old = "PATIENCE_S, AT_ONCE = 30.0, 4"
        edit(copied(folder) / "serve.py", old, f"PATIENCE_S, AT_ONCE = {patience_s}, 2")
        self.served = Served(folder)
        self.host, port = self.served.root.removeprefix("http://").strip("/").split(":")
        self.port = int(port)

    def ask(self) -> socket.socket:
        sent = socket.create_connection((self.host, self.port))
        target = "/api/traffic?rate=1000&hours=87600&min-workers=100"
        sent.sendall(f"GET {target} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        return sent

    def children(self) -> list[str]:
        tasks = Path(f"/proc/{self.served.process.pid}/task").glob("*/children")
        return [child for each in tasks for child in each.read_text().split()]

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.served.process.pid}/task").iterdir()))

    def until(self, children: int) -> list[str]:
        self.wait(lambda: len(self.children()) == children)
        return self.children()

    @staticmethod
    def wait(happens: Callable[[], bool]) -> None:
        stop = time.monotonic() + 5
        while not happens():
            assert time.monotonic() < stop
            time.sleep(0.02)


def test_an_answer_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    long = Long(tmp_path, 0.3)
    with long.ask() as asked, asked.makefile("rb") as reply:
        said = reply.read()
    assert said.startswith(b"HTTP/1.1 503 ")
    assert said.endswith(b"stopped after 0.3 s: fewer requests take less")
    long.served.close()


@pytest.mark.skipif(sys.platform != "linux", reason="children are counted in /proc")
def test_few_answers_are_worked_out_at_once_and_none_for_who_is_gone(tmp_path: Path) -> None:
    long = Long(tmp_path, 30)
    asked = [long.ask() for _ in range(2)]
    running = long.until(2)
    asked += [long.ask() for _ in range(2)]
    time.sleep(0.3)
    assert long.children() == running
    threads = long.threads()
    for each in asked[2:]:  # who waits for a turn, and goes
        each.close()
    long.wait(lambda: long.threads() == threads - 2)
    assert long.children() == running
    start = time.monotonic()
    assert ask(long.served, "/")[0] == 200  # the page's own address never waits behind runs
    assert time.monotonic() - start < 1
    for each in asked[:2]:
        each.close()
    long.until(0)
    status, _, _ = ask(long.served, "/api/report")
    assert status == 200
    with long.ask():
        (child,) = long.until(1)
        long.served.close()
    stop = time.monotonic() + 5
    while Path(f"/proc/{child}/cmdline").exists():
        assert time.monotonic() < stop, "a child outlives its server"
        time.sleep(0.02)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_client_that_has_closed_its_half_gets_its_answer(served: Served, version: str) -> None:
    host = served.root.removeprefix("http://").strip("/")
    with socket.create_connection(tuple(host.split(":"))) as raw:
        asked = f"GET /api/traffic?hours=240&rate=2000 HTTP/{version}\r\nHost: {host}\r\n\r\n"
        raw.sendall(asked.encode())
        raw.shutdown(socket.SHUT_WR)
        with raw.makefile("rb") as reply:
            said = reply.read()
    if version == "1.1":  # which may be told to wait
        said = said.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    heads, _, body = said.partition(b"\r\n\r\n")
    assert heads.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["hours"] == 240


def test_a_part_that_is_added_to_the_page_is_served(tmp_path: Path) -> None:
    served = Served(copied(tmp_path))
    assert ask(served, "/explorer/more.js")[0] == 404
    (tmp_path / "explorer" / "more.js").write_text("let more;\n")
    assert ask(served, "/explorer/more.js")[:2] == (200, "let more;\n")
    served.close()


@pytest.mark.parametrize(("ago_s", "waits"), [(0.0, True), (0.1, True), (0.3, False), (60, False)])
def test_what_was_saved_just_now_is_left_to_settle_first(
    monkeypatch: pytest.MonkeyPatch, ago_s: float, waits: bool
) -> None:
    done: list[str] = []
    monkeypatch.setattr(children, "since_save_s", lambda: ago_s)
    monkeypatch.setattr(serve, "sleep", lambda seconds: done.append(f"waited {seconds:g} s"))

    def run(*_: object) -> children.Ended:
        done.append("ran")
        return children.Ended("{}")

    monkeypatch.setattr(children, "run", run)
    assert serve.result("view.py", [], lambda: False) == (200, "application/json", "{}")
    assert done == [*["waited 0.2 s"] * waits, "ran"]


def test_a_view_is_opened_as_its_address_says(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"image_gb": 9}')
    words = ["--model=7b", "--with", "stream,preseed", "--sla=4", f"--set=@{tmp_path}/mine.json"]
    served = Served(CODE, *words)
    view = "?with=preseed,stream&set=model=7b&set=image_gb=9.0&set=sla_s=4.0"
    assert served.address == f"{served.root}{view}"
    assert ask(served, f"/api/report{view}")[1] == called("view.py", *words).stdout
    served.close()


@pytest.mark.parametrize("words", [["--set", "@-"], ["--set=@-"]])
def test_a_view_is_made_of_figures_from_a_pipe(words: list[str]) -> None:
    log = CODE.parent / "outputs" / "example-start.log"
    figures = called("measure.py", "--log", str(log), "--model", "8b", "--json").stdout
    command = [sys.executable, str(CODE / "serve.py"), "--no-browser", "--port", "0", *words]
    with subprocess.Popen(command, stdin=-1, stdout=-1, encoding="utf-8") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(figures)
        process.stdin.close()
        try:
            address = process.stdout.readline()
        finally:
            process.kill()
    assert "?set=model=8b&" in address
    assert f"set=process_start_s={json.loads(figures)['process_start_s']}&" in address


def test_a_view_carries_its_set_of_figures_and_what_differs_from_it() -> None:
    figures = ["image_gb=30", "graph_capture_s=60.8"]  # the second is the set's own
    words = ["--figures=measured", "--with=preseed", "--set", *figures]
    served = Served(CODE, *words)
    view = "?with=preseed&figures=measured&set=image_gb=30.0&set=graph_capture_s=60.8"
    assert served.address == f"{served.root}{view}"
    assert ask(served, f"/api/report{view}")[1] == called("view.py", *words).stdout
    served.close()
    served = Served(CODE, "--figures=lesson")  # as without
    assert served.address == served.root
    served.close()


def test_a_port_in_use_is_one_line(served: Served) -> None:
    port = served.root.rpartition(":")[2].strip("/")
    says = refused(run("serve.py", "--no-browser", "--port", port))
    assert says == f"--port {port}: Address already in use; must be a free one\n"


@pytest.mark.parametrize("port", ["x", "-1", "65536", "8000.5"])
def test_a_port_is_a_whole_number_that_there_is(port: str) -> None:
    assert "must be a whole number, 0 to 65535" in refused(run("serve.py", f"--port={port}"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--with", "presed"], "--with: 'presed': unknown; did you mean preseed?"),
        (["--jitter"], "'--jitter': unknown; "),
        (["--trace", "a.csv"], "--trace: must be left out: a page reads no file; python code/"),
        (["--wiht=preseed"], "'--wiht': unknown; did you mean --with?"),
    ],
)
def test_a_view_that_cannot_be_is_refused_in_the_lessons_words(
    words: list[str], says: str
) -> None:
    assert refused(run("serve.py", "--no-browser", *words)).startswith(says)


def test_a_missing_page_is_one_line(tmp_path: Path) -> None:
    (copied(tmp_path) / "explorer.html").unlink()
    says = refused(run("serve.py", "--no-browser", folder=tmp_path))
    assert says == "code/explorer.html: No such file or directory\n"


def test_a_page_that_is_broken_or_empty_is_one_line(tmp_path: Path) -> None:
    page = copied(tmp_path) / "explorer.html"
    page.write_bytes(page.read_bytes()[:1000] + b"\n\xff")
    line = page.read_bytes().count(b"\n") + 1
    says = refused(run("serve.py", "--no-browser", folder=tmp_path))
    assert says == f"code/explorer.html, line {line}: invalid start byte\n"
    page.write_bytes(b"")
    says = refused(run("serve.py", "--no-browser", folder=tmp_path))
    assert says == "code/explorer.html: is empty, or being saved\n"


def test_a_page_that_goes_away_is_said(tmp_path: Path) -> None:
    served = Served(copied(tmp_path))
    try:
        (tmp_path / "explorer.html").unlink()
        status, body, _ = ask(served, "/")
        assert (status, "explorer.html: No such file" in body) == (500, True)
        assert ask(served, "/api/report")[0] == 200
    finally:
        served.close()
