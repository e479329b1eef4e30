"""Scripts of pages, by default the explorer's, in V8, without a browser."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from py_mini_racer import MiniRacer

from rongala2021 import explorer

SCRIPTS = Path(__file__).parents[1] / "book" / "_static" / "explore"
ENGINE = ("random", "model", "fourier", "spectrum", "theory", "engine")
# What browsers have beside the language.
_ATOB = """
globalThis.atob = (text) =>
  Array.from(Uint8Array.fromBase64(text), (byte) => String.fromCharCode(byte)).join("");
"""


class Scripts:
    """Scripts that are loaded, and the explorer's data."""

    def __init__(self, context: MiniRacer) -> None:
        self._context = context

    def call(self, expression, *arguments):
        """A function of the scripts, by an expression; arrays travel to the bit."""
        given = ", ".join(map(_literal, arguments))
        found = self._context.eval(f"plain(({expression})({given}))")
        return json.loads(found, parse_constant=float)

    def array(self, expression, *arguments):
        """As `call`, of a function that returns a typed array of doubles."""
        given = ", ".join(map(_literal, arguments))
        return np.frombuffer(self._context.eval(f"({expression})({given})")).copy()


def _literal(value):
    """JavaScript for a value: of arrays the doubles, of all others JSON."""
    if isinstance(value, np.ndarray):
        text = base64.b64encode(np.ascontiguousarray(value, dtype="<f8").tobytes()).decode()
        return f'engine.random.doubles("{text}")'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


@contextmanager
def scripts(names=ENGINE, *, folder=SCRIPTS, data=None, changes=()) -> Iterator[Scripts]:
    """Load scripts of a folder by their names, after a script of data, the explorer's by default.

    `changes` are (name, text, other text) of their sources.
    """
    # A context that is not closed can keep the process from ending.
    with MiniRacer() as context:
        context.eval(_ATOB)
        context.eval(explorer.script() if data is None else data)
        for name in names:
            source = (folder / f"{name}.js").read_text(encoding="utf-8")
            for where, old, new in changes:
                if where == name:
                    assert source.count(old) == 1, (name, old)
                    source = source.replace(old, new)
            context.eval(source)
        context.eval(
            """
            globalThis.plain = (value) => JSON.stringify(value, (_, x) =>
              ArrayBuffer.isView(x) ? Array.from(x) : Number.isNaN(x) ? null : x);
            """
        )
        if "engine" in names:
            context.eval(
                """
                globalThis.engine = explorerEngine(explorerData);
                globalThis.view = (values, form, n) => {
                  const work = engine.view(values, form, n);
                  for (;;) {
                    const { done, value } = work.next();
                    if (done) return value;
                  }
                };
                """
            )
        yield Scripts(context)
