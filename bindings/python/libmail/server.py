"""mail::Server for Python: a whole mail server inside this process."""

from __future__ import annotations

import atexit
import builtins
import dataclasses
import datetime
import os
import ssl
import weakref
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from typing import NamedTuple, Union

from ._engine import Error, FailedPrecondition, NotFound, _libmail
from .directory import Directory, Resolution
from .maildir import Octets, email_of, octets_of, utc_of
from .message import Message

_AliasTargets = Union[str, Iterable[str]]


class ListenAddress(NamedTuple):
    """Where a service listens, ready to be unpacked: `smtplib.SMTP(*server.smtp)`.

    A unix socket has its path as `host` and port 0, as smtplib.LMTP takes it.
    """

    host: str
    port: int


@dataclasses.dataclass(frozen=True)
class StoredMessage:
    """A message as it lies in a mailbox."""

    uid: int
    flags: frozenset[str]  #: "\\Seen", "\\Flagged", …, and keywords
    received: datetime.datetime  #: INTERNALDATE, in UTC
    bytes: builtins.bytes = dataclasses.field(repr=False)  #: with CRLF line ends

    @property
    def email(self) -> EmailMessage:
        """Parsed by Python's own email package."""
        return email_of(self.bytes)

    def parse(self) -> Message:
        """Parsed by libmail."""
        return Message(self.bytes)


@dataclasses.dataclass(frozen=True)
class LogLine:
    time: datetime.datetime
    level: str  #: "debug", "info", "warning", "error"
    sentence: str
    fields: dict[str, str]

    def __str__(self) -> str:
        return " ".join([self.level, self.sentence, *(f"{name}={value!r}" for name, value in self.fields.items())])


def _lines_of_aliases(aliases: Union[str, Mapping[str, _AliasTargets]]) -> str:
    if isinstance(aliases, str):
        return aliases
    return "".join(
        f"{alias} {targets if isinstance(targets, str) else ','.join(targets)}\n" for alias, targets in aliases.items())


def _path(path: Union[str, os.PathLike[str], None]) -> str:
    return "" if path is None else os.fspath(path)


_running: weakref.WeakSet[Server] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    # While the interpreter still stands: threads that outlive it have nothing to stand on.
    for server in list(_running):
        server.stop()


def _forget_all() -> None:
    for server in list(_running):
        server._server.forget()


os.register_at_fork(after_in_child=_forget_all)


class Server:
    """A mail server in this process, serving from the moment it is made until `stop()`, or the end of a `with`.

    Without a config folder it is a test server: it listens on free ports of 127.0.0.1, keeps mail in memory (or in
    `mail`), makes its own certificate, and has the accounts and aliases that are given:

        Server(accounts={"ann@example.com": "secret"},
               aliases={"hello@example.com": "ann@example.com", "@example.com": ["ann@example.com"]})

    With one it is what maild is: `Server(config="…/config", mail="…/mail-data", state="…/state")`.

    accounts    address and password
    aliases     address and target, or targets; or lines of postfix-virtual.cf
    hostname    what the server calls itself (without a config folder)
    config      a folder of config files as docker-mailserver has them
    mail        the mail folder, Maildir; none: mail lives in memory
    state       the folder for run/control.sock and run/listeners.json; none: neither
    settings    of docs/settings.md, winning over mailserver.env: {"POSTFIX_MESSAGE_SIZE_LIMIT": "1000000"}
    loops       threads that serve connections; 0: one a core with a config folder, one without
    stop_grace  seconds that connections have for their goodbye when the server stops

    `server.smtp`, `.submission`, `.submissions`, `.imap`, `.imaps` and so on are the addresses of its services.
    Reading mailboxes works after `stop()` too. Safe from any thread. After a fork the child has no server: every call
    there raises Error.
    """

    def __init__(
        self,
        accounts: Union[Mapping[str, str], Iterable[tuple[str, str]]] = (),
        aliases: Union[str, Mapping[str, _AliasTargets]] = "",
        *,
        hostname: str = "localhost.localdomain",
        config: Union[str, os.PathLike[str], None] = None,
        mail: Union[str, os.PathLike[str], None] = None,
        state: Union[str, os.PathLike[str], None] = None,
        settings: Union[Mapping[str, str], None] = None,
        loops: int = 0,
        stop_grace: float = 5.0,
    ) -> None:
        self._config = None if config is None else os.fspath(config)
        pairs = accounts.items() if isinstance(accounts, Mapping) else accounts
        if config is not None and (accounts or aliases):
            raise ValueError("accounts and aliases come from the config folder, or from the arguments: not from both")
        values = [(name, str(value)) for name, value in (settings or {}).items()]
        self._server = _libmail.Server(
            [(address, password) for address, password in pairs], _lines_of_aliases(aliases), hostname, _path(config), _path(mail),
            _path(state), values, loops, stop_grace)
        _running.add(self)

    def stop(self) -> None:
        """Accepts no more, lets connections say goodbye, ends. Nothing more happens the second time."""
        self._server.stop()
        _running.discard(self)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        try:
            places = ", ".join(f"{name}={address.host}:{address.port}" for name, address in self._addresses())
        except Error:
            places = "of another process"
        return f"<libmail.Server {places}>"

    # ---- where it listens

    def _addresses(self) -> list[tuple[str, ListenAddress]]:
        return [(name, ListenAddress(host, port)) for name, host, port in self._server.listeners()]

    @property
    def listeners(self) -> dict[str, list[ListenAddress]]:
        """Every service, by the name it has in LISTEN_*, with all its addresses."""
        found: dict[str, list[ListenAddress]] = {}
        for name, address in self._addresses():
            found.setdefault(name, []).append(address)
        return found

    def _first(self, service: str) -> ListenAddress:
        for name, address in self._addresses():
            if name == service:
                return address
        raise NotFound(f"this server has no {service} listener; it has {', '.join(self.listeners) or 'none'}")

    @property
    def smtp(self) -> ListenAddress:
        """Mail from other servers, port 25 elsewhere."""
        return self._first("smtp")

    @property
    def submission(self) -> ListenAddress:
        """Mail from our users, with STARTTLS and a login; port 587 elsewhere."""
        return self._first("submission")

    @property
    def submissions(self) -> ListenAddress:
        """The same with TLS from the first byte; port 465 elsewhere."""
        return self._first("submissions")

    @property
    def lmtp(self) -> ListenAddress:
        """Local delivery from another mail server."""
        return self._first("lmtp")

    @property
    def imap(self) -> ListenAddress:
        """Port 143 elsewhere; with STARTTLS."""
        return self._first("imap")

    @property
    def imaps(self) -> ListenAddress:
        """Port 993 elsewhere."""
        return self._first("imaps")

    @property
    def pop3(self) -> ListenAddress:
        """Port 110 elsewhere; with STLS."""
        return self._first("pop3")

    @property
    def pop3s(self) -> ListenAddress:
        """Port 995 elsewhere."""
        return self._first("pop3s")

    # ---- TLS

    @property
    def ca_pem(self) -> str:
        """The certificate of the authority that signed the server's own: what a client should trust.

        Empty where the certificate was not made here.
        """
        return self._server.authority()

    def ssl_context(self) -> ssl.SSLContext:
        """For a client of this server: trusts its authority, and nobody else."""
        authority = self.ca_pem
        if not authority:
            raise FailedPrecondition("the certificate of this server was not made by it: use ssl.create_default_context()")
        return ssl.create_default_context(cadata=authority)

    # ---- what is in it

    def messages(self, address: str, folder: str = "INBOX") -> list[StoredMessage]:
        """The messages in a mailbox, in the order of their UIDs. `address` is an account's."""
        return [
            StoredMessage(uid, frozenset(flags), utc_of(received), octets)
            for uid, flags, received, octets in self._server.messages(address, folder)
        ]

    def add_message(
        self, address: str, message: Octets, folder: str = "INBOX",
        flags: Iterable[str] = ()) -> int:
        """Puts a message into a mailbox, beside all protocols, and returns its UID. A missing folder is made.

        Line ends become CRLF.
        """
        return self._server.append(address, octets_of(message), folder, list(flags))

    def folders(self, address: str) -> list[str]:
        """Names of the folders of an account, INBOX first; '.' between levels."""
        return self._server.folders(address)

    # ---- who is in it

    @property
    def hostname(self) -> str:
        return self._server.hostname()

    @property
    def directory(self) -> Directory:
        """Accounts and aliases in force; with a config folder, they can be changed there."""
        return Directory._of(self._server.directory(), self._config)

    def resolve(self, address: str) -> Resolution:
        """Who gets mail for this address."""
        return self.directory.resolve(address)

    def reload(self) -> None:
        """Reads the config folder and the certificate again, now."""
        self._server.reload()

    # ---- what it does

    @property
    def connections(self) -> int:
        """How many are open."""
        return self._server.connections()

    @property
    def log(self) -> list[LogLine]:
        """The last 10,000 lines."""
        return [
            LogLine(utc_of(time), level, sentence, fields)
            for time, level, sentence, fields in self._server.log()
        ]
