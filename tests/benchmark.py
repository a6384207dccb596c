"""The simulation beside SimFaaS, and plans beside the search of everything, in turn in one run:
`python tests/benchmark.py`.

SimFaaS (PyPI `simfaas`) goes into an environment that is thrown away. Both run its own example,
Poisson 0.9/s, served warm in 1.991 s and cold in 2.244 s, kept for 600 s, and then 100 requests/s;
ours with every figure of the report. Then the memory of 10 million requests. First of all plans at
the rates of real endpoints, beside the commit that still ran every stack. Exit 1 past a bound.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROUNDS = 5
CASES = [  # requests/s, seconds of ours, of SimFaaS, how many times faster we must be
    (0.9, 1e6, 1e5, 10),
    (100.0, 9e3, 200.0, 60),
]
EXHAUSTIVE = "9130c67"  # the last commit whose plan ran every stack and pool size
PLANS = [  # words of a plan, and how many times faster it must be, or seconds at most
    (["--rate", "9000"], 6, 0),
    (["--rate", "36000", "--pattern", "diurnal"], 0, 60),
]
EXPECTED = {"P(cold)": (0.001343, 0.1), "mean replicas": (7.70, 0.01)}
THEIRS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from simfaas.ServerlessSimulator import ServerlessSimulator
rate, seconds = map(float, sys.argv[1:])
run = ServerlessSimulator(arrival_rate=rate, warm_service_rate=1 / 1.991,
    cold_service_rate=1 / 2.244, expiration_threshold=600, max_time=seconds)
start = time.perf_counter()
run.generate_trace(progress=False)
figures = run.get_result_dict()
print(json.dumps([time.perf_counter() - start, run.total_req_count]))
"""
OURS = """
import json, sys, time
sys.path.insert(0, "code")
import main, traffic
rate, seconds = map(float, sys.argv[1:])
s = main.Scenario(requests_per_hour=3600 * rate, keep_alive_s=600,
    known_cold_start_s=2.244 - 1.991)
how = traffic.Traffic(hours=seconds / 3600, slots=1, max_workers=1000, service_s=1.991)
start = time.perf_counter()
found = traffic.traffic_result(s, [], how)
spent = time.perf_counter() - start
print(json.dumps([spent, found["requests"], found["cold_starts"], found["replicas"]["mean"]]))
"""


def run(python: str, code: str, *arguments: float) -> list[float]:
    command = [python, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def peak_mb(hours: float) -> float:
    """Of the program itself, in MB, at 1,000 requests/s for so long."""
    options = [f"--hours={hours}", "--rate=3.6e6", "--min-workers=400", "--service-s=2"]
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], "
        "check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3)"
    )
    command = [sys.executable, "-c", code, "code/traffic.py", *options]
    done = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    return float(done.stdout)


def planned_s(folder: Path, words: list[str]) -> float:
    """Seconds of a plan by the scripts of a folder; no plan is an answer too."""
    start = time.perf_counter()
    command = [sys.executable, str(folder / "code" / "plan.py"), *words, "--json"]
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    assert done.returncode in (0, 1)
    return time.perf_counter() - start


def plans_hold() -> bool:
    held, here = True, Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        archive = ["git", "archive", EXHAUSTIVE, "code"]
        before = subprocess.run(archive, check=True, capture_output=True, cwd=here).stdout
        subprocess.run(["tar", "-x", "-C", folder], check=True, input=before)
        for words, faster, most_s in PLANS:
            spent_s = planned_s(here, words)
            says = f"plan {' '.join(words)}: {spent_s:.1f} s"
            if most_s:
                held &= spent_s <= most_s
                print(f"{says}, must be {most_s} at most")
            else:
                ratio = planned_s(Path(folder), words) / spent_s
                held &= ratio >= faster
                print(f"{says}, {ratio:.1f}x the search of everything, must be {faster}x")
    return held


def main() -> int:
    held = plans_hold()
    with tempfile.TemporaryDirectory() as folder:
        print("installing SimFaaS ...", flush=True)
        venv.create(folder, with_pip=True)
        theirs = str(Path(folder) / "bin" / "python")
        subprocess.run([theirs, "-m", "pip", "install", "-q", "simfaas"], check=True)
        for rate, our_s, their_s, bound in CASES:
            ratios = []
            for _ in range(ROUNDS):
                ours, others = (
                    run(sys.executable, OURS, rate, our_s),
                    run(theirs, THEIRS, rate, their_s),
                )
                each = [1e6 * row[0] / row[1] for row in (ours, others)]
                ratios.append(each[1] / each[0])
                print(f"{rate:g}/s: ours {each[0]:.2f}, SimFaaS {each[1]:.2f} us a request")
            ratio = statistics.median(ratios)
            held &= ratio >= bound
            print(f"{rate:g}/s: {ratio:.1f}x, must be {bound}x")
            if rate < 1:
                found = {"P(cold)": ours[2] / ours[1], "mean replicas": ours[3]}
                for name, (value, within) in EXPECTED.items():
                    held &= abs(found[name] / value - 1) <= within
                    print(f"{name} {found[name]:.6f}, must be {value} within {within:.0%}")
    memory = peak_mb(10e6 / 3.6e6)
    held &= memory <= 40
    print(f"10 million requests: {memory:.1f} MB at the peak, must be 40 at most")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
