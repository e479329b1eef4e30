"""How figures and values appear in a notebook: as the book shows them, not as its user set up."""

from __future__ import annotations

import sys
from typing import Any

import matplotlib as mpl


def _kernel() -> Any:
    """The shell of the kernel that this runs in; None elsewhere."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell if hasattr(shell, "kernel") else None


def restore_defaults() -> None:
    """Undo what the user's files set for matplotlib, and in a kernel for IPython.

    Figures are drawn with matplotlib's own values, and shown inline as PNG of single resolution;
    of a cell only the value of the last line is shown.
    """
    if shell := _kernel():
        from matplotlib_inline.config import InlineBackend

        shell.ast_node_interactivity = "last_expr"
        shell.display_formatter.active_types = shell.display_formatter.format_types
        shell.enable_matplotlib("inline")
        inline = InlineBackend.instance(parent=shell)
        inline.rc = {}
        inline.print_figure_kwargs = {"bbox_inches": "tight"}
        inline.close_figures = True
        inline.figure_formats = {"png"}
    mpl.rcdefaults()
    # Left alone there, though a page may show it, or print a warning for it.
    mpl.rcParams["date.epoch"] = mpl.rcParamsDefault["date.epoch"]
    mpl.rcParams["figure.max_open_warning"] = mpl.rcParamsDefault["figure.max_open_warning"]
    mpl.rcParams["timezone"] = mpl.rcParamsDefault["timezone"]
