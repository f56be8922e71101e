#!/usr/bin/env python3
"""Lists the accounts that use much of their quota, the fullest first.

    over_quota.py CONFIG MAIL                those that are over it
    over_quota.py CONFIG MAIL --percent 80   those from 80 % on
    over_quota.py CONFIG MAIL --json         for other programs

Ends with 1 when there is one, so that cron can tell you. maild may run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys

import libmail


def size(octets: int) -> str:
    value = float(octets)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the folder with postfix-accounts.cf")
    parser.add_argument("mail", help="the mail folder, <mail>/<domain>/<user>")
    parser.add_argument("--percent", type=float, default=100, help="tell those from here on (100)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    full: list[tuple[float, str, int, int]] = []
    try:
        directory = libmail.Directory(given.config)
        for account in directory:
            if not account.quota.octets:
                continue
            used = directory.usage(account.address, given.mail).octets
            percent = 100 * used / account.quota.octets
            if percent >= given.percent:
                full.append((percent, account.address, used, account.quota.octets))
    except libmail.Error as error:
        print(error, file=sys.stderr)
        return 2
    full.sort(reverse=True)
    if given.json:
        keys = ("percent", "address", "used", "quota")
        print(json.dumps([dict(zip(keys, row)) for row in full]))
    else:
        for percent, address, used, quota in full:
            print(f"{percent:6.1f} %  {size(used):>10} of {size(quota):>10}  {address}")
    return 1 if full else 0


if __name__ == "__main__":
    sys.exit(main())
