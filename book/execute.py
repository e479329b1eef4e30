"""Execute the notebooks with papermill, beside the sources, and compile the book.

    _build/executed/     executed copies with their data; kept, and made anew only when stale
    _build/seconds.json  how long each page took at most
    _build/source/       what Jupyter Book reads: the sources overlaid with the notebooks to show
    _build/html/         the rendered book; replaced only by a complete new one

The committed notebooks are the reference of the regression tests and are written only on request
(``--refresh``). With ``--read`` the book is compiled from what is there, and nothing is executed.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fcntl
import hashlib
import json
import math
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import psutil

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
BUILD = ROOT / "_build"
#: Gathers what the other pages recorded, so it is executed after them.
GATHERER = "claims"
DATA_LINK = re.compile(r"\[([^\]]*)\]\(data/[^)]*\)")
DATA_NOTE = "*The data files are written when this page is executed: `make book`.*"

Notebook = dict[str, Any]


class Refusal(Exception):
    """A request that cannot be carried out; its text is for the user."""


# ---------------------------------------------------------------- notebooks and their keys


def notebook_names() -> list[str]:
    """Notebooks of the book as ``figures/fig1``, the gatherer last."""
    paths = BOOK.rglob("*.ipynb")
    names = [str(p.relative_to(BOOK).with_suffix("")) for p in paths if ".ipynb_" not in str(p)]
    return sorted(names, key=lambda name: (name == GATHERER, name))


def read(path: Path) -> Notebook:
    """A notebook as JSON."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(notebook["cells"], list):
            raise TypeError("its cells are no list")
        if not all({"cell_type", "source", "metadata"} <= set(c) for c in notebook["cells"]):
            raise TypeError("a cell lacks its type, source or metadata")
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{shown(path)}: expected a notebook, got {error!r}") from None
    return notebook


def kept_key(path: Path) -> dict[str, Any] | None:
    """What an executed copy was made of; None if it is missing, spoiled or of a failed run."""
    try:
        return read(path)["metadata"].get("lsm")
    except (OSError, KeyError, Refusal):
        return None


def holds(name: str, key: str) -> bool:
    """Whether a notebook's executed copy was made of what the key says."""
    return kept_key(BUILD / "executed" / f"{name}.ipynb") == {"key": key}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all, in the form in which Jupyter writes notebooks."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def digest(paths: Iterable[Path], *texts: str) -> str:
    """A key of the contents and relative names of files, and of texts."""
    state = hashlib.sha256()
    for path in sorted(paths):
        state.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    for text in texts:
        state.update(text.encode() + b"\0")
    return state.hexdigest()


def packages() -> list[Path]:
    """Folders of the packages that pages import, from where pyproject.toml says that they lie."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)["tool"]["setuptools"]
    places = told.get("package-dir", {})
    # Packages within packages lie in their folders.
    folders = [ROOT / places.get(name, name) for name in told["packages"] if "." not in name]
    if missing := [shown(folder) for folder in folders if not folder.is_dir()]:
        raise Refusal(f"pyproject.toml: expected packages that exist, got {', '.join(missing)}")
    return folders


def package_files() -> list[Path]:
    """Sources of the packages and the data among them, such as styles."""
    unseen = (".", "__pycache__")
    return [
        path
        for folder in packages()
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(unseen) for part in path.relative_to(folder).parts)
    ]


def surroundings() -> str:
    """A key of everything but the notebook and its parameters that can change its outputs."""
    files = [p for kind in ("*.yml", "*.json") for p in BOOK.glob(kind)]
    files += [*package_files(), ROOT / "requirements.txt", Path(__file__).resolve()]
    return digest(files, platform.python_version(), platform.machine(), version("lsm"))


def stale_key(name: str, parameters: dict[str, Any], around: str) -> str:
    """What a notebook's executed copy must have been made of to be kept."""
    notebook = read(BOOK / f"{name}.ipynb")
    cells = [
        [cell["cell_type"], "".join(cell["source"]), cell["metadata"]] for cell in notebook["cells"]
    ]
    others = []
    if name == GATHERER:
        others = [p for p in (BUILD / "executed").rglob("*.ipynb") if p.stem != GATHERER]
    return digest(others, json.dumps([cells, parameters], sort_keys=True), around)


# ---------------------------------------------------------------- which page takes how long

# The longest execution counts, not the last: a page that finds its results on disk takes seconds
# and says nothing about a run that has to compute them. A number that is too high does no harm,
# since its page is only started early. Those of a first run come from the metadata of the
# committed notebooks, where ``--refresh`` writes them as powers of two that hardly ever change.


def seen_seconds() -> dict[str, float]:
    """Of each page's longest execution since _build was made; none if the record is spoiled."""
    try:
        seen = json.loads((BUILD / "seconds.json").read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in seen.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note_seconds(name: str, seconds: float) -> None:
    """Keep how long a page took, if it never took as long."""
    seen = seen_seconds()
    if seconds > seen.get(name, 0.0):
        write(BUILD / "seconds.json", {**seen, name: round(seconds, 1)})


def longest(names: Iterable[str]) -> dict[str, float]:
    """Seconds of each page's longest known execution, infinite for a page that has none."""
    seen = seen_seconds()
    found = {}
    for name in names:
        committed = read(BOOK / f"{name}.ipynb")["metadata"].get("lsm", {}).get("seconds", 0)
        found[name] = max(committed, seen.get(name, 0)) or math.inf
    return found


def longest_first(names: Sequence[str]) -> list[str]:
    """The order in which no processor idles while the last page runs."""
    seconds = longest(names)
    return sorted(names, key=lambda name: -seconds[name])


def rounded(seconds: float) -> int:
    """The power of two below, at least 1."""
    return 2 ** max(0, math.frexp(seconds)[1] - 1)


# ---------------------------------------------------------------- parameters


def chosen_parameters(
    names: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> dict[str, dict[str, Any]]:
    """Parameters to pass to each notebook, typed as its parameters cell declares them."""
    from papermill import inspect_notebook

    declared = {n: inspect_notebook(str(BOOK / f"{n}.ipynb")) for n in names} if pairs else {}
    chosen: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, text in pairs:
        takers = [name for name in declared if key in declared[name]]
        if not takers:
            known = sorted({k for parameters in declared.values() for k in parameters})
            listed = ", ".join(known) or "none"
            raise Refusal(f"-p {key}: expected a parameter of {', '.join(names)}: {listed}")
        for name in takers:
            kind = declared[name][key]["inferred_type_name"]
            try:
                value: Any = text if kind == "str" else ast.literal_eval(text)
                typed = {"int": int, "float": int | float, "str": str, "list": list}[kind]
                if isinstance(value, bool) or not isinstance(value, typed):
                    raise ValueError
            except (ValueError, SyntaxError):
                raise Refusal(f"-p {key}: expected {kind} for {name}, got {text!r}") from None
            chosen[name][key] = value
    return chosen


# ---------------------------------------------------------------- one notebook, in a process


def strip(notebook: Notebook) -> None:
    """Remove what two executions of the same cells do not share: times, paths, versions."""
    notebook["metadata"].pop("papermill", None)
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        for key in ("papermill", "execution", "scrolled"):
            cell["metadata"].pop(key, None)
        if not cell["metadata"].get("tags", True):
            del cell["metadata"]["tags"]  # papermill adds empty ones
        if "injected-parameters" in cell["metadata"].get("tags", ()):
            cell["id"] = "injected-parameters"  # else a random one


def work(job: dict[str, Any]) -> str:
    """Execute the notebook that a job describes; what went wrong, or nothing."""
    import papermill
    from traitlets.config import Config

    target = Path(job["target"])
    # A name of its own for each kernel: ports can clash, and shared names cross-talk.
    config = Config({"KernelManager": {"transport": "ipc", "ip": job["ipc"]}})
    unfinished = target.with_name(f".{target.stem}.{os.getpid()}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            job["source"],
            str(unfinished),
            parameters=job["parameters"],
            kernel_name="python3",
            cwd=str(target.parent),
            progress_bar=False,
            config=config,
        )
        notebook = read(unfinished)
        code = [c for c in notebook["cells"] if c["cell_type"] == "code" and c["source"]]
        if any(cell["execution_count"] is None for cell in code):
            raise RuntimeError("the notebook ended before its last cell")
        strip(notebook)
        notebook["metadata"]["lsm"] = {"key": job["key"]}
        write(target, notebook)
    except papermill.PapermillExecutionError as error:
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
        return f"cell {error.exec_count}:\n{traceback}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        unfinished.unlink(missing_ok=True)
    return ""


# ---------------------------------------------------------------- processes and the interrupt


class Processes:
    """Children that can be ended together, with all that they started."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, command: Sequence[str], text: str = "", **options: Any) -> tuple[int, str, str]:
        """Run a command to its end; its exit code, standard output and standard error."""
        # MPLBACKEND=Agg would leave notebooks without figures, and without an error.
        environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
        with self._lock:
            if self._ended:
                return 1, "", ""
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
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


def _interrupted(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


# ---------------------------------------------------------------- the book


def execute(
    names: Sequence[str],
    chosen: dict[str, dict[str, Any]],
    *,
    force: bool,
    jobs: int,
    processes: Processes,
) -> list[str]:
    """Execute the stale ones among `names`, longest first; the names of those that failed."""
    around = surroundings()
    failed: list[str] = []

    def one(name: str, ipc: str) -> tuple[str, bool, str, float]:
        start = time.perf_counter()
        target = BUILD / "executed" / f"{name}.ipynb"
        key = stale_key(name, chosen[name], around)
        if not force and holds(name, key):
            return name, True, "unchanged", 0.0
        if kept_key(target) is not None:
            # Its data are about to be overwritten: should this run fail, the copy is stale.
            old = read(target)
            del old["metadata"]["lsm"]
            write(target, old)
        for path in (target.parent / "data").glob(f"{target.stem}_*.csv"):
            path.unlink()  # of tables that it may no longer write
        job = {
            "source": str(BOOK / f"{name}.ipynb"),
            "target": str(target),
            "parameters": chosen[name],
            "key": key,
            "ipc": ipc,
        }
        command = [sys.executable, str(Path(__file__).resolve()), "--work"]
        code, output, errors = processes.run(command, json.dumps(job))
        if code < 0:
            output = f"the process was ended by {signal.Signals(-code).name}\n{errors}"
        output = output or errors  # a worker that failed before it could report
        return name, code == 0, "" if code == 0 else output, time.perf_counter() - start

    def report(done: Iterable[Future[tuple[str, bool, str, float]]]) -> None:
        for future in done:
            name, good, text, seconds = future.result()
            if not good:
                failed.append(name)
                print(f"{name}  FAILED after {seconds:.1f} s\nbook/{name}.ipynb, {text.rstrip()}")
            else:
                if not chosen[name]:
                    note_seconds(name, seconds)
                given = " ".join(f"{key}={value}" for key, value in chosen[name].items())
                print(f"{name}  {text or f'{seconds:.1f} s'}  {given}".rstrip(), flush=True)

    first = longest_first([name for name in names if name != GATHERER])
    pool = ThreadPoolExecutor(jobs)
    with tempfile.TemporaryDirectory(prefix="lsm-") as folder:
        for batch in (first, [name for name in names if name == GATHERER]):
            try:
                pending = {pool.submit(one, n, f"{folder}/{n.replace('/', '-')}") for n in batch}
                while pending:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    report(done)
            except BaseException:  # nothing may run on once the lock is free
                processes.end()
                pool.shutdown(cancel_futures=True)
                raise
    pool.shutdown()
    return failed


def mirror() -> None:
    """Bring the files that notebooks read beside the executed copies; remove what has no source."""
    executed = BUILD / "executed"
    executed.mkdir(parents=True, exist_ok=True)
    for path in BOOK.glob("*.yml"):
        shutil.copyfile(path, executed / path.name)
    names = notebook_names()
    for path in executed.rglob("*.ipynb"):
        if str(path.relative_to(executed).with_suffix("")) not in names:
            path.unlink()


def without_data_links(notebook: Notebook) -> None:
    """Name the files that only an execution writes, instead of linking to them."""
    for cell in notebook["cells"]:
        text, n_links = DATA_LINK.subn(r"`\1`", "".join(cell["source"]))
        if n_links and cell["cell_type"] == "markdown":
            cell["source"] = f"{text}\n\n{DATA_NOTE}"


def stage(*, executed: bool) -> None:
    """Gather what Jupyter Book reads, with the executed copies or with the committed notebooks."""
    source = BUILD / "source"
    shutil.rmtree(source, ignore_errors=True)
    # What pages import is installed.
    code = [Path(__file__).name, *(folder.name for folder in packages())]
    ignored = shutil.ignore_patterns(".*", "__pycache__", "data", "*.ipynb", *code)
    shutil.copytree(BOOK, source / "book", ignore=ignored)
    if executed:
        shutil.copytree(BUILD / "executed", source / "book", dirs_exist_ok=True)
    else:
        for name in notebook_names():
            notebook = read(BOOK / f"{name}.ipynb")
            without_data_links(notebook)
            write(source / "book" / f"{name}.ipynb", notebook)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copyfile(ROOT / name, source / name)


def render(processes: Processes) -> None:
    """Compile the book from the sources and the executed copies, if anything of it changed."""
    copies = {name: BUILD / "executed" / f"{name}.ipynb" for name in notebook_names()}
    if missing := [name for name, copy in copies.items() if kept_key(copy) is None]:
        told = "not executed yet, or not to the end (run without --only)"
        print(f"not rendered: {', '.join(missing)} {told}")
        return
    stage(executed=True)
    compile_book(processes)


def render_unexecuted(processes: Processes) -> None:
    """Compile the book without executing: from the executed copies if all hold, else as committed.

    A book that was executed is thus replaced only when something of it is out of date.
    """
    names, around = notebook_names(), surroundings()
    stale = [name for name in names if not holds(name, stale_key(name, {}, around))]
    if stale:
        told = f"{len(stale)} of {len(names)} not executed here, or out of date"
        print(f"pages  as committed ({told}; make book executes them)")
    else:
        print("pages  as executed, all up to date")
    stage(executed=not stale)
    compile_book(processes)


def compile_book(processes: Processes) -> None:
    """Replace the book by one of what is staged, if that differs from what it was made of."""
    source, html = BUILD / "source", BUILD / "html"
    files = [path for path in source.rglob("*") if path.is_file()]
    # Of the packages the book shows the docstrings.
    files += [*package_files(), ROOT / "requirements.txt", Path(__file__).resolve()]
    key = digest(files)
    record = html / ".key"
    if record.exists() and record.read_text() == key:
        print(f"rendered  unchanged  {shown(html / 'index.html')}")
        return
    start = time.perf_counter()
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command = [*jupyter_book, "build", "--all", "-W", "-n", "--keep-going", str(source)]
    code, output, errors = processes.run(command, cwd=source)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output + errors)
    (BUILD / "render.log").write_text(plain, encoding="utf-8")
    new = source / "_build" / "html"
    if code != 0 or not (new / "index.html").exists():
        lines = [line for line in plain.splitlines() if re.search("WARNING|ERROR|rror:", line)]
        told = "\n".join(lines or plain.splitlines()[-15:])
        raise Refusal(f"Jupyter Book failed (all of it: {shown(BUILD / 'render.log')})\n{told}")
    (new / ".key").write_text(key)
    old = BUILD / "html.old"
    shutil.rmtree(old, ignore_errors=True)
    if html.exists():
        html.rename(old)
    new.rename(html)
    shutil.rmtree(old, ignore_errors=True)
    print(f"rendered  {time.perf_counter() - start:.1f} s  {shown(html / 'index.html')}")


def shown(path: Path) -> str:
    """A path as the user would type it at the top of the project."""
    return str(path.relative_to(ROOT))


def refresh(names: Sequence[str]) -> None:
    """Make the executed copies the reference of the regression tests."""
    seconds = longest(names)
    for name in names:
        notebook = read(BUILD / "executed" / f"{name}.ipynb")
        del notebook["metadata"]["lsm"]
        if math.isfinite(seconds[name]):
            notebook["metadata"]["lsm"] = {"seconds": rounded(seconds[name])}
        write(BOOK / f"{name}.ipynb", notebook)
    tell_verdicts()
    print(f"new references: {', '.join(names)}")


def tell_verdicts() -> None:
    """Bring the README's summary and the badge up to the verdicts of the references."""
    from rongala2021 import ledger, scorecard

    card = scorecard.gather(ledger.load(BOOK / "claims.yml"), BOOK)
    readme = ROOT / "README.md"
    before, _, after = readme.read_text(encoding="utf-8").partition(scorecard.README_START)
    _, _, after = after.partition(scorecard.README_END)
    block = "\n".join([scorecard.README_START, scorecard.readme_block(card), scorecard.README_END])
    readme.write_text(before + block + after, encoding="utf-8")
    (BOOK / "_static" / "badge.svg").write_text(scorecard.badge(card), encoding="utf-8")


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line, or these words instead."""
    parser = argparse.ArgumentParser(
        description="Execute the notebooks that changed and compile the book.",
        epilog="Example: book/execute.py --only figures/fig4 -p seed 3 -p mean_weight 0.2",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="notebooks, such as figures/fig4")
    parser.add_argument("--force", action="store_true", help="execute unchanged notebooks too")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes (default: all cores)")
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), dest="pairs",
        help="parameter of the notebooks that have it",
    )  # fmt: skip
    parser.add_argument(
        "--refresh", action="store_true", help="write the outputs into the committed notebooks"
    )
    parser.add_argument(
        "--read", action="store_true", help="compile what is there, execute nothing"
    )
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    given.jobs = os.cpu_count() or 1 if given.jobs is None else given.jobs
    if given.jobs < 1:
        parser.error(f"--jobs: expected an integer >= 1, got {given.jobs}")
    if given.refresh and given.pairs:
        parser.error("--refresh: expected the default parameters, got -p")
    if given.read and (given.only or given.force or given.pairs or given.refresh):
        parser.error("--read: expected neither --only, --force, -p nor --refresh")
    return given


def selected(only: Sequence[str] | None) -> list[str]:
    """The notebooks named, however the user spells them, and the gatherer; all by default."""
    known = notebook_names()
    if only is None:
        return known
    names = [GATHERER]
    for text in only:
        name = text.removeprefix("book/").removesuffix(".ipynb")
        matches = [n for n in known if name in (n, n.rpartition("/")[2])]
        if len(matches) != 1:
            raise Refusal(f"--only: expected one of {', '.join(known)}, got {text!r}")
        names += matches
    return [name for name in known if name in names]


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command line; 0, or 1 for a failure, 2 for a refusal, 130 if interrupted."""
    given = arguments(words)
    if given.work:
        told = work(json.load(sys.stdin))
        print(told)
        return 1 if told else 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, _interrupted)
    processes = Processes()
    try:
        BUILD.mkdir(exist_ok=True)
        with (BUILD / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refusal("another run is building this book") from None
            if given.read:
                render_unexecuted(processes)
                return 0
            names = selected(given.only)
            for name in names:
                read(BOOK / f"{name}.ipynb")  # refused before any of them is executed
            chosen = chosen_parameters(names, given.pairs)
            mirror()
            failed = execute(names, chosen, force=given.force, jobs=given.jobs, processes=processes)
            if failed:
                print(f"not rendered: {', '.join(failed)} failed", file=sys.stderr)
                return 1
            if given.refresh:
                refresh(names)
            render(processes)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        processes.end()
        print("interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
