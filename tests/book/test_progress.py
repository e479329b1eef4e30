"""How far pages are, told at a real terminal and nowhere else."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import threading

import pytest

import progress
from lsm._progress import RECORD
from progress import Progress
from tests.small_project import Project, code, outputs, save, shows

BAR = "120/300 [00:20<00:40, 4.5 runs/s]"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path).make()


def test_the_driver_names_the_file_as_sweeps_do():
    assert progress.VARIABLE == RECORD


def telling(*, from_disk, computed, off):
    """A cell that tells its progress as sweeps do: a bar until `off` exists, then numbers alone."""
    lines = ["import json, os, pathlib, time", "def tell(line):"]
    lines += [f"    told = dict(line=line, from_disk={from_disk}, computed={computed})"]
    lines += ["    pathlib.Path(os.environ['LSM_PROGRESS']).write_text(json.dumps(told))"]
    lines += [f"tell({BAR!r})", f"while not pathlib.Path({str(off)!r}).exists():"]
    lines += ["    time.sleep(0.05)"]
    return code("\n".join([*lines, "tell('')"]))


class Terminal:
    """A terminal of so many columns, all that was written to it, and what stands there."""

    def __init__(self, columns):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.written, self._new = "", threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                new = os.read(self.master, 4096)
            except OSError:  # all that had it open are gone
                new = b""
            with self._new:
                self.written = self.written + new.decode() if new else self.written
                self._new.notify_all()
            if not new:
                return

    def wait_for(self, *texts):
        with self._new:
            assert self._new.wait_for(lambda: all(t in self.written for t in texts), timeout=60)

    def close(self):
        self._reader.join(timeout=60)
        os.close(self.master)

    def lines(self):
        """What each line holds in the end, and the most that one ever held."""
        lines, column, most = [[]], 0, 0
        for character in self.written:
            if character == "\n":
                lines.append([])
            elif character == "\r":
                column = 0
            else:
                lines[-1][column : column + 1] = character
                column += 1
                most = max(most, column)
        return ["".join(line).rstrip() for line in lines], most


def on_terminal(project, columns, *options, stdout=None):
    terminal = Terminal(columns)
    more = {"stderr": terminal.slave, "stdout": stdout or terminal.slave}
    process = project.start(*options, **more)
    os.close(terminal.slave)
    return process, terminal


def test_a_person_sees_how_far_pages_are_and_then_only_what_was_done(project):
    off = {"one": project.folder / "off1", "two": project.folder / "off2"}
    for name, number in (("one", 1204), ("two", 0)):
        cells = telling(from_disk=number, computed=96, off=off[name]), code(shows("'done'"))
        save(project.book / "figures" / f"{name}.ipynb", *cells)
    process, terminal = on_terminal(project, 200, "--only", "one", "two", "--jobs", "2")
    try:
        terminal.wait_for(f"figures/one {BAR}", " | ", f"figures/two {BAR}")
        off["one"].touch()
        terminal.wait_for("figures/one  ")  # is done, while the other's bar stands there
    finally:
        for path in off.values():
            path.touch()
    assert process.wait(timeout=60) == 0
    terminal.close()
    lines, _ = terminal.lines()
    names = ["figures/one", "figures/two", "claims"]
    assert [line.split("  ")[0] for line in lines[:-2]] == names
    ends = {line.split("  ")[0]: line.split("  ")[2:] for line in lines}
    assert ends["figures/one"] == ["1,204 runs from disk, 96 computed"]
    assert ends["figures/two"] == ["0 runs from disk, 96 computed"]
    assert ends["claims"] == []
    assert lines[-2].startswith("rendered")
    assert BAR not in "".join(lines)
    copy = project.executed / "figures" / "one.ipynb"
    assert outputs(copy) == "done"
    assert "00:40, 4.5 runs/s" not in copy.read_text().replace(json.dumps(BAR)[1:-1], "", 1)


def test_the_line_is_as_wide_as_the_terminal_at_most(project):
    off = project.folder / "off"
    cell = telling(from_disk=0, computed=1, off=off)
    save(project.book / "figures" / "two.ipynb", cell)
    process, terminal = on_terminal(project, 30, "--only", "two", stdout=subprocess.DEVNULL)
    try:
        terminal.wait_for("figures/two 120/300")
    finally:
        off.touch()
    assert process.wait(timeout=60) == 0
    terminal.close()
    assert terminal.lines() == ([""], 29)


def test_nothing_of_it_where_no_terminal_is(project):
    off = project.folder / "off"
    save(project.book / "figures" / "two.ipynb", telling(from_disk=1, computed=0, off=off))
    timer = threading.Timer(6, off.touch)  # time for many a look
    timer.start()
    status, output, errors = project.run("--only", "two")
    timer.join()
    assert (status, errors) == (0, "")
    assert "\r" not in output
    assert output.splitlines()[0].endswith(" s  1 run from disk, 0 computed")


def test_an_interrupt_leaves_a_clean_line(project):
    off = project.folder / "off"
    save(project.book / "figures" / "two.ipynb", telling(from_disk=0, computed=0, off=off))
    process, terminal = on_terminal(project, 80, "--only", "two")
    terminal.wait_for(BAR)
    process.terminate()
    assert process.wait(timeout=60) == 130
    terminal.close()
    assert terminal.lines()[0] == ["interrupted", ""]


GOOD = '{"line": "1/2", "from_disk": 3, "computed": 4}'


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b'"line"', b"\xff", GOOD[:-5].encode(), b"[" * 100_000),
        GOOD.replace("3", "-3").encode(),
        GOOD.replace("3", "true").encode(),
        GOOD.replace("4", '"4"').encode(),
        GOOD.replace('"1/2"', "1").encode(),
        GOOD.replace("line", "lime").encode(),
    ],
)
def test_an_odd_file_tells_nothing(tmp_path, content):
    path = tmp_path / "told"
    assert progress.read(path) == Progress("", 0, 0)
    path.write_bytes(content)
    assert progress.read(path) == Progress("", 0, 0)
    path.write_text(GOOD)
    assert progress.read(path) == Progress("1/2", 3, 4)


def test_what_would_move_on_a_terminal_is_not_shown(tmp_path):
    path = tmp_path / "told"
    path.write_text(json.dumps({"line": "\r1/2\x1b[A\n█", "from_disk": 0, "computed": 0}))
    assert progress.read(path).line == "1/2[A█"
