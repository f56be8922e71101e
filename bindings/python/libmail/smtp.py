"""The SMTP and LMTP server engine without I/O: bytes in, events out. For a loop of your own, or a test without sockets.

    session = libmail.smtp.ServerSession("lmtp", hostname="sink.example.com")
    while not session.finished:
        for event in session.events():
            if event.is_question:
                session.accept()
        if octets := session.output():
            session.consume_output(connection.send(octets))
        elif octets := connection.recv(65536):
            session.receive(octets)
        else:
            session.receive_eof()
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple, Optional

from ._engine import _libmail


class Reply(NamedTuple):
    code: int
    enhanced: str  #: "5.1.1", or empty
    text: str


@dataclasses.dataclass(frozen=True)
class Event:
    is_question: ClassVar[bool] = True  #: takes exactly one answer; until then there is no next event


@dataclasses.dataclass(frozen=True)
class Connected(Event):
    """The connection is there: accept() greets."""


@dataclasses.dataclass(frozen=True)
class Helo(Event):
    domain: str
    is_extended: bool  #: EHLO, LHLO


@dataclasses.dataclass(frozen=True)
class MailFrom(Event):
    reverse_path: str  #: empty: the null sender
    size: Optional[int]  #: as declared
    body: str  #: "7BIT", "8BITMIME", "BINARYMIME"
    is_smtputf8: bool


@dataclasses.dataclass(frozen=True)
class RcptTo(Event):
    forward_path: str


@dataclasses.dataclass(frozen=True)
class Data(Event):
    """DATA, or the first BDAT."""


@dataclasses.dataclass(frozen=True)
class DataChunk(Event):
    """Bytes of the message, dots removed. Cut anywhere."""

    is_question: ClassVar[bool] = False
    bytes: bytes


@dataclasses.dataclass(frozen=True)
class DataEnd(Event):
    """The whole message is there: accept() says that it is yours now."""

    octets: int


@dataclasses.dataclass(frozen=True)
class Reset(Event):
    """The transaction is gone: forget its chunks."""

    is_question: ClassVar[bool] = False


@dataclasses.dataclass(frozen=True)
class Violated(Event):
    """The peer broke a rule that is worth a log line."""

    is_question: ClassVar[bool] = False
    violation: str


@dataclasses.dataclass(frozen=True)
class Quit(Event):
    is_question: ClassVar[bool] = False


_EVENTS = {
    kind.__name__: kind
    for kind in (Connected, Helo, MailFrom, RcptTo, Data, DataChunk, DataEnd, Reset, Violated, Quit)
}


class ServerSession:
    """One connection, seen from the server. For one thread at a time. Times are those of time.monotonic().

    dialect          "smtp" (port 25) or "lmtp"
    hostname         in the greeting
    offers_starttls  then do the handshake when `wants_tls`, and tell `tls_started`
    message_size     octets of a message at most; 0: the default of docs/limits.md
    recipients       of a message at most; 0: the default
    """

    def __init__(
        self, dialect: str = "smtp", *, hostname: str = "localhost", offers_starttls: bool = False, message_size: int = 0,
        recipients: int = 0, now: Optional[float] = None) -> None:
        self._session = _libmail.SmtpSession(dialect, hostname, offers_starttls, message_size, recipients, _time(now))

    def receive(self, octets: bytes, now: Optional[float] = None) -> None:
        """Stores bytes from the peer; `next` interprets them."""
        self._session.receive(bytes(octets), _time(now))

    def receive_eof(self, now: Optional[float] = None) -> None:
        """The peer will send nothing more."""
        self._session.receive_eof(_time(now))

    def next(self) -> Optional[Event]:
        """The next event; None when there is none now, or a question waits for its answer."""
        found = self._session.next()
        return None if found is None else _EVENTS[found[0]](**found[1])

    def events(self) -> Iterator[Event]:
        """All that there are now. A question must be answered before the iteration goes on."""
        while (event := self.next()) is not None:
            yield event

    def accept(self, text: str = "") -> None:
        """Yes to the open question; `text` replaces the usual words."""
        self._session.accept(text)

    def answer(self, code: int, enhanced: str, text: str) -> None:
        """Any other answer to the open question: answer(550, "5.1.1", "Nobody here")."""
        self._session.answer(code, enhanced, text)

    def answer_each(self, replies: Sequence[tuple[int, str, str]]) -> None:
        """DataEnd of LMTP: one reply for each accepted recipient, in their order."""
        self._session.answer_each([(code, enhanced, text) for code, enhanced, text in replies])

    def shut_down(self, text: str) -> None:
        """Says 421 and finishes."""
        self._session.shut_down(text)

    def output(self) -> bytes:
        """What is to be sent."""
        return self._session.output()

    def consume_output(self, octets: int) -> None:
        """So much of it was sent."""
        self._session.consume_output(octets)

    def tls_started(self, version: str = "", cipher: str = "") -> None:
        self._session.tls_started(version, cipher)

    def on_deadline(self, now: Optional[float] = None) -> None:
        """Before the deadline this does nothing."""
        self._session.on_deadline(_time(now))

    @property
    def deadline(self) -> Optional[float]:
        return self._session.deadline()

    @property
    def wants_input(self) -> bool:
        return self._session.wants_input()

    @property
    def wants_tls(self) -> bool:
        return self._session.wants_tls()

    @property
    def finished(self) -> bool:
        return self._session.finished()


def _time(now: Optional[float]) -> float:
    return time.monotonic() if now is None else now
