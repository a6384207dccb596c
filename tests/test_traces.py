"""Traces as people have them: what is read, in which unit, and what is said of all others."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import main
import pytest
import traces
from traces import Trace

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
BURST = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
LONG_BURST = BURST.replace("Model", "Session ID,Elapsed time,Model")
FUNCTIONS = "app,func,end_timestamp,duration\n"
SECONDS_AND_TOKENS = "arrival_s,ContextTokens,GeneratedTokens\n"
# A prompt this short takes as long as the weights, once, from both GPUs' HBM: 140 / 3350 / 2.
SHORT_S = 0.0208955
DRAWN_S = 7.0
INTO = " | python code/traffic.py --trace -"


def opened(folder: Path, text: str | bytes, **options: Any) -> Trace:
    path = folder / "trace"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return Trace(main.Scenario(), str(path), lambda: DRAWN_S, **options)


def rows_of(folder: Path, text: str | bytes, **options: Any) -> list[tuple[float, float]]:
    return [*opened(folder, text, **options)]


def says(folder: Path, text: str | bytes, **options: Any) -> str:
    """The one line with which a trace is refused, behind the file's name."""
    trace = opened(folder, text, **options)
    with pytest.raises(main.BadInput) as error:
        list(trace)
    line = str(error.value)
    assert line.isprintable()
    assert line.startswith(f"--trace {trace.file!r}")
    return line.removeprefix(f"--trace {trace.file!r}").removeprefix(", ")


def objects(*times: object) -> str:
    """JSON lines with these times."""
    return "".join(
        json.dumps({"timestamp": t, "input_length": 100, "output_length": 30, "hash_ids": [0, 4]})
        + "\n"
        for t in times
    )


# --- formats -------------------------------------------------------------------------------------


def test_azure_llm_gives_epoch_seconds_tokens_and_the_clock_of_its_place(tmp_path: Path) -> None:
    trace = opened(
        tmp_path,
        AZURE + "2023-11-16 18:17:03.9799600,8192,30\n2023-11-16 18:17:04.4799600,100,3\n",
    )
    first, second = trace
    # date -u -d '2023-11-16 18:17:03' +%s: 1700158623; 1.006 s for a prompt of 8192; 30 a second
    assert first == (pytest.approx(1700158623.97996, abs=1e-5), pytest.approx(2.006, abs=1e-3))
    assert second == (pytest.approx(first[0] + 0.5), pytest.approx(SHORT_S + 0.1, abs=1e-6))
    assert (trace.format, trace.unit, trace.told_by) == ("Azure LLM", "dates", "")
    assert (trace.has_dates, trace.failed) == (True, 0)
    # a Thursday: three days, and 18 h 17 min 3.97996 s
    assert trace.week_s == pytest.approx(3 * 86400 + 65823.97996, abs=1e-5)


def test_a_date_counts_by_its_own_offset_and_the_week_by_its_own_clock(tmp_path: Path) -> None:
    trace = opened(tmp_path, AZURE + "2024-05-13 01:00:00.25+02:00,100,30\n")
    # 23:00 of Sunday, 2024-05-12, in UTC: date -u -d '2024-05-12 23:00' +%s; on Monday there
    assert [t for t, _ in trace] == [1715554800.25]
    assert trace.week_s == 3600.25


@pytest.mark.parametrize(
    "text",
    [
        AZURE + "2024-05-10T00:00:00Z,1,2\n2024-05-10T00:00:09Z,1,2\n",
        "\ufeff" + AZURE.replace("\n", "\r\n") + "\r\n2024-05-10,1,2\r\n2024-05-10 00:00:09,1,2",
        "2024-05-10T00:00:00Z,1,2\n2024-05-10T00:00:09Z,1,2\n" + AZURE,
        '"TIMESTAMP", "contexttokens","GeneratedTokens"\n"2024-05-10","1","2"\n'
        " 2024-05-10 00:00:09,1,2",
    ],
)
def test_a_heading_may_be_spelt_otherwise_stand_last_or_be_missing(
    tmp_path: Path, text: str
) -> None:
    assert [t for t, _ in rows_of(tmp_path, text)] == [1715299200, 1715299209]


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        (BURST, "{},ChatGPT,100,{},0,API log\n"),
        (LONG_BURST, '{},1722ac82,43,"Chat, GPT",100,{},0,API log\n'),
        ("Log Type,Response tokens,Timestamp,Request tokens\n", "API log,{1},{0},100\n"),
    ],
)
def test_burstgpt_is_found_by_its_columns_and_counts_what_failed(
    tmp_path: Path, heading: str, row: str
) -> None:
    text = heading + row.format(40, 60) + row.format("52.5", 0) + heading + row.format(60, 3)
    trace = opened(tmp_path, text)
    # 60 tokens at 30 a second; none of a request that failed, and yet it arrived and was read
    assert [*trace] == [
        (40, pytest.approx(SHORT_S + 2, abs=1e-6)),
        (52.5, pytest.approx(SHORT_S, abs=1e-6)),
        (60, pytest.approx(SHORT_S + 0.1, abs=1e-6)),
    ]
    assert (trace.format, trace.unit, trace.failed) == ("BurstGPT", "s", 1)
    assert (trace.has_dates, trace.week_s) == (False, 40)


def test_requests_fail_as_they_are_read(tmp_path: Path) -> None:
    trace = opened(tmp_path, BURST + "1,GPT-4,5,0,5,API log\n" * 3)
    rows = iter(trace)
    assert [next(rows) and trace.failed for _ in range(3)] == [1, 2, 3]


def test_azure_functions_ended_when_they_say_and_are_sorted_by_their_begin(tmp_path: Path) -> None:
    trace = opened(
        tmp_path,
        FUNCTIONS + "a,f,0.07,0.08\na,f,58,1.5\nb,g,120.5,110\n" + FUNCTIONS + "b,g,130,4",
    )
    # 0.07 - 0.08; the third began at 10.5, before the second at 56.5
    expected = [(-0.01, 0.08), (10.5, 110), (56.5, 1.5), (126, 4)]
    assert [*trace] == [(pytest.approx(t), seconds) for t, seconds in expected]
    assert (trace.format, trace.unit) == ("Azure Functions 2021", "s")
    assert trace.week_s == 0  # the day of what began before it is the file's


@pytest.mark.parametrize("heading", [SECONDS_AND_TOKENS, ""])
def test_seconds_may_stand_before_tokens(tmp_path: Path, heading: str) -> None:
    trace = opened(tmp_path, heading + "5,100,30\n\n1e1,100,3\n")
    assert [*trace] == [
        (5, pytest.approx(SHORT_S + 1, abs=1e-6)),
        (10, pytest.approx(SHORT_S + 0.1, abs=1e-6)),
    ]
    assert (trace.format, trace.unit, trace.week_s) == ("seconds and tokens", "s", 5)


def test_seconds_may_stand_alone_or_with_the_service_they_take(tmp_path: Path) -> None:
    with_service = [(5, 2.5), (7.5, 0), (7.5, 1)]
    text = "\ufeffarrival_s,service_s\r\n5,2.5\r\n\r\n7.5,0\r\narrival_s,service_s\r\n7.5,1\r\n"
    assert rows_of(tmp_path, text) == with_service
    assert rows_of(tmp_path, "5,2.5\n7.5,0\n7.5,1\narrival_s\n") == with_service
    assert rows_of(tmp_path, "5\r7\r") == [(5, DRAWN_S), (7, DRAWN_S)]
    trace = opened(tmp_path, "arrival_s\n5\n7,2\n")
    assert [*trace] == [(5, DRAWN_S), (7, 2)]
    assert (trace.format, trace.unit, trace.told_by) == ("seconds", "s", "")


# --- units ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "unit", "told_by"),
    [
        ([0, 0, 3000, 6600], "ms", "whole numbers, 2,200 apart on average"),
        ([100, 131], "ms", "whole numbers, 31 apart on average"),
        ([100, 130], "s", "whole numbers, 30 apart on average"),
        ([0, 0, 9], "s", "whole numbers, 4.5 apart on average"),
        ([0, 3000, 6600.5], "s", "a time has a fraction"),
        ([4000], "s", "a single request"),
        ([1715299200000, 1715299200001], "ms", "whole numbers, 1 apart on average"),
        ([19440110, 19440110], "s", "whole numbers, 0 apart on average"),  # and no date
    ],
)
def test_json_lines_tell_their_unit_by_their_spacing(
    tmp_path: Path, times: list[float], unit: str, told_by: str
) -> None:
    trace = opened(tmp_path, objects(*times))
    per_s = 1000 if unit == "ms" else 1
    expected = [(t / per_s, pytest.approx(SHORT_S + 1, abs=1e-6)) for t in times]
    assert [*trace] == expected
    assert (trace.format, trace.unit, trace.told_by) == ("Mooncake", unit, told_by)
    assert trace.week_s == times[0] / per_s


def test_a_thousand_lines_tell_the_unit_and_a_gap_behind_them_does_not(tmp_path: Path) -> None:
    for times, unit in (([*range(1000), 10**9], "s"), ([0] * 999 + [40_000], "ms")):
        trace = opened(tmp_path, objects(*times))
        assert sum(1 for _ in trace) == len(times)
        assert trace.unit == unit


def test_a_json_line_may_be_as_long_as_a_long_prompt_makes_it(tmp_path: Path) -> None:
    text = objects(0.5).replace("[0, 4]", str([*range(50_000)]))
    assert len(text) > 300_000
    assert len(rows_of(tmp_path, text * 2)) == 2


def test_a_unit_that_is_told_wins_and_holds_for_every_time_of_the_file(tmp_path: Path) -> None:
    trace = opened(tmp_path, objects(0, 9000), unit="s")
    assert ([t for t, _ in trace], trace.unit, trace.told_by) == ([0, 9000], "s", "")
    ms = opened(tmp_path, objects(0.5, 9), unit="ms")
    assert ([t for t, _ in ms], ms.unit, ms.told_by) == ([0.0005, 0.009], "ms", "")
    assert rows_of(tmp_path, "1500,250\n3000", unit="ms") == [(1.5, 0.25), (3, DRAWN_S)]
    assert rows_of(tmp_path, FUNCTIONS + "a,f,9000,2500\n", unit="ms") == [(6.5, 2.5)]
    short = pytest.approx(SHORT_S + 1, abs=1e-6)
    assert rows_of(tmp_path, "1500,100,30", unit="ms") == [(1.5, short)]
    assert rows_of(tmp_path, BURST + "1500,x,100,30,0,y", unit="ms") == [(1.5, short)]
    assert rows_of(tmp_path, "1715299200000", unit="ms") == [(1715299200, DRAWN_S)]


def test_dates_have_no_other_unit(tmp_path: Path) -> None:
    with pytest.raises(main.BadInput, match=r"^--trace-unit ms: must be left out: .* has dates$"):
        rows_of(tmp_path, AZURE + "2024-05-10,1,2\n", unit="ms")


# --- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("arrival_s,service_s\n", "1,2\n"),
        ("", "1,2\n"),
        (AZURE, "2024-05-10,1,2\n"),
        (BURST, "1,GPT-4,5,0,5,API log\n"),
        (SECONDS_AND_TOKENS, "1,2,3\n"),
        ("", objects(1.5)),  # whose unit a fraction tells at once
    ],
)
def test_a_row_is_given_before_the_next_is_written(head: str, row: str) -> None:
    reader, writer = os.pipe()
    rows = iter(Trace(main.Scenario(), f"/dev/fd/{reader}", lambda: DRAWN_S))
    os.write(writer, f"{head}{row}{row}".encode())
    assert next(rows) == next(rows)
    os.write(writer, row.encode() * 100)
    os.close(writer)
    os.close(reader)
    assert sum(1 for _ in rows) == 100


def test_json_lines_wait_for_their_unit_no_longer_than_it_takes() -> None:
    reader, writer = os.pipe()
    rows = iter(Trace(main.Scenario(), f"/dev/fd/{reader}", lambda: DRAWN_S))
    for k in range(1000):
        os.write(writer, b'{"timestamp":%d,"input_length":1,"output_length":1}\n' % (40 * k))
    assert next(rows)[0] == 0
    assert next(rows)[0] == 0.04
    os.close(writer)
    os.close(reader)
    assert sum(1 for _ in rows) == 998


# --- in order ------------------------------------------------------------------------------------


def cured(folder: Path, told: str, text: str) -> list[tuple[float, float]]:
    """The trace that the command at the end of this line makes of the text."""
    tool = re.search(r"(LC_ALL=C sort|awk|sed|jq|tr|gunzip|iconv) .*", told)
    assert tool is not None
    command, into, unit = tool[0].partition(INTO)
    assert into
    for name in re.findall(r"(?:^|\| )(?:LC_ALL=C )?(\w+)", command):
        if not shutil.which(name):
            pytest.skip(f"there is no {name}")
    source = folder / "a file"
    source.write_text(text, "utf-8", newline="")
    command = command.replace("FILE", shlex.quote(str(source)))
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=60)
    options = {"unit": "ms"} if unit == " --trace-unit ms" else {}
    return rows_of(folder, done.stdout, **options)


BACK = "must not be before the line above; "
MIXED = '{"input_length":1,"timestamp":%s,"output_length":1}\n'
UNSORTED = [
    ("arrival_s\n5\n40\n1e1\n0.5\n", 4, [0.5, 5, 10, 40]),
    ("5,1\n0,1\n", 2, [0, 5]),
    ("arrival_s,service_s\n0\n5\n4\n", 4, [0, 4, 5]),
    (SECONDS_AND_TOKENS + "10,1,1\n9,1,1\n", 3, [9, 10]),
    (BURST + "0,a,1,1,1,b\n100,a,1,1,1,b\n20,a,1,1,1,b\n", 4, [0, 20, 100]),
    ("Model,Timestamp,Request tokens,Response tokens\na,3,1,1\na,0,1,1\n", 3, [0, 3]),
    (
        AZURE + "2024-05-10 00:00:10.5,1,1\n2024-05-10 00:00:10,1,1\n",
        3,
        [1715299210, 1715299210.5],
    ),
    (objects(10.5, 9, 100), 2, [9, 10.5, 100]),
    (MIXED % 10.5 + MIXED % 9, 2, [9, 10.5]),
]


@pytest.mark.parametrize(("text", "line", "times"), UNSORTED)
def test_what_goes_back_in_time_is_told_how_to_be_sorted_and_then_is_read(
    tmp_path: Path, text: str, line: int, times: list[float]
) -> None:
    told = says(tmp_path, text)
    assert told.startswith(f"line {line}: {BACK}")
    assert [t for t, _ in cured(tmp_path, told, text)] == times


def test_sorting_leaves_those_that_came_at_once_in_their_order(tmp_path: Path) -> None:
    for heading, form in (("arrival_s,service_s\n", "{},{}\n"), (BURST, "{},a,100,{},1,b\n")):
        text = heading + "".join(form.format(t, n) for t, n in ((5, 60), (5, 30), (4, 90)))
        services = [seconds for _, seconds in cured(tmp_path, says(tmp_path, text), text)]
        assert services[0] > services[1] > services[2]
        assert len(services) == 3


# --- other headings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "command", "rows"),
    [
        (
            "id,model,arrived_at,num_prefill_tokens,num_decode_tokens\n7,x,1.5,100,30\n",
            """awk -F, 'NR > 1 {print $3","$4","$5}' FILE""",
            [(1.5, SHORT_S + 1)],
        ),
        (
            "request_id,response_time,output_len,input_len,time\n1,9,30,100,2024-05-10\n",
            """awk -F, 'NR > 1 {print $5","$4","$3}' FILE""",
            [(1715299200, SHORT_S + 1)],
        ),
        (
            "time,prompt_tokens,completion_tokens\n5,100,30\n",
            "sed '1s/.*/arrival_s,ContextTokens,GeneratedTokens/' FILE",
            [(5, SHORT_S + 1)],
        ),
        ("user,time,prompt\nx,8,hello\n", "awk -F, 'NR > 1 {print $2}' FILE", [(8, DRAWN_S)]),
        ("arrival_ms,user\n1500,a\n", "awk -F, 'NR > 1 {print $1}' FILE", [(1.5, DRAWN_S)]),
        ("arrival_s\tservice_s\n1\t2\n", r"tr '\t' , < FILE", [(1, 2)]),
        ("1;2\n2;3\n", "tr ';' , < FILE", [(1, 2), (2, 3)]),
        (
            '{"t": 1, "start": 4.5, "prompt_tokens": 100, "completion_tokens": 30}\n',
            """jq -c '{timestamp: .["start"], input_length: .["prompt_tokens"], """
            """output_length: .["completion_tokens"]}' FILE""",
            [(4.5, SHORT_S + 1)],
        ),
        (
            '{"timestamp": "2024-05-10T00:00:00Z", "input_length": 100, "output_length": 30}\n',
            """jq -r '[.["timestamp"], .["input_length"], .["output_length"]] | @csv' FILE""",
            [(1715299200, SHORT_S + 1)],
        ),
        ('{"arrival_ms": 1500}\n', """jq -r '[.["arrival_ms"]] | @csv' FILE""", [(1.5, DRAWN_S)]),
        ("[" + objects(4.5).strip() + "]\n", "jq -c '.[]' FILE", [(4.5, SHORT_S + 1)]),
        (
            '{\n"timestamp": 4.5, "input_length": 100,\n"output_length": 30}\n',
            "jq -c . FILE",
            [(4.5, SHORT_S + 1)],
        ),
    ],
)
def test_another_shape_is_told_a_command_that_brings_it_here(
    tmp_path: Path, text: str, command: str, rows: list[tuple[float, float]]
) -> None:
    told = says(tmp_path, text)
    assert told.startswith(f"line 1: {text.splitlines()[0][:50]!r}: must be ")
    assert f"{command}{INTO}" in told
    found = cured(tmp_path, told, text)
    assert found == [(t, pytest.approx(seconds, abs=1e-6)) for t, seconds in rows]


def test_counts_by_minute_are_spread_over_their_minutes(tmp_path: Path) -> None:
    heading = "HashOwner,HashApp,HashFunction,Trigger," + ",".join(map(str, range(1, 1441)))
    counts = [["2", "0", "1"], ["0", "3", "0"]]
    rows = [",".join(["o", "a", "f", "http", *row, *["0"] * 1437]) for row in counts]
    text = "\n".join([heading, *rows]) + "\n"
    told = says(tmp_path, text)
    assert told.startswith(f"line 1: {heading[:50]!r}: must be a request a line, and not counts")
    # two in the first minute, three in the second, one in the third
    found = cured(tmp_path, told, text)
    assert [t for t, _ in found] == [15, 45, 70, 90, 110, 150]


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "gunzip -c FILE"),
        (b"PK\x03\x04\x14\x00", "unzip -p FILE"),
        (b"Rar!\x1a\x07\x01\x00", "unrar p -inul FILE"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd -dc FILE"),
        ("\ufeffarrival_s\n".encode("utf-16-le"), "iconv -f UTF-16 -t UTF-8 FILE"),
    ],
)
def test_what_is_no_text_yet_is_told_how_it_is_unpacked(
    tmp_path: Path, data: bytes, command: str
) -> None:
    told = says(tmp_path, data)
    assert told.startswith("line 1: ")
    assert told.endswith(f": must be plain text: {command}{INTO}")


def test_a_heading_without_a_time_hears_what_is_read(tmp_path: Path) -> None:
    told = says(tmp_path, "\n\nwhen,what\n5,1\n")
    assert told == f"line 3: 'when,what': must be {traces.READ}"
    for shape in (AZURE, "BurstGPT", "Mooncake", "arrival_s[,service_s]", SECONDS_AND_TOKENS):
        assert shape.strip() in told


def test_keys_without_a_time_are_named(tmp_path: Path) -> None:
    told = says(tmp_path, '{"id": 1, "conversations": [{"value": "a"}]}\n')
    assert "found 'id, conversations'" in told


def test_a_column_or_key_that_a_shell_would_mistake_is_put_into_no_command(tmp_path: Path) -> None:
    for text in ('{"time\'; rm -rf /": 1}\n', '{"time\\n": 1}\n', '{"time\\u202e": 1}\n'):
        assert "perhaps" not in says(tmp_path, text)


# --- bad lines -----------------------------------------------------------------------------------

DEEP = '{"timestamp":' + "[" * 200_000
DIGITS = "9" * 400
ONE = '{"timestamp":5,"input_length":1,"output_length":1}\n'
KEYS = "must be a JSON object with the numbers timestamp, input_length and output_length"
TWO_WHOLE = "ContextTokens,GeneratedTokens: "
PLAIN = "must be arrival_s[,service_s]: seconds from 0 to 1e12"
BAD = [
    ("", "no request in it; must be TIMESTAMP,ContextTokens"),
    ("\n \n", "no request in it; must be TIMESTAMP,ContextTokens"),
    ("arrival_s\n", f"no request in it; {PLAIN}"),
    (AZURE * 2, f"no request in it; must be TIMESTAMP,{TWO_WHOLE}a date and two whole numbers"),
    (FUNCTIONS, "no request in it; must have seconds under end_timestamp and duration"),
    *(
        (f"arrival_s\n5\n{row}\n", f"line 3: {row!r}: {PLAIN}")
        for row in ("x", "nan", "inf", "-5", "5,1,2", "5,-1", "5,", "5,nan", "1e13", "9,1e13", ",")
    ),
    ("nan\n", f"line 1: 'nan': {PLAIN}"),
    ("-5\n-5\n", f"line 1: '-5': {PLAIN}"),
    (f"5\n{DIGITS}", f"line 2: {'9' * 50!r}: {PLAIN}"),
    *(
        (AZURE + f"\n{row}\n", f"line 3: {row[:50]!r}: must be TIMESTAMP,{TWO_WHOLE}a date")
        for row in (
            *("yesterday,1,2", "2024-05-10,1.5,2", "2024-05-10,8192,-1", "2024-05-10,-1,2"),
            *("2024-05-10,1", "2024-05-10,1,2,3", "1969-12-31,1,2", "5,1,2", "2024-13-10,1,2"),
            *(f"2024-05-10,{DIGITS},2", "0001-01-01T00:00+14:00,1,2", f"2024-05-10,1,{DIGITS}"),
        )
    ),
    (
        "5,1.5,2",
        f"line 1: '5,1.5,2': must be arrival_s,{TWO_WHOLE}seconds and two whole numbers",
    ),
    *(
        (BURST + f"{row}\n", f"line 2: {row!r}: must have seconds and two whole numbers under")
        for row in (
            *("1,GPT-4,5,6,11", "1,GPT-4,5,6,11,API log,more", "1,GPT-4,5.5,6,11,API log"),
            *("-1,GPT-4,5,6,11,API log", "1,GPT-4,5,-6,11,API log", "nan,GPT-4,5,6,11,API log"),
        )
    ),
    *(
        (FUNCTIONS + f"{row}\n", f"line 2: {row!r}: must have seconds under end_timestamp")
        for row in ("a,f,5", "a,f,5,-1", "a,f,-5,1", "a,f,inf,1", "a,f,5,inf", "a,f,5,nan")
    ),
    *(
        (ONE + f"{row}\n", f"line 2: {row[:50]!r}: {KEYS}")
        for row in (
            *("[1, 2, 3]", "7", "null", '"x"', "{", '{"timestamp":6,"input_length":1}', DEEP),
            '{"timestamp":true,"input_length":1,"output_length":1}',
            '{"timestamp":NaN,"input_length":1,"output_length":1}',
            '{"timestamp":-6,"input_length":1,"output_length":1}',
            '{"timestamp":6,"input_length":1.5,"output_length":1}',
            '{"timestamp":6,"input_length":null,"output_length":1}',
            '{"timestamp":6,"input_length":1,"output_length":-1}',
            '{"timestamp":6,"input_length":[[]],"output_length":1}',
            f'{{"timestamp":{DIGITS},"input_length":1,"output_length":1}}',
            f'{{"timestamp":6,"input_length":{"9" * 5000},"output_length":1}}',
        )
    ),
    (DEEP, f"line 1: {DEEP[:50]!r}: {KEYS}"),
    ("\x00\x01\x02", "line 1: '\\x00\\x01\\x02': must be TIMESTAMP"),
    ("5\n\x00\n", "line 2: '\\x00': must be arrival_s"),
    ('arrival_s\n5\n"6\n7\n', f"line 3: '\"6': {PLAIN}"),
    (f'5\n"{"1" * 200_000}"\n7\n', f"line 2: '\"{'1' * 49}': {PLAIN}"),
    (f"5\n6\n{'1' * 200_000}\n7\n", f"line 3: {'1' * 50!r}: {PLAIN}"),
    ("1" * 3_000_000, f"line 1: {'1' * 50!r}: {PLAIN}"),
    ('"open\n1,2\n', "line 1: '\"open': must be TIMESTAMP"),
]


@pytest.mark.parametrize(("text", "told"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_named_quoted_and_told_what_it_must_be(
    tmp_path: Path, text: str, told: str
) -> None:
    assert told in says(tmp_path, text).removeprefix(": ")[: len(told)]


def test_a_time_that_is_no_date_either_is_a_bad_line_and_no_other_shape(tmp_path: Path) -> None:
    assert says(tmp_path, ONE.replace("5", '"x"')).endswith(f": {KEYS}")


def test_noise_is_refused_in_a_line(tmp_path: Path) -> None:
    assert says(tmp_path, bytes(range(256)) * 10).startswith("line 1: ")


def test_a_file_that_cannot_be_read_is_named_on_one_line(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no\nfile", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(main.BadInput) as error:
            list(Trace(main.Scenario(), str(path), lambda: DRAWN_S))
        assert str(error.value).startswith(f"--trace {str(path)!r}: {why}")
        assert str(error.value).isprintable()
