"""Who exists, and who gets mail for an address: the config folder, read."""

from __future__ import annotations

import dataclasses
import os
import socket
from typing import Union

from ._engine import Error, _libmail


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


@dataclasses.dataclass(frozen=True)
class Quota:
    octets: int  #: 0: unlimited
    grace_octets: int  #: what the last message may go over it
    messages: int  #: 0: unlimited


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


    @property
    def masters(self) -> list[str]:
        """Names of dovecot-masters.cf, in the order of the file."""
        return self._snapshot.masters()

    def verify_password(self, login: str, password: str) -> bool:
        """Whether this login (an address, or ``address*master``) and password would be let in. Takes milliseconds on
        purpose. Raises Error when the accounts cannot be read."""
        verdict, _, reason = self._snapshot.authenticate(login, password)
        if verdict == "unavailable":
            raise Error(reason)
        return verdict == "accepted"

    def quota(self, address: str) -> Union[Quota, None]:
        """What an account may use; None where there is no such account."""
        found = self._snapshot.quota(address)
        return None if found is None else Quota(*found)

    def is_suspended(self, address: str) -> bool:
        return self._snapshot.is_suspended(address)


class Editor:
    """Changes to a config folder, as `mailctl` makes them: each call locks the folder, keeps every comment and blank
    line, and replaces the file as a whole. All raise Error; `is_temporary` is true while another program holds the
    lock. A running server sees the change by itself."""

    def __init__(self, config: Union[str, os.PathLike[str]]) -> None:
        self._editor = _libmail.Editor(os.fspath(config))

    def add_account(self, address: str, password: str, *, scheme: str = "SHA512-CRYPT") -> None:
        """Raises Error when it is an account or an alias already, or no usable address."""
        self._editor.add_account(address, _libmail.hash_password(password, scheme))

    def update_account(self, address: str, password: str, *, scheme: str = "SHA512-CRYPT") -> None:
        """A new password; extra attributes stay."""
        self._editor.update_account(address, _libmail.hash_password(password, scheme))

    def delete_account(self, address: str) -> None:
        """With its quota and its places in aliases; its mail stays."""
        self._editor.delete_account(address)

    def suspend_account(self, address: str) -> None:
        """Nobody logs in to it any more; mail is still delivered."""
        self._editor.suspend_account(address)

    def resume_account(self, address: str) -> None:
        self._editor.resume_account(address)

    def add_alias(self, alias: str, recipient: str) -> None:
        """`@example.com` is a catch-all."""
        self._editor.add_alias(alias, recipient)

    def delete_alias(self, alias: str, recipient: str) -> bool:
        """True when something was removed."""
        return self._editor.delete_alias(alias, recipient)

    def add_forward(self, account: str, recipient: str, *, keep: bool = True) -> None:
        """Mail for an account goes to `recipient`: too, or with keep=False only there."""
        self._editor.add_forward(account, recipient, keep)

    def set_quota(self, address: str, size: str) -> None:
        """`size` is "302M", "5G", or "0" for unlimited."""
        self._editor.set_quota(address, size)

    def delete_quota(self, address: str) -> bool:
        return self._editor.delete_quota(address)

    def add_master(self, name: str, password: str) -> None:
        self._editor.add_master(name, _libmail.hash_password(password, "SHA512-CRYPT"))

    def update_master(self, name: str, password: str) -> None:
        self._editor.update_master(name, _libmail.hash_password(password, "SHA512-CRYPT"))

    def delete_master(self, name: str) -> None:
        self._editor.delete_master(name)

    def restrict(self, address: str, *, sending: bool) -> None:
        """Forbids an address to send (else: to receive)."""
        self._editor.restrict(address, sending, False)

    def unrestrict(self, address: str, *, sending: bool) -> None:
        self._editor.restrict(address, sending, True)


def resolve(config: Union[str, os.PathLike[str]], address: str) -> Resolution:
    """Reads the folder and resolves one address. For many, keep a Directory."""
    return Directory(config).resolve(address)
