"""How functions are compiled: kept on disk for the next process where that is possible.

Without a place for it, or if the disk is full, numba raises an error at import or at the first
call. Here compiled code is then made anew in each process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache

from lsm._optional import tell_once


class _Cache(FunctionCache):
    """Numba's cache, of which no failure reaches the caller of a compiled function."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # of many kinds: unreadable, or spoiled from outside
            self._failed(error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        # The index may already name a file that was not written, but is there from former sources.
        with suppress(OSError):
            os.unlink(self._cache_file._index_path)
        _tell(f"{self.cache_path}: {error!r}")


def _tell(reason: str) -> None:
    tell_once("compiled", f"compiled code is not kept, every process compiles anew ({reason})")


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Numba's `njit` with a cache on disk that may fail.

    Options stand in the file of the functions, because numba keys its cache on that file.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        try:
            dispatcher._cache = _Cache(function)  # what its `enable_caching` does
        except (OSError, RuntimeError) as error:  # "no locator available"
            _tell(str(error))
        return dispatcher

    return decorate
