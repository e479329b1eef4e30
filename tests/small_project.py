"""A small book with pages, packages and a driver of its own, for tests of the driver."""

import contextlib
import importlib.util
import io
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from jupyter_core.utils import ensure_event_loop

import running
import staleness

ROOT = Path(__file__).parents[1]
PARAMETERS = (
    "seed: int = 1  # entropy\nrate: float = 2.0  # Hz\nkind: str = 'a'  # word\nown: bool = False"
)
PYPROJECT = """[tool.setuptools]
packages = ["engine", "study", "study.inner"]
package-dir = { study = "book/study" }
"""
SOURCES = (
    "engine/model.py",
    "engine/deep/part.py",
    "engine/look.mplstyle",
    "book/study/page.py",
    "book/study/inner/page.py",
    "book/study/inner/look.mplstyle",
)


def code(source, *tags):
    cell = {"cell_type": "code", "execution_count": None, "outputs": [], "source": source}
    return {**cell, "metadata": {"tags": list(tags)} if tags else {}, "id": f"c{abs(hash(source))}"}


def prose(source):
    return {"cell_type": "markdown", "metadata": {}, "id": "prose", "source": source}


def save(path, *cells):
    title = {"cell_type": "markdown", "metadata": {}, "id": "title", "source": f"# {path.stem}"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [title, *cells], "metadata": {"kernelspec": kernel}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}))


def shows(expression):
    """Source of a cell that shows a value as pages do, printing nothing."""
    show = f"display({{'text/plain': str({expression})}}, raw=True)"
    return f"from IPython.display import display\n{show}"


def outputs(path):
    """All that the cells of a notebook show."""
    cells = json.loads(path.read_text())["cells"]
    found = [o["data"]["text/plain"] for c in cells for o in c.get("outputs", ())]
    return "\n".join(map("".join, found))


def heed():
    """Let a process that is just starting heed what ends it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def keep(job):
    """Keep a notebook as it is, as if it had been executed."""
    notebook = running.read(Path(job["source"]))
    notebook["metadata"]["lsm"] = {"key": job["key"]}
    running.write(Path(job["target"]), notebook)
    return ""


class Project:
    """A small book in a folder: `make` it, or put a copy of it elsewhere."""

    def __init__(self, folder):
        self.folder = folder
        self.book = folder / "book"
        self.executed = folder / "_build" / "executed"
        self.html = folder / "_build" / "html"

    def make(self):
        self.book.mkdir()
        driver = [f"{name}.py" for name in staleness.DRIVER]
        for name in (*driver, "_ext", "_static", "references.bib"):
            source = ROOT / "book" / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, self.book / name)
        shutil.copyfile(ROOT / "_config.yml", self.folder / "_config.yml")
        (self.folder / "requirements.txt").write_text("numpy\n")
        (self.folder / "pyproject.toml").write_text(PYPROJECT)
        for name in SOURCES:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text("# 1\n")
        (self.book / "claims.yml").write_text("[]\n")
        (self.book / "measured.json").write_text("{}\n")
        (self.book / "intro.md").write_text("# Intro\n")
        self.toc("figures/one", "figures/two", "claims")
        given = shows("f'{seed} {rate} {kind} {own}'")
        save(self.book / "figures" / "one.ipynb", code(PARAMETERS, "parameters"), code(given))
        save(self.book / "figures" / "two.ipynb", code(shows("'two'")))
        gathering = shows("sorted(p.name for p in __import__('pathlib').Path().glob('*/*'))")
        save(self.book / "claims.ipynb", code(gathering))
        return self

    def copy(self, folder):
        return Project(shutil.copytree(self.folder, folder / "copy"))

    def toc(self, *pages):
        chapters = "".join(f"  - file: book/{page}\n" for page in pages)
        text = f"format: jb-book\nroot: book/intro\nchapters:\n{chapters}"
        (self.folder / "_toc.yml").write_text(text)

    def start(self, *options, **more):
        # In the background of a shell script, and under nohup, children inherit signals ignored.
        more.setdefault("preexec_fn", heed)
        return subprocess.Popen(
            [sys.executable, "book/execute.py", *options],
            cwd=self.folder,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
        )

    def run(self, *options):
        """Exit code, output and errors of the driver in a process of its own."""
        process = self.start(*options)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def driver(self):
        """The driver as a module."""
        spec = importlib.util.spec_from_file_location("driver", self.book / "execute.py")
        driver = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(driver)
        return driver

    def call(self, *options, work=None):
        """The same as `run` in this process, with what is staged in the place of Jupyter Book's.

        `work` replaces what executes a notebook, and tells what went wrong or nothing. The gatherer
        is kept as it is, not executed.
        """
        driver = self.driver()

        def execute(job):
            if Path(job["source"]).stem == driver.GATHERER:
                return keep(job), []
            return driver.running.work(job)

        def run(processes, command, text="", env=None, cwd=None):
            if command[-1] == driver.running.__file__:
                cores = int(env["LSM_WORKERS"])
                try:
                    job = json.loads(text) | {"cores": cores, "part": env["LSM_PART"]}
                    wrong, notes = (work(job) or "", []) if work else execute(job)
                finally:
                    ensure_event_loop().close()  # papermill's, in this thread
                return (1 if wrong else 0), wrong or "\n".join(notes), ""
            pages = cwd / "_build" / "html"
            shutil.copytree(cwd / "book", pages / "book")
            (pages / "index.html").touch()
            return 0, "", ""

        driver.Processes = type("Processes", (driver.Processes,), {"run": run})
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.getsignal(number) for number in numbers}
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                status = driver.main(options)
            except SystemExit as error:  # of the command line
                status = error.code
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)
        return status, output.getvalue(), errors.getvalue()

    def files(self):
        """Contents of all sources."""
        found = [p for p in self.folder.rglob("*") if p.is_file() and "_build" not in p.parts]
        return {p: p.read_bytes() for p in found if "__pycache__" not in p.parts}
