#!/usr/bin/env python3
"""Creates the accounts of a CSV file, each with a random password, all or none.

    accounts_from_csv.py CONFIG people.csv > passwords.csv

The first line names the columns: `address`, and if you like `quota` (5G) and `alias` (several with blanks). What comes
out has `address` and `password`: hand it out, then delete it. maild sees the accounts at once; it may run meanwhile.
"""

from __future__ import annotations

import argparse
import csv
import os
import secrets
import sys

import libmail


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="the folder with postfix-accounts.cf")
    parser.add_argument("people", help="the CSV file")
    given = parser.parse_args()
    os.umask(0o077)
    made: list[tuple[str, str]] = []
    with open(given.people, newline="", encoding="utf-8-sig") as file:
        people = list(csv.DictReader(file))
    line = 1
    try:
        directory = libmail.Directory(given.config)
        with directory.transaction() as edit:
            for line, person in enumerate(people, start=2):
                address = (person.get("address") or "").strip()
                password = secrets.token_urlsafe(15)
                edit.add_account(address, password)
                if quota := (person.get("quota") or "").strip():
                    edit.set_quota(address, quota)
                for alias in (person.get("alias") or "").split():
                    edit.add_alias(alias, address)
                made.append((address, password))
    except libmail.Error as error:
        print(f"{given.people}:{line}: {error}. No account was made.", file=sys.stderr)
        return 1
    rows = csv.writer(sys.stdout)
    rows.writerow(("address", "password"))
    rows.writerows(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
