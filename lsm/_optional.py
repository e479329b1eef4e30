"""Warnings about what the package can do without: caches, results on disk, other workers."""

from __future__ import annotations

import warnings
from threading import Lock


class StoreWarning(UserWarning):
    """Results or compiled code could not be kept on disk: all is computed, but not kept."""


class ExecutorWarning(UserWarning):
    """An executor was lost: what it left is computed in the process of the sweep."""


_LOCK = Lock()
_TOLD: set[str] = set()


def tell_once(kind: str, message: str) -> None:
    """Warn of a kind of failure when it is met first in this process."""
    with _LOCK:
        known = kind in _TOLD
        _TOLD.add(kind)
    if not known:
        warnings.warn(message, StoreWarning, stacklevel=3)
