"""`python -m geo`: everything the app does on data, without a browser."""

import sys
import time

_BEGAN = time.perf_counter()
# What takes time to load is part of the time that a command takes.
from geo.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], began=_BEGAN))
