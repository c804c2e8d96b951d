"""`python -m processor.workers DESCRIPTOR`: how the service starts its carriers; of no use to people."""

from __future__ import annotations

import sys

from processor.workers.carrier import main

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
