"""`python -m geo`: everything the app does on data, without a browser."""

import sys

from geo.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
