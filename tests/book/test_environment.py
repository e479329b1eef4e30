"""What a reader's machine sets does not reach the book: real processes, under a hostile home."""

import ast
import base64
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import environment
from environment import OWN_FOLDERS, reaching_an_index

ROOT = Path(__file__).parents[2]
BARE = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}


def told(command, **options):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ---------------------------------------------------------------- variables and paths


HOSTILE_VARIABLES = [
    *("MPLBACKEND", "MATPLOTLIBRC"),
    *("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "JUPYTER_NO_CONFIG", "JUPYTER_PREFER_ENV_PATH"),
    *("JUPYTERLAB_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"),
    *("PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONASYNCIODEBUG"),
    *("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"),
]


def settled(project, code, *, prefix="", **variables):
    """What a Python without .pth files prints after it has settled."""
    lines = ["import json, os, sys", f"sys.prefix = {prefix!r} or sys.prefix"]
    lines += [f"sys.path.append({str(ROOT / 'book')!r})", "import environment"]
    lines += [f"environment.settle({str(project)!r})", f"print(json.dumps({code}))"]
    command = [sys.executable, "-S", "-c", "\n".join(lines)]
    return json.loads(told(command, env={**BARE, **variables}))


def test_no_setting_of_the_user_is_left_and_all_folders_are_ours(tmp_path):
    hostile = dict.fromkeys(HOSTILE_VARIABLES, "0")
    hostile |= dict.fromkeys(OWN_FOLDERS, "/elsewhere") | {"NUMBA_DEBUG_CACHE": "1"}
    kept = {
        "LSM_WORKERS": "3",
        "NUMBA_CACHE_DIR": "/numba",
        "HOME": "/home/reader",
        "http_proxy": "http://proxy",
    }
    found = settled(tmp_path, "dict(os.environ)", prefix="/no/where", **hostile, **kept)
    assert not {*HOSTILE_VARIABLES, "NUMBA_DEBUG_CACHE"} & found.keys()
    assert {name: found[name] for name in kept} == kept
    assert {found[name] for name in environment.OWN} == {"1"}
    folders = [Path(found[name]) for name in OWN_FOLDERS]
    assert len(set(folders)) == len(folders)
    assert {folder.is_relative_to(tmp_path / "_build" / "cache") for folder in folders} == {True}


def test_other_projects_on_the_path_come_last(tmp_path):
    other, project = tmp_path / "other", tmp_path / "project"
    for place in (other, project, project / "book"):
        place.mkdir()
    for place in (other / "thing.py", other / "colorsys.py", project / "thing.py"):
        place.write_text("")
    code = "[__import__(name).__file__ for name in ('thing', 'colorsys')]"
    path = os.pathsep.join([str(other), "", str(tmp_path / "nowhere")])
    thing, standard = settled(project, code, prefix=str(tmp_path), PYTHONPATH=path)
    assert thing == str(project / "thing.py")
    assert standard != str(other / "colorsys.py")
    assert settled(project, "sys.path[-2:]", PYTHONPATH=path) == [
        str(other),
        str(tmp_path / "nowhere"),
    ]


def test_no_process_that_reads_a_notebook_parses_a_grammar_first():
    code = "import sys, nbformat; print('jsonschema' in sys.modules, 'lark' in sys.modules)"
    assert told([sys.executable, "-c", code], env=BARE).split() == ["True", "False"]


def test_caches_of_the_environment_come_first(tmp_path):
    (tmp_path / "cache").mkdir()
    found = settled(tmp_path, "os.environ['MPLCONFIGDIR']", prefix=str(tmp_path))
    assert found == str(tmp_path / "cache" / "matplotlib")


def test_where_no_cache_can_be_written_the_user_has_one_elsewhere(tmp_path):
    project, place = tmp_path / "project", tmp_path / "tmp"
    for folder in (project / "lsm", place):
        folder.mkdir(parents=True)
    (project / "_build").touch()  # where a folder cannot be made
    made = tmp_path / "made"
    code = "dict(os.environ)"
    # With the fonts that the environment knows, if it can be read.
    for fonts in ([], ["fontlist.json"]):
        for name in fonts:
            (made / "cache" / "matplotlib").mkdir(parents=True)
            (made / "cache" / "matplotlib" / name).touch()
        prefix = str(made / "cache" / "..") if not fonts else str(made)
        script = "os.access = lambda *_: False"
        found = settled(
            project, f"[exec({script!r}), environment.settle({str(project)!r}), {code}][2]",
            prefix=prefix, TMPDIR=str(place),
        )  # fmt: skip
    own = place / f"lsm-{os.getuid()}"
    assert Path(found["MPLCONFIGDIR"]) == own / "matplotlib"
    assert Path(found["NUMBA_CACHE_DIR"]) == own / "numba"
    assert own.stat().st_mode & 0o077 == 0
    assert (own / "matplotlib" / "fontlist.json").is_file()


# ---------------------------------------------------------------- pip


def test_only_what_reaches_an_index_is_kept_of_pips_settings():
    listed = """
global.index-url='https://example.org/simple'
global.extra-index-url='https://a.org/s\\nhttps://b.org/s'
global.timeout='10'
install.timeout='20'
install.user='true'
global.target='/elsewhere'
global.no-deps='true'
download.timeout='40'
:env:.cert='/etc/cert.pem'
:env:.user='1'
global.proxy='spoiled
a line that is none
"""
    assert reaching_an_index(listed.splitlines()) == {
        "PIP_INDEX_URL": "https://example.org/simple",
        "PIP_EXTRA_INDEX_URL": "https://a.org/s\nhttps://b.org/s",
        "PIP_TIMEOUT": "20",
        "PIP_CERT": "/etc/cert.pem",
    }


def wheel(folder, name):
    """A wheel of one module."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        file.writestr(f"{info}/RECORD", "")


def test_an_environment_is_filled_whatever_pip_is_told_to_do(tmp_path):
    project, home = tmp_path / "{project} 'ü", tmp_path / "home"
    (project / "book").mkdir(parents=True)
    (home / ".config" / "pip").mkdir(parents=True)
    wheel(tmp_path, "thing")
    (project / "requirements.txt").write_text("-e .\nthing\n")
    (project / "pyproject.toml").write_text("[project]\nname = 'own'\nversion = '1.5'\n")
    (project / "own.py").touch()
    script = project / "book" / "environment.py"
    script.write_bytes((ROOT / "book" / "environment.py").read_bytes())
    settings = {"user": "true", "no-deps": "true", "find-links": str(tmp_path), "no-index": "true"}
    lines = ["[global]", *(f"{name} = {value}" for name, value in settings.items())]
    (home / ".config" / "pip" / "pip.conf").write_text("\n".join(lines))
    venv.create(project / ".venv", with_pip=True)
    python = project / ".venv" / "bin" / "python"
    hostile = {"HOME": str(home), "PIP_USER": "1", "PIP_TARGET": str(tmp_path / "target")}
    hostile |= {"PIP_REQUIREMENT": "nowhere.txt", "PYTHONPATH": str(home)}
    told([python, script], env={**BARE, **hostile})
    shown = "thing.__file__, os.environ['MPLCONFIGDIR'], os.environ.get('MPLBACKEND')"
    code = f"import os, thing, own, importlib.metadata as m; print([{shown}, m.version('own')])"
    found = told([python, "-c", code], env={**BARE, "HOME": str(home), "MPLBACKEND": "Agg"})
    module, cache, backend, version = ast.literal_eval(found)
    assert Path(module).is_relative_to(project / ".venv")
    assert (Path(cache), backend) == (project / ".venv" / "cache" / "matplotlib", None)
    assert version == "1.5"
    # pip can still install the project itself, since it can remove what stands for it.
    told([python, "-m", "pip", "uninstall", "--yes", "own"], env={**BARE, "HOME": str(home)})
    assert not (tmp_path / "target").exists()
    assert not (home / ".local").exists()  # where pip installs for a user


# ---------------------------------------------------------------- pages


SOURCES = (
    "from matplotlib import pyplot as plt\nfrom rongala2021 import plots\nplots.use_style()",
    "seed: int = 1",
    "1\n2",
    "fig, ax = plt.subplots(figsize=(1, 1))\nax.plot([0, 1])\nplt.show()",
    "import lsm, os, sys\nprint(lsm.__file__, sys.executable, 'noise' in globals(), sep='\\n')",
)


def page(path, sources=SOURCES):
    """A notebook that draws, and prints what runs it."""
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": source,
         "execution_count": None, "outputs": []}
        for number, source in enumerate(sources)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}}
    path.write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}))
    return path


def outputs(path):
    """Outputs of all cells, without what differs between two runs of the same."""
    cells = json.loads(path.read_text())["cells"]
    found = [output for cell in cells for output in cell["outputs"]]
    for output in found:
        output.pop("execution_count", None)
    return json.loads(json.dumps(found), object_hook=joined)


def joined(content):
    """The same with texts in one piece, which may be written as lists of lines."""
    pieces = {
        k: "".join(v)
        for k, v in content.items()
        if isinstance(v, list) and all(isinstance(i, str) for i in v)
    }
    return content | pieces


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Settings of a reader who likes other figures, has another kernel and another lsm."""
    home = tmp_path_factory.mktemp("home")
    other = home / "other"
    ipython = "\n".join(
        [
            "c = get_config()",
            "c.InlineBackend.figure_formats = {'svg'}",
            "c.InlineBackend.rc = {'axes.facecolor': 'black'}",
            "c.InteractiveShell.ast_node_interactivity = 'all'",
            "c.InteractiveShellApp.exec_lines = ['noise = 1; print(noise)']",
        ]
    )
    matplotlibrc = "axes.grid: True\nlines.marker: o\nno.such.key: 1\nbackend: svg\n"
    startup = "noise = 1\nimport matplotlib\nmatplotlib.rcParams['lines.linewidth'] = 9\n"
    dead = {"argv": ["false"], "display_name": "Other", "language": "python"}
    files = {
        ".config/matplotlib/matplotlibrc": matplotlibrc,
        ".matplotlib/matplotlibrc": matplotlibrc,
        "work/matplotlibrc": matplotlibrc,
        ".ipython/profile_default/ipython_config.py": ipython,
        ".ipython/profile_default/ipython_kernel_config.py": ipython,
        ".ipython/profile_default/startup/00-first.py": startup,
        "startup.py": startup,
        "other/share/kernels/python3/kernel.json": json.dumps(dead),
        ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(dead),
        "other/lsm/__init__.py": "raise RuntimeError('another lsm')",
        "other/rongala2021/__init__.py": "raise RuntimeError('another study')",
        ".jupyter/jupyter_config.py": "c = get_config()\nc.KernelManager.transport = 'none'\n",
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return BARE | {
        "HOME": str(home),
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": str(home / "work"),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "PYTHONPATH": str(other),
        "PYTHONWARNINGS": "always",
        "JUPYTER_PATH": str(other / "share"),
        "IPYTHONDIR": str(home / ".ipython"),
    }


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """What a page gives without any settings."""
    folder = tmp_path_factory.mktemp("usual")
    source = page(folder / "page.ipynb")
    command = [sys.executable, "-m", "papermill", "page.ipynb", "out.ipynb"]
    told(command, cwd=folder, env=BARE | {"HOME": str(folder)})
    found = outputs(folder / "out.ipynb")
    assert outputs(source) == []
    return found


def by_papermill(folder):
    return [sys.executable, "-m", "papermill", "page.ipynb", "out.ipynb"]


def by_jupyter(folder):
    return [sys.executable, "-m", "jupyter", "execute", "page.ipynb", "--output=out.ipynb"]


def by_a_kernel_of_an_editor(folder):
    code = """
import json, subprocess, sys
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
file, _ = write_connection_file("connection.json")
kernel = subprocess.Popen([sys.executable, "-m", "ipykernel_launcher", "-f", file])
try:
    client = BlockingKernelClient(connection_file=file)
    client.load_connection_file()
    client.start_channels(hb=False)  # on a busy machine a heart may miss a beat
    client.wait_for_ready(timeout=60)
    notebook = json.load(open("page.ipynb"))
    for cell in notebook["cells"]:
        def keep(message, cell=cell):
            kind, content = message["msg_type"], message["content"]
            if kind in ("stream", "display_data", "execute_result", "error"):
                content.pop("transient", None)
                cell["outputs"].append({"output_type": kind, **content})
        client.execute_interactive(cell["source"], output_hook=keep, timeout=60)
    client.shutdown()
    kernel.wait(20)
    json.dump(notebook, open("out.ipynb", "w"))
finally:
    kernel.kill()  # else its output stays open, and who reads it waits for ever
"""
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("way", [by_papermill, by_jupyter, by_a_kernel_of_an_editor])
def test_a_page_is_the_same_under_a_hostile_home(hostile, usual, tmp_path, way):
    page(tmp_path / "page.ipynb")
    (tmp_path / "matplotlibrc").write_text("axes.grid: True\nfigure.dpi: 300\nno.such.key: 1\n")
    (tmp_path / "lsm.py").write_text("raise RuntimeError('another lsm')")
    told(way(tmp_path), cwd=tmp_path, env=hostile)
    assert outputs(tmp_path / "out.ipynb") == usual
    assert usual[-1]["text"].splitlines() == [
        str(ROOT / "lsm" / "__init__.py"),
        sys.executable,
        "False",
    ]


HOSTILE = """
import matplotlib
from matplotlib import pyplot as plt
from matplotlib_inline.config import InlineBackend
shell = get_ipython()
shell.ast_node_interactivity = "all"
shell.display_formatter.active_types = ["text/plain"]
inline = InlineBackend.instance(parent=shell)
inline.figure_formats = {"svg", "retina"}
inline.rc = {"axes.facecolor": "black"}
inline.print_figure_kwargs = {"bbox_inches": None}
matplotlib.rcParams.update({"axes.grid": True, "lines.marker": "o", "figure.max_open_warning": 1})
plt.switch_backend("Agg")
"""


def test_a_page_undoes_what_was_set_before_it_in_its_kernel(usual, tmp_path):
    """Where another Python runs it, whose settings nobody has taken away."""
    page(tmp_path / "page.ipynb", (HOSTILE, *SOURCES))
    told(by_papermill(tmp_path), cwd=tmp_path, env=BARE | {"HOME": str(tmp_path)})
    found = outputs(tmp_path / "out.ipynb")
    assert found == usual
    (image,) = [o["data"]["image/png"] for o in found if "image/png" in o.get("data", {})]
    assert base64.b64decode(image).startswith(b"\x89PNG")


def test_an_environment_that_pip_cannot_fill_is_told_in_one_line(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "requirements.txt").write_text("no-such-package\n")
    script = tmp_path / "book" / "environment.py"
    script.write_bytes((ROOT / "book" / "environment.py").read_bytes())
    venv.create(tmp_path / ".venv", with_pip=True)
    command = [tmp_path / ".venv" / "bin" / "python", script]
    around = BARE | {"HOME": str(tmp_path), "PIP_NO_INDEX": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=around)
    assert done.returncode == 1
    assert "No matching distribution found for no-such-package" in done.stderr
    assert "is not made: Command" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
