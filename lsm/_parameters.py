"""What frozen dataclasses of parameters have in common: values of one kind, equal by value."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


def keep(parameters: Any, **values: Any) -> None:
    """Set fields of a frozen dataclass, from its ``__post_init__``, to their checked values.

    So 1 and 1.0 are one setting, which has one name in the store, and so are 0.0 and -0.0. Of an
    array it keeps a copy that cannot be written to, which no later change by the caller reaches.
    """
    for name, value in values.items():
        if isinstance(value, np.ndarray | float):
            value = value + 0  # a copy of an array; -0.0 becomes 0.0
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        object.__setattr__(parameters, name, value)  # the way to set a field of a frozen dataclass


class ByValue:
    """Frozen dataclasses are equal if all that they hold is, arrays included."""

    def _values(self) -> tuple[Any, ...]:
        held = [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]
        return tuple(
            (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray)
            else value
            for value in held
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))
