"""One notebook in a process of its own, and what keeps its machine out of it.

    python book/running.py      executes the notebook that a job on standard input describes

The exit code is 0 if it went well, with notes on standard output; else the reason is there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

# The packages beside this file and above it, before others that this Python may know.
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

Notebook = dict[str, Any]
#: A link of a page to data that it writes when it is executed: what is shown, and the file.
DATA_LINK = re.compile(r"\[([^\]]*)\]\((data/[^)]*)\)")
#: What an output is called that is a widget.
WIDGET = "application/vnd.jupyter.widget-view+json"


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


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
    return tempfile.TemporaryDirectory(prefix="lsm-", dir=place)


def socket_names(index: int, folder: str) -> dict[str, Any]:
    """Settings of a kernel that is reached through files of its own: none clashes or cross-talks.

    Ports can clash; but a path that is too long for a socket leaves nothing else.
    """
    name = f"{folder}/{index}"
    # The least that a system allows for a socket's path is 104 bytes; a dash and a digit follow.
    if len(os.fsencode(name)) > 95:
        return {}
    return {"KernelManager": {"transport": "ipc", "ip": name}}


def work(job: dict[str, Any]) -> tuple[str, list[str]]:
    """Execute the notebook that a job describes; what went wrong or nothing, and notes."""
    import papermill
    from traitlets.config import Config

    from rongala2021.project import fingerprints

    target = Path(job["target"])
    # Before all other places: the kernel is this Python, whatever another "python3" may be.
    os.environ["JUPYTER_PATH"] = job["kernels"]
    unfinished = target.with_name(f".{target.stem}.{os.getpid()}.ipynb")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        papermill.execute_notebook(
            literal(Path(job["source"])),
            literal(unfinished),
            parameters=job["parameters"],
            kernel_name="python3",
            cwd=str(target.parent),
            progress_bar=False,
            config=Config(job["sockets"]),
        )
        notebook = read(unfinished)
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
    except papermill.PapermillExecutionError as error:
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
        return f"cell {error.exec_count}:\n{traceback}", []
    except Exception as error:
        return f"{type(error).__name__}: {error}", []
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return "", notes


# ---------------------------------------------------------------- processes


class Processes:
    """Children that can be ended together, with all that they started."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, command: Sequence[str], text: str = "", **options: Any) -> tuple[int, str, str]:
        """Run a command to its end; its exit code, standard output and standard error."""
        with self._lock:
            if self._ended:
                return 1, "", ""
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # the terminal's Ctrl-C is for this process alone
                **options,
            )
            self._running.add(process)
        output, errors = process.communicate(text)
        with self._lock:
            self._running.discard(process)
        return process.returncode, output, errors

    def end(self) -> None:
        """Kill every child and grandchild."""
        with self._lock:
            self._ended = True
            for process in self._running:
                try:
                    parent = psutil.Process(process.pid)
                    family = [*parent.children(recursive=True), parent]
                except psutil.NoSuchProcess:
                    continue
                for member in family:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        member.kill()


if __name__ == "__main__":
    wrong, notes = work(json.load(sys.stdin))
    print(wrong or "\n".join(notes))
    sys.exit(1 if wrong else 0)
