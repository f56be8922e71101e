#!/usr/bin/env python3
"""bayes.py BAYES_BENCH: what the classifier costs for one message of 5 KB, MIME decoding included: allocations, and
instructions where there is a valgrind. Fails when an item costs more than COSTS allows."""
import sys

from fetch import compare

# As in fetch.py.
COSTS = {
    # item: (allocations, instructions)
    "tokens-text": (11, 439_100),
    "tokens-HTML": (15, 487_900),
    "classify-text": (11, 529_400),
    "classify-HTML": (15, 548_200),
    "train-text": (11, 549_900),
    "train-HTML": (15, 595_500),
}

if __name__ == "__main__":
    sys.exit(compare(sys.argv[1], COSTS))
