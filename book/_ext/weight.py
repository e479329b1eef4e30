"""Sphinx extension: a light book, from which nothing is missing that a reader can open."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

#: Data above this size (bytes) are zipped, which pandas, R and every file manager open as they are.
LARGE = 100_000
#: Of the themes: maps for those who debug their scripts, translations that were applied when the
#: pages were made, and fonts in a second format (all browsers of the last ten years take woff2).
UNUSED = ("*.map", "*.po", "*.mo", "*.ttf")


def _zip(path: Path) -> Path:
    """The same bytes from the same data: with no time in them."""
    packed = path.with_name(f"{path.name}.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(path.name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, path.read_bytes())
    return packed


def _zip_large_data(app: Any, doctree: nodes.document) -> None:
    """Let links to large tables give them zipped, and say so; before Sphinx gathers downloads."""
    for link in list(doctree.findall(addnodes.download_reference)):
        _, name = app.env.relfn2path(link["reftarget"], app.env.docname)
        path = Path(name)
        if path.suffix == ".csv" and path.is_file() and path.stat().st_size > LARGE:
            megabytes = _zip(path).stat().st_size / 1e6
            link["reftarget"] += ".zip"
            link += nodes.inline("", f" (zip, {megabytes:.1f} MB)")


def _drop_unused(app: Any, error: Exception | None) -> None:
    static = Path(app.outdir, "_static")
    for pattern in UNUSED:
        for path in static.rglob(pattern):
            path.unlink()
    shutil.rmtree(static / "locales", ignore_errors=True)  # folders that are empty now


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _zip_large_data, priority=400)
    app.connect("build-finished", _drop_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
