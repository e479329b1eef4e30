"""A claim and its conditions, for tests of what is judged and shown."""

from hypothesis import settings

from rongala2021.ledger import Claim, Condition

full = Condition(measure="x", comparison=">=", bound=2)
weak = Condition(measure="x", comparison=">", bound=1)
low = Condition(measure="y", comparison="<=", bound=0)


def claim(name="1a", **fields):
    basic = {
        "statement": "X is large.",
        "where": "Fig. 1",
        "page": "figures/fig1",
        "kind": "empirical",
    }
    return Claim(id=name, **{**basic, "criterion": (full,), "direction": (weak,), **fields})


def examples(n):
    return settings(deadline=None, max_examples=n, derandomize=True)
