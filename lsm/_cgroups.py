"""What the control groups of this process (cgroups, of a container or a batch system) allow it.

Nothing heavy is imported, as in `lsm.cores`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path, PurePosixPath

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def texts(controller: str, version_2: str, *version_1: str) -> Iterator[str]:
    """What files of a controller say, in the groups of this process and in all above them.

    Of version 2 it is one file of each group, of version 1 one or more, joined by blanks. What
    cannot be read is empty.
    """
    for line in _text(_MEMBERSHIP).splitlines():
        controllers, _, group = line.partition(":")[2].partition(":")
        # In a container the folders may end below the path of the group: all above count as well.
        parts = [part for part in PurePosixPath(group).parts if part not in ("/", "..")]
        above = [PurePosixPath(*parts[:depth]) for depth in range(len(parts) + 1)]
        if not controllers:  # version 2
            for folder in above:
                yield _text(_CGROUPS / folder / version_2)
        elif controller in controllers.split(","):
            for mount, folder in product({controllers, controller}, above):
                yield " ".join(_text(_CGROUPS / mount / folder / name) for name in version_1)


def _text(path: Path) -> str:
    with suppress(OSError, ValueError):  # not there, not allowed, or not text
        return path.read_text(encoding="utf-8")
    return ""
