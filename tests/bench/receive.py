#!/usr/bin/env python3
"""receive.py RECEIVE_BENCH: what the SMTP engine costs for one mail of 12 KB, MAIL to 250: allocations, and
instructions where there is a valgrind. Fails when a way to send it costs more than COSTS allows."""
import sys

from fetch import compare

# As in fetch.py.
COSTS = {
    # item: (allocations, instructions)
    "DATA": (3, 49_800),
    "BDAT": (3, 39_800),
    "LMTP": (3, 49_800),
}

if __name__ == "__main__":
    sys.exit(compare(sys.argv[1], COSTS))
