#!/usr/bin/env python3
"""fetch.py FETCH_BENCH: what one item of FETCH costs for one mail of 12 KB: allocations, and instructions where
there is a valgrind. Fails when an item costs more than COSTS allows."""
import os
import re
import shutil
import subprocess
import sys

# Of g++ 12 at -O2. Instructions may be 10 % more before it counts: libraries and processors differ.
COSTS = {
    # item: (allocations, instructions)
    "ENVELOPE": (23, 39_100),
    "BODYSTRUCTURE": (44, 77_600),
    "BODY[]": (0, 100),
    "BODY[HEADER]": (0, 2_200),
    "BODY[HEADER.FIELDS]": (4, 9_400),
    "BODY[1.2]": (25, 39_600),
}
ROUNDS = 300


def allocations(bench):
    """What the program counts itself; no item at all when a sanitizer counts instead."""
    lines = subprocess.run([bench], check=True, capture_output=True, text=True).stdout.splitlines()[1:]
    counts = {line.split()[0]: int(line.split()[1]) for line in lines}
    return counts if any(counts.values()) else {}


def instructions(bench, item):
    """Of one round: many rounds without what the program needs for none."""
    def collected(rounds):
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", bench, item, str(rounds)],
            check=True, capture_output=True, text=True)
        return int(re.search(r"Collected : (\d+)", run.stderr)[1])
    return (collected(ROUNDS) - collected(0)) // ROUNDS


def compare(bench, costs):
    """Prints what each item costs beside what it may; the exit code."""
    bench = os.path.abspath(bench)
    counted = allocations(bench)
    if not counted:
        print("skipped: a sanitizer has replaced operator new")
        return 0
    has_valgrind = shutil.which("valgrind") is not None
    faults = 0
    print(f"{'item':22}{'allocations':>12}{'of':>8}{'instructions':>14}{'of':>10}")
    for item, (most_allocations, most_instructions) in costs.items():
        cost = instructions(bench, item) if has_valgrind else 0
        is_fault = counted[item] > most_allocations or cost > most_instructions * 1.10
        print(f"{item:22}{counted[item]:>12}{most_allocations:>8}{cost or '-':>14}{most_instructions:>10}"
              f"{'   too much' if is_fault else ''}")
        faults += is_fault
    if not has_valgrind:
        print("instructions: skipped, there is no valgrind")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(compare(sys.argv[1], COSTS))
