"""A script on a leash: it ends soon after whoever started it, however that ended.

    python leash.py SCRIPT WORD...

Standard input is the leash. It comes to its end when the parent does, and then the script hears
what it would hear of Ctrl-C, so that it can tidy up; a moment later it is stopped.
"""

import os
import runpy
import signal
import sys
import threading
import time

TIDY_S = 2.0


def follow() -> None:
    os.read(0, 1)  # nothing is ever written to it
    signal.raise_signal(signal.SIGTERM)
    time.sleep(TIDY_S)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=follow, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
