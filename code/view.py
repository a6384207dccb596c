"""What the page draws: the lesson's report as JSON, and the curves beside it.

  python code/view.py --with preseed --set network_gb_s=1.25

It takes the options of `main.py`. A page asks for it at /api/report.
"""

from collections.abc import Sequence
from dataclasses import replace

import main
from main import Row, Scenario


def between(points: set[float], steps: int) -> list[float]:
    """These points, and from the first to the last the steps of a curve in even ratios."""
    low, high = min(points), max(points)
    return sorted(points | {low * (high / low) ** (step / steps) for step in range(1, steps)})


def curves(s: Scenario, r: Row) -> Row:
    """Rows over request rates, and over networks, of a scenario behind its layers."""
    rates = {row["requests_per_hour"] for row in r["break_even"]["table"]} - {0.0}
    has, cross = s.network_gb_s, r["migration"]["crossover_gb_s"] or s.network_gb_s
    networks = between({cross / 30, has, cross, cross * 30}, 6)
    return {
        "rates": [main.at_rate(s, rate) for rate in between(rates, 32)],
        "networks": [
            {"network_gb_s": x, **main.migration(replace(s, network_gb_s=x))} for x in networks
        ],
    }


def run(argv: Sequence[str]) -> int:
    s, names = main.asked(main.Parser(__doc__).read(argv))
    report = main.report(s, names)
    main.print_json(report | {"curves": curves(main.stack(s, names), report)})
    return 0


if __name__ == "__main__":
    main.start(run)
