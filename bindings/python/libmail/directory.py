"""Who exists, who may do what, and who gets mail for an address: the config folder, read and changed."""

from __future__ import annotations

import dataclasses
import datetime
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Optional, TypeVar, Union

from ._engine import Error, FailedPrecondition, NotFound, Unavailable, _libmail
from .maildir import Maildir, Usage, utc_of

_Result = TypeVar("_Result")


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
    """What an account may use: of dovecot-quotas.cf, else of its attributes, else POSTFIX_MAILBOX_SIZE_LIMIT."""

    octets: int  #: 0: unlimited
    grace_octets: int  #: what the last message may go over it
    messages: int  #: 0: unlimited
    file: str  #: that says so; empty: the server's default
    line: int


@dataclasses.dataclass(frozen=True)
class Account:
    """A line of postfix-accounts.cf. The password's hash is not shown."""

    address: str  #: in lower case
    scheme: str  #: of the stored password: "SHA512-CRYPT"
    is_suspended: bool  #: nobody can log in; mail is delivered all the same
    extra: str  #: the third field, as written: "userdb_mail=maildir:/srv/ann"
    quota: Quota
    line: int


@dataclasses.dataclass(frozen=True)
class AccessRule:
    """A line of postfix-send-access.cf or postfix-receive-access.cf."""

    key: str  #: as written: an address, a domain, "user@"
    action: str  #: "reject", "defer", "discard", "permit", "dunno", …
    code: int
    enhanced: str
    text: str
    line: int


@dataclasses.dataclass(frozen=True)
class Relay:
    """A line of postfix-relaymap.cf: through which host the mail of a sender leaves."""

    key: str  #: "@example.com" or "ann@example.com"
    host: str  #: empty: this sender's mail goes out directly, whatever RELAY_HOST says
    port: int
    looks_up_mx: bool  #: False: `[host]`, the host's own address
    user: Optional[str]  #: of postfix-sasl-password.cf; None: no password for it
    line: int


@dataclasses.dataclass(frozen=True)
class AppPassword:
    """A line of app-passwords.cf: one device or program of an account. The password's hash is not shown."""

    address: str
    label: str  #: unique in its account
    services: tuple[str, ...]  #: of "imap", "pop3", "smtp"; empty: all
    expires: Optional[datetime.datetime]  #: in UTC; None: never
    line: int


class _Edits:
    """The edits that Directory and its transactions share. Each keeps every comment and blank line of the file. What is
    refused (AlreadyExists, NotFound, InvalidArgument) has changed nothing."""

    def _edit(self, call: Callable[[Union[_libmail.Editor, _libmail.Transaction]], _Result]) -> _Result:
        raise NotImplementedError

    def add_account(
        self, address: str, password: Optional[str] = None, *, scheme: str = "SHA512-CRYPT",
        stored: Optional[str] = None) -> None:
        """Makes an account with this password, or, in its place, with a `stored` one of another system:
        "{SHA512-CRYPT}$6$…". Schemes: SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, ARGON2ID, SSHA512,
        PBKDF2, SCRAM-SHA-256.

        Raises AlreadyExists for an account or an alias, InvalidArgument for no usable address, password or scheme.
        """
        hashed = _stored(password, scheme, stored)
        self._edit(lambda editor: editor.add_account(address, hashed))

    def update_account(
        self, address: str, password: Optional[str] = None, *, scheme: str = "SHA512-CRYPT",
        stored: Optional[str] = None) -> None:
        """A new password; extra attributes and a suspension stay. Open sessions end. Raises NotFound."""
        hashed = _stored(password, scheme, stored)
        self._edit(lambda editor: editor.update_account(address, hashed))

    def delete_account(self, address: str) -> None:
        """With its quota and its places in aliases; its mail stays. Raises NotFound."""
        self._edit(lambda editor: editor.delete_account(address))

    def suspend_account(self, address: str) -> None:
        """Nobody logs in to it any more; mail is still delivered. Raises NotFound."""
        self._edit(lambda editor: editor.suspend_account(address))

    def resume_account(self, address: str) -> None:
        """The old password works again. Raises NotFound."""
        self._edit(lambda editor: editor.resume_account(address))

    def rename(self, old: str, new: str) -> None:
        """All that is said of one address is said of the other from now on: account with password and attributes, quota,
        aliases, access, relay. Of "@example.com": catch-all, access and relay of the domain. Mail, postfix-regexp.cf and
        postfix-aliases.cf stay as they are. Raises NotFound, AlreadyExists."""
        self._edit(lambda editor: editor.rename(old, new))

    def add_alias(self, alias: str, recipient: str) -> None:
        """`recipient` may be several, with commas; the alias `@example.com` is a catch-all. Raises AlreadyExists for a
        recipient that it has, or where an account has this address."""
        self._edit(lambda editor: editor.add_alias(alias, recipient))

    def delete_alias(self, alias: str, recipient: str) -> bool:
        """Takes one recipient out, and the alias with its last one. True when there was one."""
        return self._edit(lambda editor: editor.delete_alias(alias, recipient))

    def add_forward(self, account: str, recipient: str, *, keep: bool = True) -> None:
        """Mail for an account goes to `recipient`: too, or with keep=False only there. Raises NotFound."""
        self._edit(lambda editor: editor.add_forward(account, recipient, keep))

    def set_quota(self, address: str, size: Union[str, int]) -> None:
        """`size` is "302M", "5G", a number of octets, or 0 for unlimited. Raises NotFound, InvalidArgument."""
        text = size if isinstance(size, str) else f"{size}B" if size else "0"
        self._edit(lambda editor: editor.set_quota(address, text))

    def delete_quota(self, address: str) -> bool:
        """Back to the default. True when there was one."""
        return self._edit(lambda editor: editor.delete_quota(address))

    def add_app_password(
        self, address: str, label: str, password: Optional[str] = None, *, services: Iterable[str] = (),
        expires: Optional[datetime.datetime] = None, scheme: Optional[str] = None) -> str:
        """A password for one device or program, beside the account's own; returned, and made here unless one is given.

        label     what the owner calls it: "phone"
        services  of "imap", "pop3", "smtp"; none: all
        expires   it holds until then; without a time zone: UTC
        scheme    SHA512-CRYPT; SSHA512, which is quick, for one that was made here and that nobody can guess

        Raises NotFound, AlreadyExists for the label, InvalidArgument, ResourceExhausted above 32 of an account.
        """
        given = _libmail.generate_password() if password is None else password
        hashed = _libmail.hash_password(given, scheme or ("SSHA512" if password is None else "SHA512-CRYPT"))
        until = None
        if expires is not None:
            until = (expires if expires.tzinfo else expires.replace(tzinfo=datetime.timezone.utc)).timestamp()
        self._edit(lambda editor: editor.add_app_password(address, label, hashed, ",".join(services), until))
        return given

    def delete_app_password(self, address: str, label: str) -> None:
        """Its sessions end. Raises NotFound."""
        self._edit(lambda editor: editor.delete_app_password(address, label))

    def add_master(self, name: str, password: str, *, scheme: str = "SHA512-CRYPT") -> None:
        """Who may open every mailbox, as `ann@example.com*name`. Raises AlreadyExists."""
        hashed = _libmail.hash_password(password, scheme)
        self._edit(lambda editor: editor.add_master(name, hashed))

    def update_master(self, name: str, password: str, *, scheme: str = "SHA512-CRYPT") -> None:
        """A new password. Raises NotFound."""
        hashed = _libmail.hash_password(password, scheme)
        self._edit(lambda editor: editor.update_master(name, hashed))

    def delete_master(self, name: str) -> None:
        """Raises NotFound."""
        self._edit(lambda editor: editor.delete_master(name))

    def restrict(self, address: str, *, sending: bool) -> None:
        """Forbids an address, or a domain, to send (else: to receive). Raises AlreadyExists."""
        self._edit(lambda editor: editor.restrict(address, sending))

    def unrestrict(self, address: str, *, sending: bool) -> None:
        """Raises NotFound."""
        self._edit(lambda editor: editor.unrestrict(address, sending))

    def set_relay(self, domain: str, host: str, port: int = 25) -> None:
        """Mail from this domain leaves through `host`. Raises InvalidArgument."""
        if not 0 < port < 65536:
            raise _libmail.InvalidArgument(f"{port} is no port")
        self._edit(lambda editor: editor.set_relay(domain, host, port))

    def exclude_from_relay(self, domain: str) -> None:
        """Mail from this domain leaves directly, whatever RELAY_HOST says."""
        self._edit(lambda editor: editor.exclude_from_relay(domain))

    def set_relay_credentials(self, domain: str, user: str, password: str) -> None:
        """How to log in to the relay of this domain. The password is stored as it is, as Postfix does."""
        self._edit(lambda editor: editor.set_relay_credentials(domain, user, password))

    def delete_relay(self, domain: str) -> bool:
        """Relay and credentials of a domain. True when there were any."""
        return self._edit(lambda editor: editor.delete_relay(domain))


class Transaction(_Edits):
    """Several edits as one, from `Directory.transaction`: they see each other, and reach the files at the end of the
    `with`, all or none. For one `with`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._transaction: Optional[_libmail.Transaction] = None

    def __enter__(self) -> Transaction:
        if self._transaction is not None:
            raise FailedPrecondition("this transaction has begun before; ask the directory for another one")
        self._transaction = self._directory._begin()
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: object, trace: object) -> None:
        assert self._transaction is not None
        try:
            if kind is None:
                self._transaction.commit()
        finally:
            self._transaction.abandon()
            self._directory._forget()

    def _edit(self, call: Callable[[Union[_libmail.Editor, _libmail.Transaction]], _Result]) -> _Result:
        if self._transaction is None:
            raise FailedPrecondition("this transaction has not begun: with directory.transaction() as edit: …")
        return call(self._transaction)


class Directory(_Edits):
    """A config folder: who exists, who gets mail, and the edits that `mailctl` makes.

        directory = libmail.Directory("/etc/maild")
        directory.add_account("ann@example.com", "secret")
        for account in directory:
            print(account.address, account.quota.octets)

    What it tells is the folder as it was when it was read: at first, after each edit made here, and by `reload`. An edit
    locks the folder, replaces the file as a whole, and is durable on return; a running server sees it by itself. While
    another program holds the lock, an edit waits up to `lock_wait` seconds, then raises Unavailable.

    Safe from any thread. The child of a fork may use it, too.
    """

    def __init__(self, config: Union[str, os.PathLike[str]], *, lock_wait: float = 10.0) -> None:
        """Raises NotFound where there is no such folder; bad lines are no error, but `diagnostics`."""
        self._config: Optional[str] = os.fspath(config)
        self._lock_wait = lock_wait
        self._read: Optional[_libmail.Snapshot] = _read_folder(self._config)

    @classmethod
    def _of(cls, snapshot: _libmail.Snapshot, config: Optional[str] = None) -> Directory:
        made = cls.__new__(cls)
        made._config = config
        made._lock_wait = 10.0
        made._read = snapshot
        return made

    @property
    def _snapshot(self) -> _libmail.Snapshot:
        found = self._read
        if found is None:
            assert self._config is not None
            found = self._read = _read_folder(self._config)
        return found

    def _forget(self) -> None:
        self._read = None

    def reload(self) -> None:
        """Reads the folder again, for what others changed."""
        if self._config is not None:
            self._read = _read_folder(self._config)

    # ---- what it says

    def __iter__(self) -> Iterator[Account]:
        return iter(self.accounts)

    def __len__(self) -> int:
        return len(self._snapshot.accounts())

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and self._snapshot.account(address) is not None

    def __getitem__(self, address: str) -> Account:
        """An account. Raises NotFound, which is a LookupError."""
        found = self.get(address)
        if found is None:
            raise NotFound(f"there is no account {address}")
        return found

    def get(self, address: str) -> Optional[Account]:
        """An account, or None."""
        found = self._snapshot.account(address)
        return None if found is None else _account(*found)

    @property
    def accounts(self) -> list[Account]:
        """In the order of the file."""
        return [_account(*row) for row in self._snapshot.accounts()]

    @property
    def aliases(self) -> list[Alias]:
        """Of postfix-virtual.cf, in the order of the file."""
        return [Alias(*row) for row in self._snapshot.aliases()]

    def app_passwords(self, address: str) -> list[AppPassword]:
        """Those of an account, in the order of the file; also expired ones."""
        return [
            AppPassword(account, label, tuple(services.split(",")) if services else (),
                        None if expires is None else utc_of(expires), line)
            for account, label, services, expires, line in self._snapshot.app_passwords(address)
        ]

    @property
    def masters(self) -> list[str]:
        """Names of dovecot-masters.cf, in the order of the file."""
        return self._snapshot.masters()

    @property
    def relays(self) -> list[Relay]:
        """Of postfix-relaymap.cf, in the order of the file."""
        return [Relay(*row) for row in self._snapshot.relays()]

    @property
    def domains(self) -> list[str]:
        """Those of accounts and aliases, sorted."""
        return self._snapshot.domains()

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What is wrong in the files: such a line does not count, all others do."""
        return [Diagnostic(*row) for row in self._snapshot.diagnostics()]

    def resolve(self, address: str) -> Resolution:
        """Who gets mail for this envelope address (without angle brackets), and by which rules."""
        verdict, recipients, undeliverable, path = self._snapshot.resolve(address)
        return Resolution(verdict, [Recipient(*row) for row in recipients], undeliverable, [Step(*row) for row in path])

    def verify_password(self, login: str, password: str, *, service: Optional[str] = None) -> bool:
        """Whether this login (an address, or ``address*master``) and password would be let in; by app passwords, too,
        where `service` says to what: "imap", "pop3", "smtp". Takes milliseconds on purpose. Raises Unavailable when the
        accounts cannot be read."""
        verdict, _, reason = self._snapshot.authenticate(login, password, service or "")
        if verdict == "unavailable":
            raise Unavailable(reason)
        return verdict == "accepted"

    def quota(self, address: str) -> Optional[Quota]:
        """What an account may use; None where there is no such account."""
        found = self.get(address)
        return None if found is None else found.quota

    def is_suspended(self, address: str) -> bool:
        """Whether it is an account that nobody can log in to."""
        found = self.get(address)
        return found is not None and found.is_suspended

    def restrictions(self, *, sending: bool) -> list[AccessRule]:
        """Of postfix-send-access.cf (else postfix-receive-access.cf), in the order of the file."""
        return [AccessRule(*row) for row in self._snapshot.access_rules(sending)]

    def restriction(self, address: str, *, sending: bool) -> Optional[AccessRule]:
        """The line that speaks of this address, be it by its domain; None: none does. Empty: the null sender."""
        found = self._snapshot.access(address, sending)
        return None if found is None else AccessRule(*found)

    def relay(self, sender: str) -> Optional[Relay]:
        """The line of postfix-relaymap.cf for this sender: its address, then its domain."""
        found = self._snapshot.relay(sender)
        return None if found is None else Relay(*found)

    def maildir(self, address: str, mail: Union[str, os.PathLike[str]] = "/var/mail", *, create: bool = False) -> Maildir:
        """The mailbox of an account below the mail folder, or where its `userdb_mail` says. Raises NotFound without such an
        account, and without a mailbox (no mail came yet) unless `create`."""
        account = self[address]
        root = os.fspath(mail)
        return Maildir(root, account.address, path=self._snapshot.mail_place(account.address, root) or None, create=create)

    def usage(self, address: str, mail: Union[str, os.PathLike[str]] = "/var/mail") -> Usage:
        """What an account's mail needs, wherever it is kept; of a mailbox that does not exist yet: nothing. Quick: no message
        is opened. Raises NotFound without such an account."""
        account = self[address]
        root = os.fspath(mail)
        return Usage(*_libmail.maildir_usage(root, account.address, self._snapshot.mail_place(account.address, root)))

    # ---- what it changes

    def transaction(self) -> Transaction:
        """Several edits as one, all or nothing:

            with directory.transaction() as edit:
                edit.add_account("ann@example.com", "secret")
                edit.set_quota("ann@example.com", "5G")

        The lock is held all the time, and no file changes before the end. An exception that leaves the `with` leaves all
        files as they were, and so does a full disk. Raises Unavailable where another program, which knows no lock, changed
        a file meanwhile. Only a crash of the system or the process between the renames of two files leaves the first ones
        changed and the others not; postfix-accounts.cf is the last.
        """
        return Transaction(self)

    def _folder(self) -> str:
        if self._config is None:
            raise FailedPrecondition("this directory belongs to a server without a config folder: it cannot be changed")
        return self._config

    def _patiently(self, call: Callable[[], _Result]) -> _Result:
        give_up = time.monotonic() + self._lock_wait
        while True:
            try:
                return call()
            except Unavailable:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(0.01)

    def _begin(self) -> _libmail.Transaction:
        folder = self._folder()
        return self._patiently(lambda: _libmail.Transaction(folder))

    def _edit(self, call: Callable[[Union[_libmail.Editor, _libmail.Transaction]], _Result]) -> _Result:
        editor = _libmail.Editor(self._folder())
        try:
            return self._patiently(lambda: call(editor))
        finally:
            self._forget()


def _account(address: str, scheme: str, is_suspended: bool, extra: str, quota: tuple[int, int, int, str, int],
             line: int) -> Account:
    return Account(address, scheme, is_suspended, extra, Quota(*quota), line)


def _stored(password: Optional[str], scheme: str, stored: Optional[str]) -> str:
    if (password is None) == (stored is None):
        raise TypeError("either a password or a stored password")
    if stored is not None:
        if "|" in stored or any(character in stored for character in "\r\n\0") or not stored:
            raise _libmail.InvalidArgument("the stored password cannot stand in the file: no line ends, no |, not empty")
        return stored
    assert password is not None
    return _libmail.hash_password(password, scheme)


def _read_folder(config: str) -> _libmail.Snapshot:
    return _libmail.read_directory(config, socket.gethostname())


def resolve(config: Union[str, os.PathLike[str]], address: str) -> Resolution:
    """Reads the folder and resolves one address. For many, keep a Directory."""
    return Directory(config).resolve(address)
