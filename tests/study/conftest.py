"""Figures are drawn here as on a page, whatever tests went before on the same worker."""

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from rongala2021 import plots


@pytest.fixture(scope="module", autouse=True)
def page_style() -> Iterator[None]:
    """The book's style, also for a module's own fixtures, and matplotlib's state as it was."""
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No figure of a test is left open for the next."""
    before = set(plt.get_fignums())
    yield
    for number in set(plt.get_fignums()) - before:
        plt.close(number)
