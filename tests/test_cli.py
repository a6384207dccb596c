"""The command line as a process: options, bad input, places, terminals, Pythons and speed."""

from __future__ import annotations

import json
import os
import signal
import statistics
import struct
import subprocess
import sys
import time
import tokenize
from pathlib import Path

import main
import pytest
from conftest import PROGRAM, ROOT, called, edited, refused, run, text

SHORT = "preseed,snapshot,warm-node"


def pythons() -> list[str]:
    """Every Python from 3.11 on the PATH or under pyenv, one for each version."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    found = {".".join(map(str, sys.version_info[:2])): sys.executable}
    for path in (each for folder in folders for each in sorted(folder.glob("python3.*"))):
        version = path.name.removeprefix("python")
        if version.removeprefix("3.").isdigit() and int(version[2:]) >= 11:
            works = subprocess.run([path, "-c", ""], capture_output=True, check=False)
            if works.returncode == 0:
                found.setdefault(version, str(path))
    return [*found.values()]


@pytest.mark.parametrize("python", pythons())
def test_the_default_report_is_the_same_on_every_python_at_hand(python: str) -> None:
    done = run(python=python)
    s = main.Scenario()
    assert (done.returncode, done.stderr) == (0, "")
    ours = text(main.report_result(s, []))
    blocks = str.maketrans("#.", "\u2588\u2591")
    assert done.stdout.translate(blocks) == (ours + "\n").translate(blocks)


def test_json_is_one_object_and_nothing_else() -> None:
    done = run("--with", SHORT, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["cold_start_s"] == 15.0
    assert found == main.report_result(main.Scenario(), SHORT.split(","))
    moves = json.loads(run("migrate", "--json", "--model", "8b").stdout)
    assert {"scenario", "layers", "migration", "table"} <= moves.keys()
    assert [row["prompt_tokens"] for row in moves["table"]] == [1024 * 2**k for k in range(8)]
    for row in moves["table"]:
        assert [*row["over"]] == [f"{g} Gbit/s" for g in (10, 25, 100, 400)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--with", "warm-node", "--with", "snapshot, preseed"],
        ["--with=preseed", "--with", "warm-node,snapshot,preseed"],
    ],
)
def test_layers_may_come_in_lists_repeated_and_in_any_order(arguments: list[str]) -> None:
    found = json.loads(run(*arguments, "--json").stdout)
    assert found["layers"] == SHORT.split(",")
    assert found["cold_start_s"] == 15.0


def test_all_means_every_layer_and_set_and_model_change_figures() -> None:
    assert json.loads(run("--with", "all", "--json").stdout)["layers"] == [*main.LAYERS]
    options = ["--set", "model=8b", "--set", "sla_s=1", "--set", "sla_s=9", "--model", "7b"]
    scenario = json.loads(run("--json", *options).stdout)["scenario"]
    assert (scenario["model"], scenario["sla_s"], scenario["weights_gb"]) == ("7b", 9, 14)
    assert (
        json.loads(run("--model", "8b", "migrate", "--json").stdout)["scenario"]["model"] == "8b"
    )


BAD = [
    (["--model", "70"], "--model '70'", "did you mean 70b?"),
    (["--model", ""], "--model ''", "must be one of 7b, 8b, 13b, 32b, 70b, 405b"),
    (["--with", "presed"], "--with 'presed'", "did you mean preseed?"),
    (["--with", "Warm_Pool"], "--with 'Warm_Pool'", "did you mean warm-pool?"),
    (["--with", ""], "--with ''", "must be one of preseed, stream"),
    (["--with", "preseed,,tiered"], "--with ''", "must be one of preseed, stream"),
    (["--set", "node_provison_s=4"], "--set 'node_provison_s'", "did you mean node_provision_s?"),
    (["--set", "sla_s"], "--set 'sla_s'", "must be NAME=VALUE"),
    (["--set", "sla_s="], "--set sla_s=''", "must be a number"),
    (["--set", "sla_s=fast\nnow"], r"--set sla_s='fast\nnow'", "must be a number"),
    (["--set", "sla_s=0"], "--set sla_s='0'", "must be a number above 0: 1e-09 to 1e+12"),
    (["--set", "image_gb=-1"], "--set image_gb='-1'", "must be a number of 0, or 1e-09 to"),
    (["--set", "sla_s=nan"], "--set sla_s='nan'", "must be a number above 0"),
    (["--set", "sla_s=inf"], "--set sla_s='inf'", "must be a number above 0"),
    (["--set", "sla_s=1e300"], "--set sla_s='1e300'", "1e-09 to 1e+12"),
    (["--set", "network_gb_s=1e-300"], "--set network_gb_s='1e-300'", "1e-09 to 1e+12"),
    (["--set", "products=1.5"], "--set products='1.5'", "must be a whole number of 0, or"),
    (["--set", "weights_gb=0"], "--set weights_gb='0'", "must be a number above 0"),
    (["--set", "snapshot_gpu_matches=2"], "snapshot_gpu_matches='2'", "must be 0 or 1"),
    (["--set", "model=x"], "--set model='x'", "must be one of 7b, 8b"),
    (["--set"], "--set", "expected one argument"),
    (["--wiht", "preseed"], "option '--wiht'", "did you mean --with?"),
    (["--jso"], "option '--jso'", "did you mean --json?"),
    (["-x"], "-x", "--help"),
    (["migrat"], "command 'migrat'", "did you mean migrate?"),
    (["migrate", "now"], "now", "--help"),
    (["\udce9"], "command", "must be one of report, migrate"),
]


@pytest.mark.parametrize(("arguments", "names", "allowed"), BAD)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], names: str, allowed: str) -> None:
    for more in ([], ["--json"]):
        done = called(*([*arguments, *more] if arguments[-1] != "--set" else [*more, *arguments]))
        assert names in refused(done)
        assert allowed in refused(done)


def test_help_behind_a_command_shows_what_it_takes() -> None:
    says = run("measure", "--help").stdout
    assert "--size-gib SIZE_GIB" in says
    assert "--budget BUDGET" not in says
    assert "--budget BUDGET" in run("plan", "--help").stdout
    assert "--size-gib SIZE_GIB" in run("--help").stdout


def test_help_names_commands_layers_models_and_examples() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for word in [*main.COMMANDS, *main.LAYERS, *main.MODELS]:
        assert word in done.stdout
    examples = [line.split()[2:] for line in done.stdout.splitlines() if "  python " in line]
    assert len(examples) >= 4
    for example in examples:
        if not {"--watch", "serve"} & {*example}:  # which go on until Ctrl-C
            assert called(*example).returncode == 0


def test_an_instructors_edit_shows(tmp_path: Path) -> None:
    program = edited(tmp_path, "node_provision_s = 50.0", "node_provision_s = 40")
    assert json.loads(run("--json", program=program).stdout)["cold_start_s"] == 318.0
    assert "total             318" in run(program=program).stdout


def test_it_runs_from_anywhere_with_any_flags_and_without_a_home(tmp_path: Path) -> None:
    expected = run().stdout
    assert run(cwd=tmp_path).stdout == expected
    for flags in (["-O"], ["-OO"], ["-I", "-S"], ["-X", "dev", "-W", "error"]):
        command = [sys.executable, *flags, str(PROGRAM)]
        done = subprocess.run(command, capture_output=True, check=False, env={}, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"15.0     21.9x" in done.stdout
    assert run("-h", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "koi8-r"])
def test_a_terminal_without_utf_8_gets_ascii_bars(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--with", SHORT],
        capture_output=True,
        check=True,
        env=environment,
    )
    assert done.stdout.decode("ascii").count("#") >= 3
    assert b"#.." in done.stdout


def test_a_narrow_terminal_gets_the_same_plain_text() -> None:
    pty, fcntl, termios = map(pytest.importorskip, ("pty", "fcntl", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    environment = {**os.environ, "COLUMNS": "40", "PYTHONIOENCODING": "utf-8", "TERM": "xterm"}
    command = [sys.executable, str(PROGRAM)]
    with subprocess.Popen(command, stdout=theirs, env=environment) as child:
        os.close(theirs)
        said = b""
        while chunk := read_some(ours):
            said += chunk
        assert child.wait(10) == 0
    os.close(ours)
    assert said.decode().replace("\r\n", "\n") == run().stdout
    assert "\x1b" not in said.decode()


def read_some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--help"]])
def test_a_reader_that_has_seen_enough_is_no_error(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(PROGRAM), *arguments]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line_and_a_closed_output_none() -> None:
    command = f"'{sys.executable}' '{PROGRAM}'"
    full = subprocess.run(f"{command} > /dev/full", shell=True, capture_output=True, check=False)
    assert full.returncode == 2
    assert full.stderr == b"main.py: standard output: No space left on device\n"
    closed = subprocess.run(f"{command} >&-", shell=True, capture_output=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, b"")


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    program = edited(tmp_path, "    check(s)\n", "    check(s)\n    raise KeyboardInterrupt\n")
    done = run(program=program)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")


def test_start_up_is_the_compiling_of_the_file_and_little_more() -> None:
    # A script is compiled at every run. What comes on top of that and of an empty Python is the
    # lesson's arithmetic, a simulated day and the page: it must stay small beside it.
    code = f"compile(open({str(PROGRAM)!r}, encoding='utf-8').read(), 'main.py', 'exec')"
    commands = {"empty": ["-c", "pass"], "compile": ["-c", code], "report": [str(PROGRAM)]}
    shares = []
    for _ in range(8):  # a busy machine may spoil one round, a slow program spoils all
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(20):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-I", "-S", *command], check=True, stdout=subprocess.DEVNULL
                )
                times[name].append(time.perf_counter() - start)
        empty, compiled, report = map(statistics.median, times.values())
        shares.append((report - empty) / (compiled - empty))
        if shares[-1] <= 1.2:
            return
    pytest.fail(f"the report takes {min(shares):.2f} times the compiling of its file")


def test_the_file_is_no_longer_to_compile_than_it_was() -> None:
    # The aim is a report in 3.5 times an empty Python's time; a thousand tokens add 0.18 to that.
    with PROGRAM.open("rb") as file:
        silent = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING}
        tokens = sum(token.type not in silent for token in tokenize.tokenize(file.readline))
    assert tokens <= 24_100


def test_the_plain_report_imports_next_to_nothing() -> None:
    command = [sys.executable, "-I", "-S", "-X", "importtime", str(PROGRAM)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    imported = {line.rsplit(b"|")[-1].strip().decode() for line in done.stderr.splitlines()}
    assert "math" in imported
    heavy = {"argparse", "json", "re", "typing", "dataclasses", "collections", "http", "os"}
    heavy |= {"random", "csv", "datetime", "subprocess", "socket", "urllib", "webbrowser"}
    assert not imported & heavy


def test_the_file_keeps_its_shape() -> None:
    import ast

    source = PROGRAM.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    lengths = [(n.end_lineno or 0) - n.lineno + 1 for n in functions]
    assert statistics.median(lengths) < 12
    assert max(lengths) <= 50
    assert max(map(len, source.splitlines())) < 100
