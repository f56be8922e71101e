#!/usr/bin/env python3
"""bayes.py BAYES_BENCH: what the classifier costs for one message of 5 KB, MIME decoding included: allocations, and
instructions where there is a valgrind. Fails when an item costs more than COSTS allows."""
import sys

from fetch import compare

# As in fetch.py.
COSTS = {
    # item: (allocations, instructions)
    "tokens-text": (11, 543_300),
    "tokens-HTML": (15, 573_300),
    "classify-text": (11, 622_400),
    "classify-HTML": (15, 629_500),
    "train-text": (12, 648_600),
    "train-HTML": (16, 669_100),
}

if __name__ == "__main__":
    sys.exit(compare(sys.argv[1], COSTS))
