"""Files that are written whole or not at all, in folders that several hosts may share."""

from __future__ import annotations

import os
import platform
import re
import uuid
from contextlib import suppress
from pathlib import Path


def beside(path: Path, suffix: str = ".tmp") -> Path:
    """A name for a temporary file beside `path` that no other host, process or write has."""
    host = re.sub(r"[^A-Za-z0-9]", "_", platform.node())[:30]
    return path.with_name(f".{path.stem}.{host}-{os.getpid()}-{uuid.uuid4().hex[:12]}{suffix}")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written; what was there is still there, and nothing else.
    """
    temporary = beside(path)
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()
