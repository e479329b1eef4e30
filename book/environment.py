"""The environment of the project: what makes it, and what each Python process in it starts from.

    python book/environment.py      run by make with the Python of an empty .venv, which it fills

A reader's machine has settings of matplotlib, IPython, Jupyter, pip and pytest, and paths to other
packages. None may reach a number or a picture of the book, whatever starts a page: make, papermill,
jupyter, an editor, pytest. All of these are processes of .venv. This file is therefore copied into
it, and a .pth file calls `settle` whenever a Python of it starts. It needs no package, and imports
what only the making needs when it is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

#: Name under which this file is copied into an environment.
MODULE = "lsm_environment"
#: Variables by which a user's settings would reach pages and tests, or make tools print.
FOREIGN = frozenset(
    [
        "MPLBACKEND",
        "MATPLOTLIBRC",
        "JUPYTER_PATH",
        "JUPYTER_CONFIG_PATH",
        "JUPYTER_NO_CONFIG",
        "JUPYTER_PLATFORM_DIRS",
        "JUPYTER_PREFER_ENV_PATH",
        "JUPYTERLAB_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "PYTHONOPTIMIZE",
        "PYTHONINSPECT",
        "PYTHONVERBOSE",
        "PYTHONDEVMODE",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONASYNCIODEBUG",
        "PYTEST_ADDOPTS",
        "PYTEST_PLUGINS",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        "MYPYPATH",
    ]
)
#: Of these all but the place of a cache: how code is compiled, and what is printed about it.
_FOREIGN_PREFIX, _KEPT = "NUMBA_", "NUMBA_CACHE_DIR"
#: Linear algebra on threads of its own would compete with those of sweeps, and round differently.
OWN = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
#: Where tools look for settings and keep caches, below a folder of ours.
OWN_FOLDERS = {
    "MPLCONFIGDIR": "matplotlib",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
}
#: What pip must know to reach an index, perhaps through a company's proxy. All its other settings
#: (install for the user, to a target, without dependencies, ...) would make another environment.
REACHING_AN_INDEX = frozenset(
    [
        "index-url",
        "extra-index-url",
        "find-links",
        "no-index",
        "trusted-host",
        "cert",
        "client-cert",
        "proxy",
        "keyring-provider",
        "timeout",
        "default-timeout",
        "retries",
        "cache-dir",
        "no-cache-dir",
    ]
)
# Each process that reads or writes a notebook would parse its grammar for a second: it comes with
# JupyterLab, for jsonschema, which without it leaves formats unchecked that no schema here has.
_SLOW = "rfc3987_syntax"
# IPython reads these of the environment after those of the system, which no variable turns off. A
# kernel that is told through a file and not by a socket says so on its standard error, otherwise.
_IPYTHON = {
    "IPKernelApp": {
        "log_level": 50,
        "exec_files": [],
        # Where the list of fonts is missing, or a matplotlibrc has unknown keys, it says so.
        "exec_lines": ["__import__('logging').getLogger('matplotlib').setLevel('ERROR')"],
        "extensions": [],
        "file_to_run": "",
        "code_to_run": "",
        # Else a folder lsm or a file numpy.py there would be what pages import.
        "ignore_cwd": True,
    }
}
# JupyterLab asks nobody for news, versions or extensions, looks for no other programs, and writes a
# notebook only when it is told to.
_JUPYTERLAB = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
_SERVER = {
    "LabApp": {"extension_manager": "readonly"},
    "LanguageServerManager": {"autodetect": False},
}


# ---------------------------------------------------------------- what each process starts from


def own_variables(folder: str) -> dict[str, str]:
    """Variables that keep settings and caches of tools below `folder`."""
    return OWN | {name: os.path.join(folder, *p.split("/")) for name, p in OWN_FOLDERS.items()}


def settle(project: str) -> None:
    """Let nothing of the user's settings reach this process or its children.

    The project's packages can be imported, and come before those of other projects (PYTHONPATH),
    as do all that are installed.

    Parameters
    ----------
    project : str
        The project's folder.
    """
    for name in list(os.environ):
        if name in FOREIGN or (name.startswith(_FOREIGN_PREFIX) and name != _KEPT):
            del os.environ[name]
    others = [os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    ours = [project, os.path.join(project, "book")]
    kept = [path for path in sys.path if path not in (*ours, *others)]
    sys.path[:] = [*kept, *ours, *others]
    os.environ.update(own_variables(_cache(project)))
    sys.modules.setdefault(_SLOW, None)  # type: ignore[arg-type]  # as if it were not installed


def _cache(project: str) -> str:
    """A folder for caches: of the environment, of the project, or of this user elsewhere."""
    made = os.path.join(sys.prefix, "cache")
    if os.access(made, os.W_OK):
        return made
    own = os.path.join(project, "_build", "cache")
    try:
        os.makedirs(own, exist_ok=True)
        if os.access(own, os.W_OK):
            return own
    except OSError:
        pass
    return _other_place(made, project)


def _other_place(made: str, project: str) -> str:
    """A folder of this user for caches, where the project's cannot be written."""
    import shutil
    import tempfile

    folder = os.path.join(tempfile.gettempdir(), f"lsm-{os.getuid()}")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if os.stat(folder).st_uid != os.getuid():
            folder = tempfile.mkdtemp(prefix="lsm-")
        fonts = os.path.join(folder, "matplotlib")
        if not os.path.exists(fonts):
            shutil.copytree(os.path.join(made, "matplotlib"), fonts)
    except OSError:  # matplotlib and IPython find a place themselves, or say that there is none
        pass
    if not os.access(os.path.join(project, "lsm", "__pycache__"), os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", os.path.join(folder, "numba"))
    return folder


def list_fonts() -> None:
    """Let matplotlib list the system's fonts, if it has not: in a page it would say that it does.

    That may take many seconds the first time.
    """
    import glob
    import subprocess

    if not glob.glob(os.path.join(glob.escape(os.environ["MPLCONFIGDIR"]), "fontlist*")):
        command = [sys.executable, "-c", "import matplotlib.font_manager"]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=False)


# ---------------------------------------------------------------- how it is made


def reaching_an_index(listed: Iterable[str]) -> dict[str, str]:
    """Variables for pip from what ``pip config list`` prints, without what else is set there."""
    import ast
    from contextlib import suppress

    # What is set for "install" counts more than what is set for all, and variables most.
    order = {"global": 0, "install": 1, ":env:": 2}
    settings = []
    for line in listed:
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in order and name in REACHING_AN_INDEX:
            with suppress(ValueError, SyntaxError):
                settings.append((order[section], name, str(ast.literal_eval(value))))
    return {f"PIP_{name.upper().replace('-', '_')}": value for _, name, value in sorted(settings)}


def fill(project: str) -> None:
    """Install what the project needs into the environment of this Python, and what keeps it so.

    The project itself is not built: setuptools fails in a folder with braces in its name.

    Raises
    ------
    subprocess.CalledProcessError
        If pip fails, which says why.
    """
    import json
    import shutil
    import subprocess
    import sysconfig

    pip = [sys.executable, "-m", "pip"]
    told = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    settings = reaching_an_index(told.stdout.splitlines())
    others = os.path.join(sys.prefix, "requirements.txt")
    with open(os.path.join(project, "requirements.txt"), encoding="utf-8") as file:
        lines = [line for line in file if line.strip() != "-e ."]
    _write(others, "".join(lines))
    subprocess.run(
        [*pip, "install", "--quiet", "--disable-pip-version-check", "-r", others],
        env={**bare, **settings, "PIP_CONFIG_FILE": os.devnull},
        check=True,
    )
    _write(
        os.path.join(sys.prefix, "etc", "ipython", "ipython_kernel_config.json"),
        json.dumps(_IPYTHON),
    )
    _write(
        os.path.join(sys.prefix, "share", "jupyter", "lab", "settings", "overrides.json"),
        json.dumps(_JUPYTERLAB),
    )
    _write(
        os.path.join(sys.prefix, "etc", "jupyter", "jupyter_server_config.json"),
        json.dumps(_SERVER),
    )
    packages = sysconfig.get_path("purelib")
    _register(project, packages)
    shutil.copyfile(__file__, os.path.join(packages, f"{MODULE}.py"))
    _write(
        os.path.join(packages, f"{MODULE}.pth"),
        f"import {MODULE}; {MODULE}.settle({project!a})\n",
    )
    os.makedirs(os.path.join(sys.prefix, "cache"), exist_ok=True)
    settle(project)
    list_fonts()


def _register(project: str, packages: str) -> None:
    """Let the project be known by its name and version, as if pip had installed it."""
    import tomllib

    with open(os.path.join(project, "pyproject.toml"), "rb") as file:
        told = tomllib.load(file)["project"]
    folder = f"{told['name']}-{told['version']}.dist-info"
    texts = {
        "METADATA": f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n",
        "INSTALLER": "make\n",
    }
    texts["RECORD"] = "".join(f"{folder}/{name},,\n" for name in (*texts, "RECORD"))
    for name, text in texts.items():
        _write(os.path.join(packages, folder, name), text)


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main() -> int:
    """Fill the environment; 0, or 1 if pip, which says why, could not."""
    from subprocess import CalledProcessError

    try:
        fill(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    except (CalledProcessError, OSError) as error:
        print(f"{sys.prefix} is not made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
