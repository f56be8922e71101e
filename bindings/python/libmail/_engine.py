"""Loads the extension so that its BoringSSL and Python's OpenSSL never meet.

Their symbols have the same names. A library that is loaded RTLD_LOCAL keeps its own to itself, as long as nobody has
put OpenSSL into the global scope (by linking it to the program that embeds Python, or by LD_PRELOAD): there the
extension must look at its own libraries first.
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING


def _openssl_is_everywhere() -> bool:
    try:
        import ctypes

        ctypes.CDLL(None).SSL_CTX_new
    except (ImportError, OSError, AttributeError):
        return False
    return True


def _load() -> ModuleType:
    before = sys.getdlopenflags()
    flags = os.RTLD_NOW | os.RTLD_LOCAL
    if _openssl_is_everywhere():
        flags |= getattr(os, "RTLD_DEEPBIND", 0)
    sys.setdlopenflags(flags)
    try:
        return importlib.import_module("._libmail", __package__)
    except ModuleNotFoundError:
        import glob

        built = glob.glob(os.path.join(os.path.dirname(__file__), "_libmail*.so"))
        raise ImportError(
            f"libmail was built for another Python than {sys.implementation.cache_tag} ({sys.executable}): there is "
            f"{', '.join(map(os.path.basename, built)) or 'no extension'}. Build it with "
            f"cmake -DPython3_EXECUTABLE={sys.executable}") from None
    finally:
        sys.setdlopenflags(before)


if TYPE_CHECKING:
    from . import _libmail as _libmail
else:
    _libmail = _load()
Error = _libmail.Error
InvalidArgument = _libmail.InvalidArgument
NotFound = _libmail.NotFound
AlreadyExists = _libmail.AlreadyExists
PermissionDenied = _libmail.PermissionDenied
FailedPrecondition = _libmail.FailedPrecondition
ResourceExhausted = _libmail.ResourceExhausted
Unavailable = _libmail.Unavailable
DeadlineExceeded = _libmail.DeadlineExceeded
