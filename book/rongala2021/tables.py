"""Tables as the pages show them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd


def _shown(value: float) -> str:
    return f"{value:.4g}"


@dataclass(frozen=True)
class Table:
    """A frame without its index: numbers to four digits, what is not known as a dash.

    Attributes
    ----------
    frame : DataFrame, or mapping of str to column
    links : mapping of str to str
        Addresses of cells of the first column.
    kind : str
        A further class of the HTML table.
    anchor : str
        Where not empty, links have ids that start so and end with the cell.

    Raises
    ------
    ValueError
        If columns differ in length.
    """

    frame: pd.DataFrame
    links: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    anchor: str = ""

    def __post_init__(self) -> None:
        frame = pd.DataFrame(self.frame)
        for name in frame.select_dtypes(bool):
            frame[name] = np.where(frame[name], "yes", "no")
        object.__setattr__(self, "frame", frame)

    def __repr__(self) -> str:
        return self.frame.to_string(index=False, float_format=_shown, na_rep="–")

    def _repr_html_(self) -> str:
        frame, escape = self.frame, True
        if self.links:
            frame, escape = frame.map(_escaped).rename(columns=_escaped), False
            frame[frame.columns[0]] = [
                f'<a{self._id(shown)} href="{html.escape(self.links[cell])}">{shown}</a>'
                if cell in self.links
                else shown
                for cell, shown in zip(self.frame.iloc[:, 0], frame.iloc[:, 0], strict=True)
            ]
        with pd.option_context("display.max_colwidth", None):
            return frame.to_html(
                index=False,
                border=0,
                escape=escape,
                float_format=_shown,
                na_rep="–",
                # The theme styles tables of the class "dataframe", in dark mode too.
                classes=[self.kind] if self.kind else None,
            )

    def _id(self, shown: str) -> str:
        return f' id="{self.anchor}{shown}"' if self.anchor else ""


def _escaped(cell: Any) -> Any:
    return html.escape(cell) if isinstance(cell, str) else cell
