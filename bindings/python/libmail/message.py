"""Messages, read as libmail's server reads them: forgiving, in linear time, whatever the sender did."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Optional, Union

from ._engine import _libmail


@dataclasses.dataclass(frozen=True)
class Address:
    kind: str  #: "mailbox"; a group is "group", its members, "group end"
    name: str  #: display name or name of the group, decoded
    local_part: str
    domain: str  #: empty when it is missing
    spec: str  #: "local@domain", quoted where it must be

    def __str__(self) -> str:
        return f"{self.name} <{self.spec}>" if self.name else self.spec


def _octets(text: Union[str, bytes]) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)


def parse_addresses(value: Union[str, bytes]) -> list[Address]:
    """Every address of a header field's value, as far as it can be recognised (RFC 5322 with obsolete forms). Never fails."""
    return [Address(*row) for row in _libmail.parse_addresses(_octets(value))]


def parse_date(value: Union[str, bytes]) -> Optional[datetime.datetime]:
    """The value of a Date field, with its time zone; None when it is no date."""
    found = _libmail.parse_date(_octets(value))
    if found is None:
        return None
    seconds, minutes_east = found
    zone = datetime.timezone(datetime.timedelta(minutes=minutes_east))
    # Not fromtimestamp: years beyond 9999 are OverflowError there, here they are no dates.
    try:
        return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc).__add__(
            datetime.timedelta(seconds=seconds)).astimezone(zone)
    except OverflowError:
        return None


class Part:
    """One MIME part of a message; the message itself is one too."""

    def __init__(self, parsed: _libmail.ParsedMessage, index: int) -> None:
        self._parsed = parsed
        self._index = index
        (self.content_type, self.parameters, self.disposition, self.disposition_parameters,
         self.encoding) = parsed.describe(index)

    def __repr__(self) -> str:
        return f"<libmail.{type(self).__name__} {self.content_type}>"

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Name and value of every header field, unfolded, encoded words decoded."""
        return self._parsed.fields(self._index)

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """The first field of this name, whatever its case."""
        wanted = name.lower()
        return next((value for found, value in self.fields if found.lower() == wanted), default)

    def get_all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for found, value in self.fields if found.lower() == wanted]

    def addresses(self, name: str) -> list[Address]:
        """The addresses in the first field of this name."""
        raw = self._parsed.raw_field(self._index, name)
        return [] if raw is None else parse_addresses(raw)

    @property
    def filename(self) -> Optional[str]:
        return self.disposition_parameters.get("filename") or self.parameters.get("name")

    @property
    def children(self) -> list[Part]:
        """The parts of a multipart, or the message inside a message/rfc822."""
        return [Part(self._parsed, index) for index in self._parsed.children(self._index)]

    @property
    def header(self) -> bytes:
        """As it stands, with the empty line that ends it."""
        return self._parsed.header(self._index)

    @property
    def body(self) -> bytes:
        """As it stands, still transfer-encoded."""
        return self._parsed.body(self._index)

    @property
    def content(self) -> bytes:
        """The body decoded: base64 and quoted-printable undone."""
        return self._parsed.content(self._index)

    @property
    def text(self) -> str:
        """The content as text, by its charset; what means nothing there becomes U+FFFD."""
        return self._parsed.text(self._index)


class Message(Part):
    """A parsed message. Never fails: what is broken is read as far as it goes."""

    def __init__(self, message: Union[bytes, str]) -> None:
        super().__init__(_libmail.ParsedMessage(_octets(message)), 0)

    def __bytes__(self) -> bytes:
        return self._parsed.bytes()

    @property
    def date(self) -> Optional[datetime.datetime]:
        raw = self._parsed.raw_field(0, "Date")
        return None if raw is None else parse_date(raw)

    @property
    def parts(self) -> list[Part]:
        """Every part in the order of the headers; the first is the message itself."""
        return [Part(self._parsed, index) for index in range(self._parsed.size())]

    def part(self, *numbers: int) -> Optional[Part]:
        """By the numbers that IMAP uses: part(1, 2) is BODY[1.2]. None when there is no such part."""
        found = self._parsed.find(list(numbers))
        return None if found is None else Part(self._parsed, found)

    @property
    def is_truncated(self) -> bool:
        """True when the message has more parts, or deeper ones, than the limits allow."""
        return self._parsed.is_truncated()
