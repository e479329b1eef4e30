"""Execute the notebooks with papermill, beside the sources, and compile the book.

    _build/executed/     executed copies with their data; kept, and made anew only when stale
    _build/seconds.json  how long each page took at most
    _build/source/       what Jupyter Book reads: the sources overlaid with the notebooks to show
    _build/html/         the rendered book; replaced only by a complete new one

The committed notebooks are the reference of the regression tests and are written only on request
(``--refresh``). With ``--read`` the book is compiled from what is there, and nothing is executed.
With ``--status`` it is only told what would be executed, and why.
"""

from __future__ import annotations

import argparse
import ast
import errno
import fcntl
import json
import math
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
BUILD = ROOT / "_build"
sys.path[:0] = [str(ROOT), str(BOOK)]  # before other projects that this Python may know

import durations  # noqa: E402
import environment  # noqa: E402
import running  # noqa: E402
import staleness  # noqa: E402
from lsm.cores import available_cores, split_cores  # noqa: E402
from running import Notebook, Processes, literal, short_folder, socket_names, write  # noqa: E402
from staleness import Key, Refusal  # noqa: E402

#: Gathers what the other pages recorded, so it is executed after them.
GATHERER = "claims"
DATA_NOTE = "*The data files are written when this page is executed: `make book`.*"


# ---------------------------------------------------------------- notebooks and their copies


def notebook_names() -> list[str]:
    """Notebooks of the book as ``figures/fig1``, the gatherer last."""
    paths = BOOK.rglob("*.ipynb")
    names = [str(p.relative_to(BOOK).with_suffix("")) for p in paths if ".ipynb_" not in str(p)]
    return sorted(names, key=lambda name: (name == GATHERER, name))


def read(path: Path) -> Notebook:
    """A notebook as JSON."""
    try:
        return running.read(path)
    except ValueError as error:
        raise Refusal(f"{shown(path)}: {error}") from None


def copy_of(name: str) -> Path:
    """Where a notebook's executed copy lies."""
    return BUILD / "executed" / f"{name}.ipynb"


def page_key(name: str, given: dict[str, Any], around: Key, stale: Sequence[str] = ()) -> Key:
    """What a notebook's executed copy must be made of, once those of `stale` ones are made."""
    gathered = {}
    if name == GATHERER:
        others = [other for other in notebook_names() if other != GATHERER]
        made = {o: staleness.digest(copy_of(o)) for o in others if copy_of(o).exists()}
        gathered = made | dict.fromkeys(stale, "to be made")
    return staleness.page_key(read(BOOK / f"{name}.ipynb"), given, gathered, around)


def stale_pages(chosen: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Which pages are stale with their parameters, and because of what; the gatherer comes last."""
    around = staleness.surroundings(ROOT)
    found: dict[str, list[str]] = {}
    for name, given in chosen.items():
        now = page_key(name, given, around, list(found))
        if why := staleness.reasons(copy_of(name), now, ROOT):
            found[name] = why
    return found


def longest(names: Sequence[str]) -> dict[str, float]:
    """Seconds of each page's longest known execution, infinite for a page that has none."""
    return durations.longest(ROOT, {name: read(BOOK / f"{name}.ipynb") for name in names})


# ---------------------------------------------------------------- parameters


def chosen_parameters(
    names: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> dict[str, dict[str, Any]]:
    """Parameters to pass to each notebook, typed as its parameters cell declares them."""
    from papermill import inspect_notebook

    paths = {name: literal(BOOK / f"{name}.ipynb") for name in names}
    declared = {name: inspect_notebook(path) for name, path in paths.items()} if pairs else {}
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
                typed = {"int": int, "float": int | float, "str": str, "list": list, "bool": bool}
                if isinstance(value, bool) != (kind == "bool") or not isinstance(
                    value, typed[kind]
                ):
                    raise ValueError
            except (ValueError, SyntaxError):
                raise Refusal(f"-p {key}: expected {kind} for {name}, got {text!r}") from None
            chosen[name][key] = value
    return chosen


# ---------------------------------------------------------------- the interrupt


def _interrupted(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


# ---------------------------------------------------------------- the book


class Pages:
    """Pages that are executed a few at a time, each with its share of the cores.

    Sweeps of a page run on threads, so both levels share one budget: a page gets more of it when
    fewer are left than may run at once.
    """

    def __init__(
        self, folder: Path, chosen: dict[str, dict[str, Any]], processes: Processes
    ) -> None:
        self._folder, self._chosen, self._processes = folder, chosen, processes
        self._left, self._started = 0, 0
        #: What pages could not keep on disk, each once.
        self.notes: dict[str, None] = {}
        self._lock = threading.Lock()
        spec = folder / "kernels" / "python3" / "kernel.json"
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        write(spec, {"argv": argv, "display_name": "Python 3", "language": "python"})

    def run(
        self, keys: dict[str, Key], n_cores: int, told: Callable[[str, str, float], None]
    ) -> None:
        """Execute pages; tell of each its name, what went wrong or nothing, and seconds."""
        at_once, _ = split_cores(n_cores, len(keys))
        self._left = len(keys)
        pool = ThreadPoolExecutor(at_once)

        def one(name: str) -> tuple[str, str, float]:
            with self._lock:
                cores = max(1, n_cores // min(at_once, self._left))
                self._started += 1
                index = self._started
            try:
                return self._execute(name, keys[name], cores, index)
            finally:
                with self._lock:
                    self._left -= 1

        try:
            pending = {pool.submit(one, name) for name in keys}
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    told(*future.result())
        except BaseException:  # nothing may run on once the lock is free
            self._processes.end()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _execute(self, name: str, key: Key, cores: int, index: int) -> tuple[str, str, float]:
        start = time.perf_counter()
        target = copy_of(name)
        if staleness.kept(target) is not None:
            # Its data are about to be overwritten: should this run fail, the copy is stale.
            old = read(target)
            del old["metadata"]["lsm"]
            write(target, old)
        for path in (target.parent / "data").glob(f"{target.stem}_*.csv"):
            path.unlink()  # of tables that it may no longer write
        job = {
            "source": str(BOOK / f"{name}.ipynb"),
            "target": str(target),
            "parameters": self._chosen[name],
            "key": key,
            "kernels": str(self._folder),
            "sockets": socket_names(index, str(self._folder)),
        }
        command = [sys.executable, running.__file__]
        around = {**os.environ, "LSM_WORKERS": str(cores)}
        code, output, errors = self._processes.run(command, json.dumps(job), env=around)
        if code < 0:
            output = f"the process was ended by {signal.Signals(-code).name}\n{errors}"
        # A worker that failed before it could report has said why on standard error.
        told = "" if code == 0 else output or errors
        if code == 0:
            self.notes |= dict.fromkeys(output.split("\n"))
        return name, told, time.perf_counter() - start


def execute(
    names: Sequence[str],
    chosen: dict[str, dict[str, Any]],
    *,
    force: bool,
    n_cores: int,
    processes: Processes,
) -> list[str]:
    """Execute the stale ones among `names`, longest first; the names of those that failed."""
    around = staleness.surroundings(ROOT)
    failed: list[str] = []

    def told(name: str, wrong: str, seconds: float) -> None:
        if wrong:
            failed.append(name)
            print(f"{name}  FAILED after {seconds:.1f} s")
            print(f"book/{name}.ipynb, {wrong.rstrip()}", flush=True)
            return
        if not chosen[name]:
            durations.note(ROOT, name, seconds)
        report(name, f"{seconds:.1f} s", chosen[name])

    first = durations.longest_first(longest([name for name in names if name != GATHERER]))
    with short_folder() as folder:
        pages = Pages(Path(folder), chosen, processes)
        for batch in (first, [name for name in names if name == GATHERER]):
            keys = {name: page_key(name, chosen[name], around) for name in batch}
            stale = {n: k for n, k in keys.items() if force or staleness.kept(copy_of(n)) != k}
            for name in keys:
                if name not in stale:
                    report(name, "unchanged", chosen[name])
            if stale:
                pages.run(stale, n_cores, told)
    for note in filter(None, pages.notes):
        print(f"note: {note}", file=sys.stderr)
    return failed


def report(name: str, text: str, parameters: dict[str, Any]) -> None:
    """Print a page's line."""
    given = " ".join(f"{key}={value}" for key, value in parameters.items())
    print(f"{name}  {text}  {given}".rstrip(), flush=True)


def together(seconds: dict[str, float], n_cores: int) -> float:
    """How long pages take, the gatherer after all others; those of unknown duration left out."""
    first = [seconds[name] for name in durations.longest_first(seconds) if name != GATHERER]
    at_once, _ = split_cores(n_cores, max(1, len(first)))
    known = [number for number in first if math.isfinite(number)]
    last = seconds.get(GATHERER, 0.0)
    return durations.together(known, at_once) + (last if math.isfinite(last) else 0.0)


def tell_status(chosen: dict[str, dict[str, Any]], n_cores: int, command: str) -> int:
    """Print which pages a command would execute, because of what, and how long that takes.

    The exit code is 1 if there are any.
    """
    stale = stale_pages(chosen)
    seconds = longest(list(stale))
    width = max(map(len, chosen))
    for name in chosen:
        took = durations.spoken(seconds[name]) if name in stale else ""
        print(f"{name:{width}}  {took:>6}  {'; '.join(stale.get(name, ['unchanged']))}")
    if not stale:
        print(f"none of {len(chosen)} pages to execute")
        return 0
    cores_told = f"{n_cores} core{'s' * (n_cores > 1)}"
    told = [f"about {durations.spoken(together(seconds, n_cores))} on {cores_told}"]
    told += ["less where results are kept"]
    if unknown := list(seconds.values()).count(math.inf):
        told += [f"{unknown} of unknown duration left out"]
    print(f"{len(stale)} of {len(chosen)} pages to execute, {', '.join(told)}: {command}")
    return 1


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
        text, n_links = running.DATA_LINK.subn(r"`\1`", "".join(cell["source"]))
        if n_links and cell["cell_type"] == "markdown":
            cell["source"] = f"{text}\n\n{DATA_NOTE}"


def stage(*, executed: bool) -> None:
    """Gather what Jupyter Book reads, with the executed copies or with the committed notebooks."""
    source = BUILD / "source"
    shutil.rmtree(source, ignore_errors=True)
    # What pages import is installed.
    code = [path.name for path in [*staleness.driver_files(ROOT), *staleness.packages(ROOT)]]
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
    if missing := [name for name in notebook_names() if staleness.kept(copy_of(name)) is None]:
        told = "not executed yet, or not to the end (run without --only)"
        print(f"not rendered: {', '.join(missing)} {told}")
        return
    stage(executed=True)
    compile_book(processes)


def render_unexecuted(processes: Processes) -> None:
    """Compile the book without executing: from the executed copies if all hold, else as committed.

    A book that was executed is thus replaced only when something of it is out of date.
    """
    names = notebook_names()
    stale = stale_pages({name: {} for name in names})
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
    files += [*staleness.package_files(ROOT), ROOT / "requirements.txt"]
    files += staleness.driver_files(ROOT)
    key = json.dumps(staleness.digests(ROOT, files))
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
        notebook = read(copy_of(name))
        del notebook["metadata"]["lsm"]
        if math.isfinite(seconds[name]):
            notebook["metadata"]["lsm"] = {"seconds": durations.rounded(seconds[name])}
        write(BOOK / f"{name}.ipynb", notebook)
    try:
        tell_verdicts()
    except ValueError as error:
        raise Refusal(f"new references, but README.md is as it was: {error}") from None
    print(f"new references: {', '.join(names)}")


def tell_verdicts() -> None:
    """Bring the README's summary, its picture and the badge up to the references."""
    from rongala2021 import front, ledger, scorecard

    card = scorecard.gather(ledger.load(BOOK / "claims.yml"), BOOK)
    readme = ROOT / "README.md"
    before, _, after = readme.read_text(encoding="utf-8").partition(scorecard.README_START)
    _, _, after = after.partition(scorecard.README_END)
    told = front.readme_block(BOOK, card)
    block = "\n".join([scorecard.README_START, told, scorecard.README_END])
    readme.write_text(before + block + after, encoding="utf-8")
    static = BOOK / "_static"
    (static / "badge.svg").write_text(scorecard.badge(card), encoding="utf-8")
    (static / "result.png").write_bytes(front.first_picture(BOOK).png)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line, or these words instead."""
    parser = argparse.ArgumentParser(
        description="Execute the notebooks that changed and compile the book.",
        epilog="Example: book/execute.py --only figures/fig4 -p seed 3 -p mean_weight 0.2",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="notebooks, such as figures/fig4")
    parser.add_argument("--force", action="store_true", help="execute unchanged notebooks too")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="cores for pages and their sweeps (default: all)"
    )
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
    parser.add_argument(
        "--status", action="store_true",
        help="tell which pages are stale, because of what; the exit code is 1 if there are any",
    )  # fmt: skip
    given = parser.parse_args(words)
    if given.jobs is not None and given.jobs < 1:
        parser.error(f"--jobs: expected an integer >= 1, got {given.jobs}")
    if given.refresh and given.pairs:
        parser.error("--refresh: expected the default parameters, got -p")
    if given.read and (given.only or given.force or given.pairs or given.refresh):
        parser.error("--read: expected neither --only, --force, -p nor --refresh")
    if given.status and (given.read or given.force or given.refresh):
        parser.error("--status: expected neither --read, --force nor --refresh")
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


def requested(given: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The pages of a command line, and what is passed to each."""
    names = selected(given.only)
    for name in names:
        read(BOOK / f"{name}.ipynb")  # refused before any of them is executed
    return chosen_parameters(names, given.pairs)


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command line.

    Returns
    -------
    int
        0, or 1 for a failure or if told of stale pages, 2 for a refusal, 130 if interrupted.
    """
    given = arguments(words)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, _interrupted)
    processes = Processes()
    try:
        n_cores = given.jobs or cores()
        if given.status:
            chosen = requested(given)
            own = given.only or given.pairs
            return tell_status(chosen, n_cores, "the same without --status" if own else "make book")
        environment.settle(str(ROOT))
        BUILD.mkdir(exist_ok=True)
        with (BUILD / ".lock").open("w") as lock:
            hold(lock)
            if given.read:
                render_unexecuted(processes)
                return 0
            chosen = requested(given)
            names = list(chosen)
            mirror()
            environment.list_fonts()
            failed = execute(names, chosen, force=given.force, n_cores=n_cores, processes=processes)
            if failed:
                print(f"not rendered: {', '.join(failed)} failed", file=sys.stderr)
                return 1
            if given.refresh:
                refresh(names)
            render(processes)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot go on: {reason(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        processes.end()
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def reason(error: OSError) -> str:
    """An error in one line; of many files that could not be copied, the first."""
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        _, target, why = error.args[0][0]
        return f"{why}: {target} (and {len(error.args[0]) - 1} more)"
    if error.errno in (errno.EACCES, errno.EROFS):
        return f"{error}; copy the project to a folder that can be written, and type the same there"
    return str(error)


def cores() -> int:
    """The budget of this run."""
    try:
        return available_cores()
    except ValueError as error:  # of a variable
        raise Refusal(str(error)) from None


def hold(lock: IO[str]) -> None:
    """Let no other run build this book meanwhile, where the file system has locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refusal("another run is building this book") from None
    except OSError as error:
        told = f"{shown(BUILD)} has no locks ({error.strerror}): start one run at a time"
        print(told, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
