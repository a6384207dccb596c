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
from pathlib import Path

import main
import pytest
from conftest import CODE, SCRIPTS, called, edited, refused, report, run

PROGRAM = CODE / "main.py"
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
    done = run("main.py", python=python)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == report(main.Scenario())


def test_json_is_one_object_and_nothing_else() -> None:
    done = run("main.py", "--with", SHORT, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["cold_start_s"] == 15.0
    ours = main.report(main.Scenario(), SHORT.split(","))
    assert json.loads(json.dumps(ours, allow_nan=False)) == found
    drawn = json.loads(called("view.py", "--with", SHORT).stdout)
    beside = {name: drawn[name] for name in ("curves", "effects", "verdicts", "whole")}
    assert drawn == found | beside


@pytest.mark.parametrize(
    "words",
    [
        ["--with", "warm-node", "--with", "snapshot, preseed"],
        ["--with=preseed", "--with", "warm-node,snapshot,preseed"],
    ],
)
def test_layers_may_come_in_lists_repeated_and_in_any_order(words: list[str]) -> None:
    found = json.loads(called("main.py", *words, "--json").stdout)
    assert found["layers"] == SHORT.split(",")
    assert found["cold_start_s"] == 15.0


def test_all_means_every_layer_and_options_win_over_set() -> None:
    every = json.loads(called("main.py", "--with", "all", "--json").stdout)
    assert every["layers"] == [*main.BY_NAME]
    words = ["--set", "model=8b", "--set", "sla_s=1", "--set", "sla_s=9", "--model", "7b"]
    words += ["--set", "requests_per_hour=3", "--rate", "90", "--keep-alive", "60"]
    scenario = json.loads(called("main.py", "--json", *words).stdout)["scenario"]
    assert (scenario["model"], scenario["sla_s"], scenario["weights_gb"]) == ("7b", 9, 14)
    assert (scenario["requests_per_hour"], scenario["keep_alive_s"]) == (90, 60)


@pytest.mark.parametrize(
    "words",
    [
        ["main.py"],
        ["traffic.py", "--hours", "1"],
        ["plan.py", "--rate", "5", "--require", "preseed"],
        ["evidence.py"],
        ["view.py"],
    ],
    ids=lambda words: words[0],
)
def test_every_script_takes_the_figures_that_others_measured(words: list[str]) -> None:
    done = called(*words, "--figures", "measured", "--set", "image_gb=20", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["figures"] == "measured"
    assert found["scenario"]["image_pull_s_per_gb"] == 12  # the set's
    assert found["scenario"]["image_gb"] == 20  # yours, which win
    assert {"name": "image_gb", "was": 10, "now": 20} in found["changed"]


def test_a_log_stands_on_the_figures_that_others_measured(tmp_path: Path) -> None:
    log = tmp_path / "start.log"
    log.write_text(
        "INFO 10-01 12:00:00 llm_engine.py:161] Initializing an LLM engine (v0.6.3)\n"
        "INFO 10-01 12:00:20 model_runner.py:1067] Loading model weights took 15.0 GB\n"
        "INFO 10-01 12:00:50 model_runner.py:1518] Graph capturing finished in 30 secs.\n"
    )
    raw = {}
    for name in main.FIGURE_SETS:
        done = called("measure.py", "--figures", name, "--log", str(log), "--json")
        assert (done.returncode, done.stderr) == (0, "")
        rows = json.loads(done.stdout)["log"]["phases"]
        raw[name] = {row["name"]: row["was_s"] for row in rows}
    assert (raw["lesson"]["image_pull"], raw["measured"]["image_pull"]) == (180, 120)


BAD = [
    (["--model", "70"], "--model: '70': unknown; did you mean 70b?"),
    (["--model", ""], f"--model: '': unknown; must be one of {', '.join(main.MODELS)}"),
    (["--with", "presed"], "--with: 'presed': unknown; did you mean preseed?"),
    (["--with", "Warm_Pool"], "--with: 'Warm_Pool': unknown; did you mean warm-pool?"),
    (["--with", ""], "--with: '': unknown; must be one of preseed, stream"),
    (["--with", "preseed,,tiered"], "--with: '': unknown; must be one of preseed, stream"),
    (["--set", "node_provison_s=4"], "'node_provison_s': unknown; did you mean node_provision_s?"),
    (["--set", "sla_s"], "--set: 'sla_s': must be NAME=VALUE"),
    (["--set", "sla_s="], "--set: sla_s='': must be a number"),
    (["--set", "sla_s=fast\nnow"], r"--set: sla_s='fast\nnow': must be a number"),
    (["--set", "sla_s=0"], "--set: sla_s='0': must be a number, 1e-09 to 1e+12"),
    (["--set", "image_gb=-1"], "--set: image_gb='-1': must be a number, 0 or 1e-09 to 1e+12"),
    (["--set", "sla_s=nan"], "--set: sla_s='nan': must be a number"),
    (["--set", "sla_s=inf"], "--set: sla_s='inf': must be a number"),
    (["--set", "sla_s=1e300"], "--set: sla_s='1e300': must be a number, 1e-09 to 1e+12"),
    (["--set", "network_gb_s=1e-300"], "network_gb_s='1e-300': must be a number, 1e-09 to"),
    (["--set", "products=1.5"], "--set: products='1.5': must be a whole number, 0 to"),
    (["--set", "weights_gb=0"], "--set: weights_gb='0': must be a number"),
    (["--set", "snapshot_gpu_matches=2"], "must be a whole number, 0 to 1"),
    (["--set", "streamer_sharded=2"], "must be a whole number, 0 to 1"),
    (["--figures", "mesured"], "--figures: 'mesured': unknown; did you mean measured?"),
    (["--figures", "x"], "--figures: 'x': unknown; must be one of lesson, measured"),
    (["--figures"], "--figures: expected one argument"),
    (["--set", "figures=measured"], "--set: 'figures': unknown; --help lists them"),
    (["--set", "figure_set=measured"], "--set: 'figure_set': unknown; --help lists them"),
    (["--set", "model=x"], "--set: model='x': unknown; must be one of 7b, "),
    (["--set"], "--set: expected at least one argument"),
    (["drop_usd=0"], "'drop_usd=0': figures stand behind --set"),
    (["--set", "sla_s=1,drop_usd=0"], "'sla_s=1,drop_usd=0': must be parted by a space"),
    (["--set", "sla_s=1", "plan"], "--set: 'plan': must be NAME=VALUE"),
    (
        ["--cold-start-s", "9", "--set", "engine_init_s=1"],
        "engine_init_s: must be without --cold-",
    ),
    (["--cold-start-s", "9", "--with", "tiered"], "tiered: must be left out: it shortens weight_"),
    (["--cold-start-s", "-9"], "--cold-start-s: '-9': must be a number, 0 or"),
    (["report"], "'report': unknown; --help lists them"),
    (["main"], "main is a script of its own: python code/main.py"),
    (["plan", "--help"], "plan is a script of its own: python code/plan.py --sla 20"),
    (["plan", "--sla"], "plan is a script of its own: python code/plan.py --sla 20"),
    (["sla_s"], "'sla_s': figures stand behind --set, as --set NAME=VALUE"),
    (["--sla_s=4"], "'--sla_s=4': figures stand behind --set"),
    (["--rate", "-1"], "--rate: '-1': must be a number, 0 or 1e-09"),
    (["--wiht", "preseed"], "'--wiht': unknown; did you mean --with?"),
    (["--jso"], "'--jso': unknown; did you mean --json?"),
    (["-x"], "'-x': unknown; --help lists them"),
    (["now"], "'now': unknown; --help lists them"),
    (["\udce9"], r"'\udce9': unknown; --help lists them"),
]


@pytest.mark.parametrize(("words", "says"), BAD)
def test_bad_input_is_one_line_and_exit_2(words: list[str], says: str) -> None:
    for more in ([], ["--json"]):
        done = called("main.py", *([*words, *more] if words[-1] != "--set" else [*more, *words]))
        assert says in refused(done)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plan"], "plan is a script of its own: python code/plan.py"),
        (["traffic", "--pattern", "bursty"], "traffic is a script of its own: python code/traf"),
        (["--model", "8b", "evidence"], "evidence is a script of its own: python code/evidence"),
        (["serve", "--port", "1"], "serve is a script of its own: python code/serve.py"),
        (["--watch"], "watch is a script of its own: python code/watch.py"),
        (["traffic.py"], "traffic is a script of its own: python code/traffic.py"),
        (["migrate"], "'migrate': layers stand behind --with, as a comma list"),
        (["preseed,stream"], "'preseed,stream': layers stand behind --with, as a comma list"),
        (["plna"], "'plna': unknown; did you mean plan?"),
    ],
)
def test_an_old_form_says_which_script_does_it(words: list[str], says: str) -> None:
    assert says in refused(called("main.py", *words))


def test_bad_input_ends_every_script_as_a_process_too() -> None:
    for script in SCRIPTS:
        assert "unknown; did you mean --json?" in refused(run(script, "--jso"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_shows_the_scripts_own_options_what_every_script_takes_and_examples(
    script: str,
) -> None:
    done = run(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    options = ["--with", "--figures SET", "--set", "--json"]
    for word in [*main.BY_NAME, *main.MODELS, *main.FIGURES, *options]:
        assert word in done.stdout
    own = {"traffic.py": "--hours", "plan.py": "--budget", "measure.py": "--size-gib"}
    for other, option in own.items():
        assert (f"  {option} " in done.stdout) == (other == script)
    assert max(map(len, done.stdout.splitlines())) <= 80
    examples = done.stdout.partition("\nexamples:\n")[2].partition("\n\n")[0].splitlines()
    assert examples
    for example in examples:
        words = example.partition("#")[0].split()
        if words[0] == "python" and "--file" not in words:
            assert words[1] == f"code/{script}"
            assert called(script, *words[2:]).returncode in (0, 1)


def test_an_instructors_edit_shows(tmp_path: Path) -> None:
    folder = edited(tmp_path, "node_provision_s: float = 50.0", "node_provision_s: float = 40")
    assert json.loads(run("main.py", "--json", folder=folder).stdout)["cold_start_s"] == 318.0
    assert "total             318" in run("main.py", folder=folder).stdout


def test_it_runs_from_anywhere_with_any_flags_and_without_a_home(tmp_path: Path) -> None:
    expected = run("main.py").stdout
    assert run("main.py", cwd=tmp_path).stdout == expected
    for flags in (["-O"], ["-OO"], ["-I", "-S"], ["-X", "dev", "-W", "error"]):
        command = [sys.executable, *flags, str(PROGRAM)]
        done = subprocess.run(command, capture_output=True, check=False, env={}, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"15.0     21.9x" in done.stdout
    assert run("main.py", "-h", cwd=tmp_path).returncode == 0


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


def in_terminal(**environment: str) -> str:
    """What the report looks like in a narrow terminal."""
    pty, fcntl, termios = map(pytest.importorskip, ("pty", "fcntl", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    plain = {"COLUMNS": "40", "PYTHONIOENCODING": "utf-8", "TERM": "xterm"}
    env = {k: x for k, x in os.environ.items() if k != "NO_COLOR"} | plain | environment
    with subprocess.Popen([sys.executable, str(PROGRAM)], stdout=theirs, env=env) as child:
        os.close(theirs)
        said = b""
        while chunk := read_some(ours):
            said += chunk
        assert child.wait(10) == 0
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def read_some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_headings_are_bold_on_a_terminal_and_nothing_else_differs() -> None:
    said, plain = in_terminal(), run("main.py").stdout
    assert said.replace("\x1b[1m", "").replace("\x1b[0m", "") == plain
    bold = [line for line in said.splitlines() if line.startswith("\x1b[1m")]
    assert [line[4:5] for line in bold] == [*"123456", "N"]
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert in_terminal(**environment) == plain


@pytest.mark.parametrize("words", [[], ["--json"], ["--help"]])
def test_a_reader_that_has_seen_enough_is_no_error(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(PROGRAM), *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_streams_that_are_full_or_closed_are_no_traceback() -> None:
    def shell(rest: str, script: str = "main.py") -> tuple[int, bytes]:
        command = f"'{sys.executable}' '{CODE / script}' {rest}"
        done = subprocess.run(command, shell=True, capture_output=True, check=False)
        return done.returncode, done.stderr

    assert shell("> /dev/full") == (2, b"main.py: standard output: No space left on device\n")
    assert shell(">&-") == (0, b"")
    assert shell("--bogus 2> /dev/full") == (2, b"")
    assert shell("--bogus 2>&-") == (2, b"")
    full = b"watch.py: standard output: No space left on device\n"
    assert shell("--help > /dev/full", "watch.py") == (2, full)
    assert shell("--help >&-", "watch.py") == (0, b"")
    assert shell("nope 2>&-", "watch.py") == (2, b"")
    assert shell("--port x 2> /dev/full", "serve.py") == (2, b"")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_a_run_under_nohup_outlives_its_terminal() -> None:
    ignore = "import signal, sys, os; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    ignore += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    words = [str(CODE / "traffic.py"), "--rate", "1000", "--hours", "87600"]
    with subprocess.Popen([sys.executable, "-c", ignore, *words]) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert process.wait(5) == 130


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    start = "    s, names = asked(args)\n"
    folder = edited(tmp_path, start, f"    raise KeyboardInterrupt\n{start}")
    done = run("main.py", folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")


@pytest.mark.skipif(sys.platform != "linux", reason="no other limits the memory of a shell")
def test_memory_that_runs_out_is_a_sentence() -> None:
    limited = 'ulimit -v 400000 && exec "$0" main.py --set @/dev/zero'
    done = subprocess.run(
        ["sh", "-c", limited, sys.executable], capture_output=True, encoding="utf-8", cwd=CODE
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "main.py: memory ran out: is a file without end, or a run too large?\n"


def test_nobody_waits_for_the_report() -> None:
    # In a virtual environment as learners have it, some 60 ms; it should be twice an import.
    commands = {"import": ["-c", "import dataclasses"], "report": [str(PROGRAM)]}
    shares = []
    for _ in range(8):  # a busy machine may spoil one round, a slow program spoils all
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(20):
            for name, command in commands.items():
                start = time.perf_counter()
                run_once = [sys.executable, *command]
                subprocess.run(run_once, check=True, stdout=subprocess.DEVNULL)
                times[name].append(time.perf_counter() - start)
        imported, told = map(statistics.median, times.values())
        shares.append(told / imported)
        if shares[-1] <= 2.4:
            return
    pytest.fail(f"the report takes {min(shares):.2f} times an import of dataclasses")
