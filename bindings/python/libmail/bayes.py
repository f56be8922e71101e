"""Ham or spam, how sure that is, and why: a classifier in a file."""

from __future__ import annotations

import dataclasses
import os
from typing import Iterable, Optional, Union

from ._engine import _libmail

Bytes = Union[bytes, bytearray, memoryview]


@dataclasses.dataclass(frozen=True)
class Verdict:
    verdict: str  #: "ham", "unsure", "spam"
    score: float  #: the probability of spam, 0 to 1
    log_odds: float  #: the same, not saturated: sort by this
    fisher: float  #: the vote of counts
    logistic: float  #: the vote of weights


@dataclasses.dataclass(frozen=True)
class Reason:
    """What one token of the message said."""

    token: str  #: "pills", "subject:pills", "url:shop.example"
    ham: float  #: trained ham messages that held it
    spam: float
    fisher: float  #: its parts of `Verdict.log_odds`; negative: it spoke for ham
    logistic: float

    @property
    def log_odds(self) -> float:
        return self.fisher + self.logistic


@dataclasses.dataclass(frozen=True)
class Explanation:
    """The log-odds of all reasons and `combination`, summed in this order, are `result.log_odds` exactly."""

    result: Verdict
    reasons: list[Reason]  #: strongest first
    combination: float  #: what the method adds to, or takes from, the sum of the tokens
    decisive: list[str]  #: without these tokens the verdict would be `otherwise`
    otherwise: Optional[str]  #: None: no lack of tokens changes the verdict


class Bayes:
    """A classifier in a file, which mailctl and maild may use at the same time.

    `label` is "spam" or "ham". Messages are bytes; no call holds the GIL while it works, so threads run side by side.
    `beside` is the server's table, asked together with this one, a user's: it must have been made `like` that one.
    """

    def __init__(self, path: Union[str, os.PathLike[str]], *, like: Optional[Bayes] = None) -> None:
        """A missing file is an empty classifier, made by the first training; with the key of `like`, if given, so that
        both can be read together."""
        key = like._database.key() if like else None
        self._database: _libmail.BayesDatabase = _libmail.BayesDatabase(os.fspath(path), key)

    def train(self, message: Bytes, label: str) -> str:
        """Learns: "new"; "unchanged" when it knew; "moved" when it had learned it as the other. Durable on return."""
        return self.train_many([(message, label)])[0]

    def untrain(self, message: Bytes) -> Optional[str]:
        """Forgets, exactly. What it had been trained as; None when it was not."""
        return self.untrain_many([message])[0]

    def classify(self, message: Bytes, *, beside: Optional[Bayes] = None) -> Verdict:
        return self.classify_many([message], beside=beside)[0]

    def explain(self, message: Bytes, *, beside: Optional[Bayes] = None) -> Explanation:
        server = beside._database if beside else None
        score, reasons, combination, decisive, otherwise = self._database.explain(bytes(message), server)
        return Explanation(Verdict(*score), [Reason(*reason) for reason in reasons], combination, decisive, otherwise)

    def train_many(self, messages: Iterable[tuple[Bytes, str]]) -> list[str]:
        """Many (message, label) under one lock, written once: far faster than one by one."""
        pairs = [(bytes(message), _is_spam(label)) for message, label in messages]
        return self._database.train([message for message, _ in pairs], [is_spam for _, is_spam in pairs])

    def untrain_many(self, messages: Iterable[Bytes]) -> list[Optional[str]]:
        return self._database.untrain([bytes(message) for message in messages])

    def classify_many(self, messages: Iterable[Bytes], *, beside: Optional[Bayes] = None) -> list[Verdict]:
        server = beside._database if beside else None
        return [Verdict(*score) for score in self._database.classify([bytes(message) for message in messages], server)]

    def trained_as(self, message: Bytes) -> Optional[str]:
        return self._database.trained_as(bytes(message))

    @property
    def ham(self) -> int:
        """Messages trained."""
        return self._database.counts()[0]

    @property
    def spam(self) -> int:
        return self._database.counts()[1]

    @property
    def tokens(self) -> int:
        return self._database.counts()[2]

    @property
    def damage(self) -> str:
        """What was wrong with the files when they were opened, and where they are kept now; empty: nothing."""
        return self._database.damage()


def _is_spam(label: str) -> bool:
    if label not in ("spam", "ham"):
        raise ValueError(f"a message is 'spam' or 'ham', not {label!r}")
    return label == "spam"
