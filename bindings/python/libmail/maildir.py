"""One account's mail on disk: folders, messages, flags, beside a running server."""

from __future__ import annotations

import builtins
import dataclasses
import datetime
import email
import email.policy
import os
import socket
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from email.message import Message as AnyMessage
from typing import Optional, Union

from ._engine import NotFound, _libmail
from .message import Message

Octets = Union[bytes, bytearray, memoryview, str, AnyMessage]


def octets_of(message: Octets) -> bytes:
    """The message with CRLF line ends."""
    if isinstance(message, AnyMessage):
        octets = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    else:
        octets = message.encode() if isinstance(message, str) else bytes(memoryview(message))
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def email_of(octets: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)  # that policy's class
    return parsed


def utc_of(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


@dataclasses.dataclass(frozen=True)
class Usage:
    """What all folders of an account hold."""

    octets: int  #: with CRLF line ends: what a quota counts
    messages: int


@dataclasses.dataclass(frozen=True)
class FolderStatus:
    """A folder in numbers. UIDs mean something together with `uid_validity` only."""

    uid_validity: int
    uid_next: int  #: the next message's UID is this or higher
    messages: int
    unseen: int
    octets: int  #: of all messages, with CRLF line ends
    highest_modseq: int  #: grows with every change


@dataclasses.dataclass(frozen=True)
class MaildirMessage:
    """A message as it was when the folder was listed. Its octets are read when they are asked for."""

    uid: int
    flags: frozenset[str]  #: "\\Seen", "\\Flagged", …, and keywords
    received: datetime.datetime  #: INTERNALDATE, in UTC
    octets: int  #: with CRLF line ends
    _folder: Folder = dataclasses.field(repr=False, compare=False)

    @property
    def bytes(self) -> builtins.bytes:
        """With CRLF line ends. Raises NotFound when it was removed meanwhile."""
        return self._folder.read(self.uid)

    @property
    def email(self) -> EmailMessage:
        """Parsed by Python's own email package."""
        return email_of(self.bytes)

    def parse(self) -> Message:
        """Parsed by libmail."""
        return Message(self.bytes)


@dataclasses.dataclass(frozen=True)
class FolderInfo:
    name: str  #: '.' between levels
    is_selectable: bool  #: False: only the parent of existing folders
    has_children: bool


class Folder:
    """A folder of a Maildir: `maildir["Archive.2024"]`. Messages go by their UIDs, which never change and are never given
    twice. UIDs that are gone are passed over. Every change is durable on return."""

    def __init__(self, maildir: Maildir, name: str) -> None:
        self._maildir = maildir._maildir
        self.name = name
        self.status  # raises NotFound

    def __repr__(self) -> str:
        return f"<libmail.Folder {self.name}>"

    @property
    def status(self) -> FolderStatus:
        return FolderStatus(*self._maildir.status(self.name))

    def _message(self, uid: int, flags: list[str], received: float, octets: int) -> MaildirMessage:
        return MaildirMessage(uid, frozenset(flags), utc_of(received), octets, self)

    def messages(self) -> list[MaildirMessage]:
        """All of them now, by UID."""
        return [self._message(*row) for row in self._maildir.messages(self.name)]

    def __iter__(self) -> Iterator[MaildirMessage]:
        return iter(self.messages())

    def __len__(self) -> int:
        return self.status.messages

    def __getitem__(self, uid: int) -> MaildirMessage:
        """The message with this UID. Raises NotFound."""
        row = self._maildir.find(self.name, uid)
        if row is None:
            raise NotFound(f"there is no message with the UID {uid} in {self.name}")
        return self._message(*row)

    def read(self, uid: int) -> bytes:
        """The message, with CRLF line ends. Raises NotFound."""
        return self._maildir.read(self.name, uid)

    def append(
        self, message: Octets, flags: Iterable[str] = (), received: Optional[datetime.datetime] = None) -> int:
        """Puts a message here and returns its UID. Line ends become CRLF. `received`: now, unless given."""
        return self.append_many([(message, flags, received)])[0]

    def append_many(
        self, messages: Iterable[tuple[Octets, Iterable[str], Optional[datetime.datetime]]]) -> list[int]:
        """Several, all or none; far faster than one by one."""
        rows = [(octets_of(message), list(flags), None if received is None else received.timestamp())
                for message, flags, received in messages]
        return self._maildir.append(self.name, rows)

    def add_flags(self, uids: Iterable[int], *flags: str) -> list[MaildirMessage]:
        """The messages after the change. Flags are "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", or keywords
        of your own. Raises InvalidArgument, ResourceExhausted for too many keywords."""
        return self._change(uids, "add", flags)

    def remove_flags(self, uids: Iterable[int], *flags: str) -> list[MaildirMessage]:
        """The messages after the change."""
        return self._change(uids, "remove", flags)

    def set_flags(self, uids: Iterable[int], *flags: str) -> list[MaildirMessage]:
        """These and no others."""
        return self._change(uids, "replace", flags)

    def _change(self, uids: Iterable[int], mode: str, flags: Iterable[str]) -> list[MaildirMessage]:
        return [self._message(*row) for row in self._maildir.change_flags(self.name, list(uids), mode, list(flags))]

    def expunge(self, uids: Optional[Iterable[int]] = None) -> list[int]:
        """Removes messages that carry \\Deleted: of these, or all. The UIDs of those that went."""
        return self._maildir.expunge(self.name, None if uids is None else list(uids))

    def delete(self, uids: Iterable[int]) -> list[int]:
        """Removes these messages for good."""
        meant = list(uids)
        self.add_flags(meant, "\\Deleted")
        return self.expunge(meant)

    def copy(self, uids: Iterable[int], to: Union[Folder, str]) -> dict[int, int]:
        """All or none, into another folder of this account, with flags and dates. The new UID of each."""
        return self._maildir.copy(self.name, list(uids), _name(to), False)

    def move(self, uids: Iterable[int], to: Union[Folder, str]) -> dict[int, int]:
        """Each is in exactly one of the two folders at any moment. The new UID of each."""
        return self._maildir.copy(self.name, list(uids), _name(to), True)


class Maildir:
    """The mail of one account.

        maildir = libmail.Maildir("/var/mail", "ann@example.com")
        for message in maildir["INBOX"]:
            if "\\Seen" not in message.flags:
                print(message.uid, message.email["Subject"])

    mail      the mail folder; this account's is <mail>/<domain>/<user>
    path      the account's own, where that is elsewhere (userdb_mail); Directory.maildir knows
    create    make it when it is missing; otherwise that raises NotFound
    hostname  part of the names of message files

    The store is maild's own: the same locks, UIDs, flushes. So it may be used beside a running server, whose clients hear
    of every change, and beside Dovecot. As root, what it makes belongs to the owner of the mail folder.

    Safe from any thread. The child of a fork may use it, too.
    """

    def __init__(
        self, mail: Union[str, os.PathLike[str]], address: str, *, path: Union[str, os.PathLike[str], None] = None,
        create: bool = False, hostname: Optional[str] = None) -> None:
        self.address = address.lower()
        self._mail = os.fspath(mail)
        self._path = "" if path is None else os.fspath(path)
        self._maildir = _libmail.Maildir(
            self._mail, self.address, self._path, hostname or socket.gethostname(), create)

    def __repr__(self) -> str:
        return f"<libmail.Maildir {self.address}>"

    def __getitem__(self, folder: str) -> Folder:
        """Raises NotFound, which is a LookupError."""
        return Folder(self, folder)

    def __iter__(self) -> Iterator[Folder]:
        """Every folder that can hold messages, INBOX first."""
        return iter([Folder(self, folder.name) for folder in self.folders if folder.is_selectable])

    def __contains__(self, folder: object) -> bool:
        return any(known.is_selectable and known.name == folder for known in self.folders)

    @property
    def inbox(self) -> Folder:
        return self["INBOX"]

    @property
    def folders(self) -> list[FolderInfo]:
        """Sorted, INBOX first; also parents that do not exist themselves."""
        return [FolderInfo(*row) for row in self._maildir.folders()]

    @property
    def usage(self) -> Usage:
        """What all folders hold. What is added here is not held to the account's quota: compare before, if you want to."""
        return Usage(*_libmail.maildir_usage(self._mail, self.address, self._path))

    def create_folder(self, name: str) -> Folder:
        """Levels are separated by '.'. Raises AlreadyExists, InvalidArgument."""
        self._maildir.create_folder(name)
        return self[name]

    def delete_folder(self, name: str) -> None:
        """With its messages; its children stay. Raises NotFound; FailedPrecondition for INBOX."""
        self._maildir.delete_folder(name)

    def rename_folder(self, old: str, new: str) -> Folder:
        """Children move along, UIDs stay. Of INBOX, the messages move to a new folder."""
        self._maildir.rename_folder(old, new)
        return self[new]

    @property
    def subscriptions(self) -> list[str]:
        """The folders that clients show; they need not exist."""
        return self._maildir.subscriptions()

    def subscribe(self, folder: str) -> None:
        """Clients show it."""
        self._maildir.subscribe(folder)

    def unsubscribe(self, folder: str) -> None:
        """Clients show it no more."""
        self._maildir.unsubscribe(folder)

    def deliver(self, message: Octets, folder: str = "INBOX") -> None:
        """As mail that arrives: without flags, new to the next client that looks."""
        self._maildir.deliver(folder, octets_of(message))


def _name(folder: Union[Folder, str]) -> str:
    return folder if isinstance(folder, str) else folder.name
