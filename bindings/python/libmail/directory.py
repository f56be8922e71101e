"""Who exists, and who gets mail for an address: the config folder, read."""

from __future__ import annotations

import dataclasses
import os
import socket
from typing import Union

from ._engine import _libmail


@dataclasses.dataclass(frozen=True)
class Recipient:
    address: str  #: the account's, or the final address of another server
    kind: str  #: "mailbox", "remote", "discard"
    final_address: str  #: with its extension: "ann+news@example.com"


@dataclasses.dataclass(frozen=True)
class Step:
    """One rule that was taken on the way."""

    rule: str
    source: str
    target: str
    file: str  #: empty where no file decides
    line: int


@dataclasses.dataclass(frozen=True)
class Resolution:
    """The answer to "who gets mail for this address?", with the way it was found."""

    verdict: str
    recipients: list[Recipient]
    undeliverable: list[str]  #: targets of ours that nobody answers to
    path: list[Step]


@dataclasses.dataclass(frozen=True)
class Alias:
    """A line of postfix-virtual.cf."""

    address: str
    targets: str  #: as written
    line: int


@dataclasses.dataclass(frozen=True)
class Diagnostic:
    """Something in the config folder that its owner should know."""

    is_error: bool
    file: str
    line: int  #: from 1; 0: the file as a whole
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}. {self.fix}" if self.line else f"{self.file}: {self.text}. {self.fix}"


class Directory:
    """Accounts and aliases of a config folder, as they were when it was read. Never changes: read it again."""

    def __init__(self, config: Union[str, os.PathLike[str]]) -> None:
        self._snapshot = _libmail.read_directory(os.fspath(config), socket.gethostname())

    @classmethod
    def _of(cls, snapshot: _libmail.Snapshot) -> Directory:
        made = cls.__new__(cls)
        made._snapshot = snapshot
        return made

    @property
    def accounts(self) -> list[str]:
        """Addresses, in the order of the file."""
        return self._snapshot.accounts()

    @property
    def aliases(self) -> list[Alias]:
        return [Alias(*row) for row in self._snapshot.aliases()]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return [Diagnostic(*row) for row in self._snapshot.diagnostics()]

    def resolve(self, address: str) -> Resolution:
        """Who gets mail for this envelope address (without angle brackets)."""
        verdict, recipients, undeliverable, path = self._snapshot.resolve(address)
        return Resolution(verdict, [Recipient(*row) for row in recipients], undeliverable, [Step(*row) for row in path])


def resolve(config: Union[str, os.PathLike[str]], address: str) -> Resolution:
    """Reads the folder and resolves one address. For many, keep a Directory."""
    return Directory(config).resolve(address)
