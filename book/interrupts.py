"""What Ctrl-C, a request to end and a closed terminal do to the driver, from its first line on.

Imported before all that takes a while to import, so it imports hardly anything itself. A signal
that was to be ignored, as by nohup, is.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any, NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Exit code of a run that was interrupted.
CODE = 130


def answer(handler: Callable[[int, FrameType | None], Any]) -> None:
    """Call a function at each of these signals."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def end_at_once(*_: Any) -> NoReturn:
    """End while there is nothing yet to be ended in order."""
    os.write(2, b"interrupted\n")
    os._exit(CODE)


def end_in_order(*_: Any) -> NoReturn:
    """Leave what the main thread does."""
    raise KeyboardInterrupt


def go_on(*_: Any) -> None:
    """Take no notice."""


@contextmanager
def held() -> Iterator[None]:
    """A step that is not cut in two: what interrupts it does so at its end."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    seen: list[int] = []
    try:
        answer(lambda number, _: seen.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if seen:
        os.kill(os.getpid(), seen[0])
