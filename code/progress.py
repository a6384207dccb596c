"""A line on a terminal that says how far a long run is: after two seconds, then once a second.

Standard error alone hears of it, and only where it is a terminal.
"""

import sys
from time import monotonic

WIDTH = 60


class Progress:
    """`tell` as often as you like; `end` leaves the line empty."""

    def __init__(self) -> None:
        self.due_s = monotonic() + 2
        self.told = False
        self.shown = bool(sys.stderr and sys.stderr.isatty())

    def tell(self, line: str) -> None:
        if self.shown and monotonic() > self.due_s:
            self.due_s, self.told = monotonic() + 1, True
            self.show(line)

    def show(self, line: str) -> None:
        if self.shown:
            print(f"\r{line:{WIDTH}.{WIDTH}}\r", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.told:
            self.show("")


progress = Progress()  # of this process
