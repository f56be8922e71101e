"""The settings of a config folder: their values, where each comes from, and what it means."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import Optional, TypeVar, Union, overload

from ._engine import NotFound, _libmail
from .directory import Diagnostic


_Default = TypeVar("_Default")


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: what it is, and who says so."""

    name: str
    kind: str  #: "text", "flag", "number", "choice", "listen"
    text: str  #: the value as text, the default where none is given
    is_set: bool  #: somebody gave a valid value
    source: str  #: who: "mailserver.env:3", "environment", "postfix-main.cf:1"; empty: nobody
    default: str
    choices: tuple[str, ...]  #: of a choice
    documentation: str  #: one line; units as it says

    @property
    def value(self) -> Union[str, int, bool]:
        """bool of a flag, int of a number, else str."""
        if self.kind == "flag":
            return self.text == "1"
        return int(self.text) if self.kind == "number" else self.text


class Settings(Mapping[str, Setting]):
    """Every setting, by its name, sorted; read once and never changed.

        settings = libmail.Settings("/etc/maild", os.environ)
        settings["POSTFIX_MESSAGE_SIZE_LIMIT"].value       # 10240000
        [setting for setting in settings.values() if setting.is_set]

    config       the folder with mailserver.env and the override files
    environment  wins over mailserver.env: os.environ for what maild would see here. None: the files alone

    A wrong value counts as not given, and is in `diagnostics`. Raises NotFound where there is no such folder.
    """

    def __init__(
        self, config: Union[str, os.PathLike[str]], environment: Optional[Mapping[str, str]] = None) -> None:
        rows, diagnostics = _libmail.read_settings(os.fspath(config), list((environment or {}).items()))
        self._settings = {
            name: Setting(name, kind, text, is_set, source, default, tuple(choices.split("|")) if choices else (), words)
            for name, kind, text, is_set, source, default, choices, words in rows
        }
        #: What is wrong in the files and the environment.
        self.diagnostics: list[Diagnostic] = [Diagnostic(*row) for row in diagnostics]

    def __getitem__(self, name: str) -> Setting:
        """Raises NotFound, which is a LookupError, for a name that is no setting."""
        try:
            return self._settings[name]
        except KeyError:
            raise NotFound(f"there is no setting {name} (docs/settings.md)") from None

    # Mapping's own expects KeyError.
    @overload
    def get(self, name: str, /) -> Optional[Setting]: ...
    @overload
    def get(self, name: str, /, default: Union[Setting, _Default]) -> Union[Setting, _Default]: ...
    def get(self, name: str, /, default: object = None) -> object:
        """The setting, or `default`."""
        return self._settings.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)
