"""A book of two pages under the project's configuration, as readers of Jupyter Book build it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write(folder: Path, page: str, text: str) -> None:
    """Fill a folder with a book of a first page and another, named as in the contents."""
    for name in ("_ext", "_static"):
        shutil.copytree(ROOT / "book" / name, folder / "book" / name)
    for name in ("_config.yml", "book/references.bib"):
        shutil.copyfile(ROOT / name, folder / name)
    contents = f"format: jb-book\nroot: book/intro\nchapters:\n  - file: {page}\n"
    texts = {"_toc.yml": contents, "book/intro.md": "# Intro\n", f"{page}.md": text}
    for name, content in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def build(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run ``jupyter-book build .`` in a folder."""
    code = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", code, "build", *options, "."]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment, check=False
    )


def pages_of(folder: Path) -> Path:
    """Build a book without a warning; the folder of its pages."""
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder / "_build" / "html"
