#!/usr/bin/env python3
"""Gives a domain another name: accounts, app passwords, aliases, quotas, access, relays, and the folder with its mail.

    rename_domain.py CONFIG MAIL old.example new.example
    rename_domain.py CONFIG MAIL old.example new.example --dry-run

All or nothing. Passwords and message UIDs stay, so clients only need the new address. Stop maild, or have the mail for the
old domain wait elsewhere: a message that arrives between the two steps would make a new folder of the old name.

Told, and left to you: what postfix-regexp.cf, postfix-aliases.cf, mailserver.env and the targets of aliases say about
addresses that are neither account nor alias, and accounts whose mail is kept elsewhere (userdb_mail).
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import re
import sys

import libmail


class DryRun(Exception):
    """Leaves the transaction, so that nothing happens."""


def addresses_of(directory: libmail.Directory, domain: str) -> list[str]:
    """All that the folder says something about, aliases first: an account's own alias (a forward) goes with it."""
    named = [account.address for account in directory] + [alias.address for alias in directory.aliases]
    named += [rule.key for sending in (True, False) for rule in directory.restrictions(sending=sending)]
    named += [relay.key for relay in directory.relays]
    ending = "@" + domain
    found = {name.lower() for name in named if name.lower().endswith(ending)}
    return sorted(found - {ending})


def left_over(config: pathlib.Path, domain: str) -> list[str]:
    pattern = re.compile(rf"(?<![\w.-]){re.escape(domain)}(?![\w.-])", re.IGNORECASE)
    places = []
    for path in sorted(config.iterdir()):
        if path.suffix not in (".cf", ".env") or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if pattern.search(line.replace("\\.", ".")) and not line.lstrip().startswith("#"):
                shown = line.split("|")[0] if "|" in line else line
                places.append(f"{path.name}:{number}: {shown.strip()}")
    return places


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=pathlib.Path, help="the folder with postfix-accounts.cf")
    parser.add_argument("mail", type=pathlib.Path, help="the mail folder, <mail>/<domain>/<user>")
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would happen")
    given = parser.parse_args()
    old, new = given.old.lower(), given.new.lower()
    source, target = given.mail / old, given.mail / new
    moved = False
    try:
        directory = libmail.Directory(given.config)
        names = addresses_of(directory, old)
        if not names:
            raise libmail.NotFound(f"nothing is said of {old} in {given.config}")
        if target.exists():
            raise libmail.AlreadyExists(f"there is mail of {new} already, in {target}")
        with directory.transaction() as edit:
            for name in names:
                renamed = name[: -len(old)] + new
                print(f"{name} -> {renamed}")
                edit.rename(name, renamed)
            with contextlib.suppress(libmail.NotFound):  # catch-all, access and relay of the domain: perhaps none
                edit.rename("@" + old, "@" + new)
            if given.dry_run:
                raise DryRun
            if source.exists():
                # Last: what fails before it, or here, leaves everything as it was.
                source.rename(target)
                moved = True
    except DryRun:
        print("Nothing was changed.")
        return 0
    except (libmail.Error, OSError) as error:
        if moved:
            target.rename(source)
        print(f"{error}. Nothing was changed.", file=sys.stderr)
        return 1
    for place in left_over(given.config, old):
        print(f"please look at {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
