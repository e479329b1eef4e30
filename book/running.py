"""One notebook in a process of its own, and what keeps its machine out of it.

    python book/running.py      executes the notebook that a job on standard input describes

The exit code is 0 if it went well, with notes on standard output; else the reason is there. A job
without a key is worth only what its sweeps keep: an error in a cell stops no other cell, and
nothing else is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# The packages beside this file and above it, before others that this Python may know.
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from lsm._files import write_whole  # noqa: E402
from processes import follow  # noqa: E402

Notebook = dict[str, Any]
#: A link of a page to data that it writes when it is executed: what is shown, and the file.
DATA_LINK = re.compile(r"\[([^\]]*)\]\((data/[^)]*)\)")
#: What an output is called that is a widget.
WIDGET = "application/vnd.jupyter.widget-view+json"
#: Errors that have nothing to do with what a page measures: it cannot run at all.
_NOT_AT_ALL = frozenset(
    ["ParameterError", "ProjectError", "ImportError", "ModuleNotFoundError", "SyntaxError"]
)


# ---------------------------------------------------------------- notebooks


def read(path: Path) -> Notebook:
    """A notebook as JSON; a ValueError if the file is none."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(notebook["cells"], list):
            raise TypeError("its cells are no list")
        if not all({"cell_type", "source", "metadata"} <= set(c) for c in notebook["cells"]):
            raise TypeError("a cell lacks its type, source or metadata")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"expected a notebook, got {error!r}") from None
    return notebook


def write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all, in the form in which Jupyter writes notebooks."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())


def strip(notebook: Notebook) -> None:
    """Remove what two executions of the same cells do not share: times, paths, versions, widgets.

    Widgets have random names, and no use without their kernel.
    """
    for key in ("papermill", "widgets"):
        notebook["metadata"].pop(key, None)
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        for key in ("papermill", "execution", "scrolled"):
            cell["metadata"].pop(key, None)
        if not cell["metadata"].get("tags", True):
            del cell["metadata"]["tags"]  # papermill adds empty ones
        if "injected-parameters" in cell["metadata"].get("tags", ()):
            cell["id"] = "injected-parameters"  # else a random one
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if WIDGET not in o.get("data", ())]


# ---------------------------------------------------------------- what ran in a notebook


def noise(notebook: Notebook) -> str:
    """What cells printed, as libraries do to warn; nothing if they did not. Pages show values."""
    names = {"stderr": "standard error", "stdout": "standard output"}
    texts = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                head = f"cell {cell['execution_count']} wrote to {names[output['name']]}:"
                texts.append("\n".join([head, "".join(output["text"])]))
    return "\n".join(texts)


def told_of_run(notebook: Notebook) -> tuple[dict[str, str], list[str]]:
    """Digests of the sources that ran, as a page tells, and what it could not keep.

    The latter, which is of this machine at this time, is taken out of the page.
    """
    from rongala2021.project import RAN

    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if ran := output.get("data", {}).get(RAN):
                not_kept, ran["not_kept"] = ran["not_kept"], []
                lines = "".join(output["data"]["text/plain"]).splitlines()
                kept = [line for line in lines if line not in not_kept]
                output["data"]["text/plain"] = "\n".join(kept)
                return ran["sources"], not_kept
    return {}, []


def missing_data(notebook: Notebook, folder: Path) -> list[str]:
    """Data files that a page links to, but that are not in its folder."""
    texts = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]
    links = [link for text in texts for _, link in DATA_LINK.findall(text)]
    return [link for link in dict.fromkeys(links) if not (folder / link).is_file()]


# ---------------------------------------------------------------- papermill and its kernels


def literal(path: Path) -> str:
    """A path for papermill, which fills in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def short_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for a run, where paths of sockets are short if that can be had."""
    usual = tempfile.gettempdir()
    place = "/tmp" if len(os.fsencode(usual)) > 60 and os.access("/tmp", os.W_OK) else usual
    # A kernel that was killed may leave a socket while the folder goes.
    return tempfile.TemporaryDirectory(prefix="lsm-", dir=place, ignore_cleanup_errors=True)


def socket_names(index: int, folder: str) -> dict[str, Any]:
    """Settings of a kernel that is reached through files of its own: none clashes or cross-talks.

    Ports can clash; but a path that is too long for a socket leaves nothing else.
    """
    name = f"{folder}/{index}"
    # The least that a system allows for a socket's path is 104 bytes; a dash and a digit follow.
    if len(os.fsencode(name)) > 95:
        return {}
    return {"KernelManager": {"transport": "ipc", "ip": name}}


class Fault(NamedTuple):
    """An error that a cell ended with."""

    cell: int
    name: str
    text: str


def faults(notebook: Notebook) -> Iterator[Fault]:
    """The errors in a notebook's cells."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                yield Fault(cell["execution_count"], output["ename"], output["evalue"])


def execute(job: dict[str, Any], output: Path, **options: Any) -> str:
    """Let papermill execute a job's notebook; the first error of a cell, or nothing."""
    import papermill
    from traitlets.config import Config

    target = Path(job["target"])
    target.parent.mkdir(parents=True, exist_ok=True)
    # Before all other places: the kernel is this Python, whatever another "python3" may be.
    os.environ["JUPYTER_PATH"] = job["kernels"]
    try:
        papermill.execute_notebook(
            literal(Path(job["source"])),
            literal(output),
            parameters=job["parameters"],
            kernel_name="python3",
            cwd=str(target.parent),
            progress_bar=False,
            config=Config(job["sockets"]),
            **options,
        )
    except papermill.PapermillExecutionError as error:
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
        return f"cell {error.exec_count}:\n{traceback}"
    return ""


def keep(job: dict[str, Any], executed: Path) -> tuple[str, list[str]]:
    """Execute a notebook and keep it, if nothing is wrong with it."""
    from rongala2021.project import fingerprints

    target = Path(job["target"])
    if wrong := execute(job, executed):
        return wrong, []
    notebook = read(executed)
    code = [c for c in notebook["cells"] if c["cell_type"] == "code" and c["source"]]
    if any(cell["execution_count"] is None for cell in code):
        raise RuntimeError("the notebook ended before its last cell")
    sources, notes = told_of_run(notebook)
    wrong = noise(notebook)
    if sources not in ({}, fingerprints()):
        wrong += f"what ran are not the packages of this project: {sources}"
    if lost := missing_data(notebook, target.parent):
        wrong += f"data that the page links to are missing: {', '.join(lost)}"
    if wrong:
        return "\n".join([wrong, *notes]), []
    strip(notebook)
    notebook["metadata"]["lsm"] = {"key": job["key"]}
    write(target, notebook)
    return "", notes


def share(job: dict[str, Any], executed: Path) -> tuple[str, list[str]]:
    """Execute a notebook for its sweeps alone, of which it computes a part.

    What is measured on stand-ins for the rest may be anything, an error too. Told are errors that
    have another cause, and cells of a sweep that failed.
    """
    from rongala2021.project import fingerprints

    execute(job, executed, allow_errors=True)
    notebook = read(executed)
    sources, notes = told_of_run(notebook)
    if sources not in ({}, fingerprints()):
        return f"what ran are not the packages of this project: {sources}", []
    checks = checking(notebook)
    for fault in faults(notebook):
        if fault.name == "SweepError":
            notes.append(f"{job['name']}, cell {fault.cell}: {fault.text}")
        elif fault.name in _NOT_AT_ALL or fault.cell <= checks:
            return f"cell {fault.cell}:\n{fault.name}: {fault.text}", []
    return "", notes


def checking(notebook: Notebook) -> int:
    """The cell that checks what it was given: the first one after that of parameters."""
    tags = {"parameters", "injected-parameters"}
    given = [c for c in notebook["cells"] if tags & set(c["metadata"].get("tags", ()))]
    return given[-1]["execution_count"] + 1


def work(job: dict[str, Any]) -> tuple[str, list[str]]:
    """Execute the notebook that a job describes; what went wrong or nothing, and notes."""
    executed = Path(job["executed"])
    try:
        return (share if job["key"] is None else keep)(job, executed)
    except Exception as error:
        return f"{type(error).__name__}: {error}", []
    finally:
        with contextlib.suppress(OSError):
            executed.unlink(missing_ok=True)


if __name__ == "__main__":
    job = json.load(sys.stdin)
    follow(job["driver"])
    wrong, notes = work(job)
    print(wrong or "\n".join(notes))
    sys.exit(1 if wrong else 0)
