"""Execute the notebooks with papermill, beside the sources, and compile the book.

    _build/executed/     executed copies with their data; kept, and made anew only when stale
    _build/seconds.json  how long each page took at most
    _build/.source.*     what Jupyter Book reads: the sources overlaid with the notebooks to show
    _build/html/         the rendered book; replaced only by a complete new one

The committed notebooks are the reference of the regression tests and are written only on request
(``--refresh``). With ``--read`` the book is compiled from what is there, and nothing is executed.
With ``--status`` it is only told what would be executed, and why. With ``--part`` a host helps
others that see the same folder: it only computes a share of the results that sweeps lack.

Who sits at a terminal sees how far the sweeps of pages are. However a run ends, none of its
processes runs on, and the rendered book is whole.
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import interrupts

if __name__ == "__main__":
    interrupts.answer(interrupts.end_at_once)

import argparse
import ast
import errno
import fcntl
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
BUILD = ROOT / "_build"
sys.path[:0] = [str(ROOT), str(BOOK)]  # before other projects that this Python may know

import compiling
import durations
import environment
import running
import shares
import staleness
from crew import Done, Job, Pages, report, report_failure
from lsm._files import write_whole
from lsm.cores import available_cores, split_cores
from processes import Processes
from progress import counted
from running import Notebook, literal, short_folder, write
from staleness import Key, Refusal

#: Gathers what the other pages recorded, so it is executed after them.
GATHERER = "claims"


# ---------------------------------------------------------------- notebooks and their copies


def notebook_names() -> list[str]:
    """Notebooks of the book as ``figures/fig1``, the gatherer last."""
    paths = [path.relative_to(BOOK) for path in BOOK.rglob("*.ipynb")]
    names = [
        path.with_suffix("").as_posix()
        for path in paths
        if not any(part.startswith(".") for part in path.parts)  # what others keep beside them
    ]
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


def declarations(names: Sequence[str]) -> dict[str, Any]:
    """What papermill finds in the parameters cell of each notebook."""
    from papermill import inspect_notebook

    return {name: inspect_notebook(literal(BOOK / f"{name}.ipynb")) for name in names}


def chosen_parameters(
    names: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> dict[str, dict[str, Any]]:
    """Parameters to pass to each notebook, typed as its parameters cell declares them."""
    declared = declarations(names) if pairs else {}
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


# ---------------------------------------------------------------- the book


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

    def told(done: Done) -> None:
        if done.wrong:
            failed.append(done.name)
            report_failure(done)
            return
        if not chosen[done.name]:
            durations.note(ROOT, done.name, done.seconds)
        runs = counted(done.progress.from_disk, done.progress.computed)
        report(done.name, f"{done.seconds:.1f} s", runs, chosen[done.name])

    first = durations.longest_first(longest([name for name in names if name != GATHERER]))
    with short_folder() as folder:
        pages = Pages(Path(folder), processes)
        for batch in (first, [name for name in names if name == GATHERER]):
            keys = {name: page_key(name, chosen[name], around) for name in batch}
            stale = {n: k for n, k in keys.items() if force or staleness.kept(copy_of(n)) != k}
            for name in keys:
                if name not in stale:
                    report(name, "unchanged", "", chosen[name])
            if stale:
                jobs = {
                    name: Job(BOOK / f"{name}.ipynb", copy_of(name), chosen[name], key)
                    for name, key in stale.items()
                }
                pages.run(jobs, n_cores, told)
    for note in filter(None, pages.notes):
        print(f"note: {note}", file=sys.stderr)
    return failed


def compute_part(
    chosen: dict[str, dict[str, Any]], part: str, given: argparse.Namespace, processes: Processes
) -> int:
    """Compute a part of what the sweeps of stale pages lack; 1 if a page could not run."""
    declared = declarations(list(chosen))
    sharing = [name for name in chosen if shares.PARAMETER in declared[name]]
    if not sharing:
        told = f"expected a page with a parameter {shares.PARAMETER}, got {len(chosen)} without"
        raise Refusal(f"--part: {told}")
    stale = sharing if given.force else stale_pages({name: chosen[name] for name in sharing})
    order = durations.longest_first(longest(list(stale)))
    pages = {name: chosen[name] for name in order}
    environment.list_fonts()
    failed = shares.compute(BOOK, pages, part, n_cores=given.jobs or cores(), processes=processes)
    if failed:
        print(f"could not run: {', '.join(failed)}", file=sys.stderr)
    own = given.only or given.pairs or given.force
    print(f"when all parts are done: {'the same without --part' if own else 'make book'}")
    return 1 if failed else 0


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
        write_whole(executed / path.name, path.read_bytes())
    names = notebook_names()
    for path in executed.rglob("[!.]*.ipynb"):
        if path.relative_to(executed).with_suffix("").as_posix() not in names:
            path.unlink(missing_ok=True)
    compiling.remove_abandoned(executed.rglob(".*"))


def render(processes: Processes) -> None:
    """Compile the book from the sources and the executed copies, if anything of it changed."""
    if missing := [name for name in notebook_names() if staleness.kept(copy_of(name)) is None]:
        told = "not executed yet, or not to the end (run without --only)"
        print(f"not rendered: {', '.join(missing)} {told}")
        return
    with compiling.staged(ROOT) as source:
        compiling.compile_book(ROOT, source, processes)


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
    committed = {name: read(BOOK / f"{name}.ipynb") for name in names} if stale else None
    with compiling.staged(ROOT, committed) as source:
        compiling.compile_book(ROOT, source, processes)


def shown(path: Path) -> str:
    """A path as the user would type it at the top of the project."""
    return str(path.relative_to(ROOT))


def refresh(names: Sequence[str]) -> None:
    """Make the executed copies the reference of the regression tests."""
    seconds = longest(names)
    changed = []
    for name in names:
        notebook = read(copy_of(name))
        del notebook["metadata"]["lsm"]
        if math.isfinite(seconds[name]):
            notebook["metadata"]["lsm"] = {"seconds": durations.rounded(seconds[name])}
        if notebook != read(BOOK / f"{name}.ipynb"):
            write(BOOK / f"{name}.ipynb", notebook)
            changed.append(name)
    try:
        tell_verdicts()
    except ValueError as error:
        raise Refusal(f"new references, but README.md is as it was: {error}") from None
    print(f"new references: {', '.join(changed) or 'none'}")


def tell_verdicts() -> None:
    """Bring the README's summary, its picture and the badge up to the references."""
    from rongala2021 import front, ledger, scorecard

    card = scorecard.gather(ledger.load(BOOK / "claims.yml"), BOOK)
    readme = ROOT / "README.md"
    before, _, after = readme.read_text(encoding="utf-8").partition(scorecard.README_START)
    _, _, after = after.partition(scorecard.README_END)
    told = front.readme_block(BOOK, card)
    block = "\n".join([scorecard.README_START, told, scorecard.README_END])
    write_whole(readme, (before + block + after).encode())
    static = BOOK / "_static"
    write_whole(static / "badge.svg", scorecard.badge(card).encode())
    write_whole(static / "result.png", front.first_picture(BOOK).png)


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
    parser.add_argument(
        "--part", metavar="K/N",
        help="help others that see this folder: only compute the K-th of N shares of the results "
        "that the sweeps of stale pages lack (a line of sbatch --array), for a later run to find",
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
    if given.part and (given.read or given.refresh or given.status):
        parser.error("--part: expected neither --read, --refresh nor --status")
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
    processes = Processes()
    try:
        try:
            interrupts.answer(interrupts.end_in_order)
            return carry_out(given, processes)
        except Refusal as refusal:
            print(refusal, file=sys.stderr)
            return 2
        except OSError as error:
            print(f"cannot go on: {reason(error)}", file=sys.stderr)
            return 2
        finally:
            interrupts.answer(interrupts.go_on)  # to the end, which is near
    except KeyboardInterrupt:
        interrupts.answer(interrupts.go_on)
        processes.end()
        print("interrupted", file=sys.stderr)
        return interrupts.CODE


def carry_out(given: argparse.Namespace, processes: Processes) -> int:
    """Do what the command line asks for; the exit code."""
    n_cores = given.jobs or cores()
    part = shares.checked(given.part) if given.part is not None else ""
    if given.status:
        chosen = requested(given)
        own = given.only or given.pairs
        return tell_status(chosen, n_cores, "the same without --status" if own else "make book")
    environment.settle(str(ROOT))
    if part:
        return compute_part(requested(given), part, given, processes)
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        hold(lock)
        compiling.bring_back(BUILD / "html")
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
