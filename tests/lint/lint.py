#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that need no compiler: a licence line in every file, no path of anybody's machine, well-formed scripts, C++ as clang-format lays it out.

    lint.py [ROOT]

Prints one line per broken rule and ends with 1 if there is any.
"""
import ast
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
ROOT = ROOT if ROOT.is_dir() else ROOT.parents[2]
SPDX = "SPDX-License-Identifier: Apache-2.0"
MACHINE_PATHS = re.compile(r"(?<![\w.])/(work|home/\w+|root)/\w")
ROOMS = ("common", "upper_half", "lower_half", "mpi_wrappers", "gen", "coordinator", "restart", "tests", "benchmarks", "demo", "docs")


def our_files():
    for path in ROOT.iterdir():
        if path.is_file() and path.name not in (".git", ".gitignore"):
            yield path
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def problems_of(path):
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return ["is not a text file"]
    found = []
    if SPDX not in "\n".join(text.splitlines()[:4]):
        found.append("has no SPDX line among its first lines")
    if path != pathlib.Path(__file__).resolve() and (match := MACHINE_PATHS.search(text)):
        found.append(f"names a path of some machine: {match.group(0)}…")
    if "\t" in text and path.suffix in (".cpp", ".hpp", ".c", ".h", ".py"):
        found.append("has tabs")
    if path.suffix == ".py":
        try:
            ast.parse(text)
        except SyntaxError as error:
            found.append(f"is not Python: {error}")
    if path.suffix == ".sh" and subprocess.run(["bash", "-n", path], capture_output=True, check=False).returncode != 0:
        found.append("is not a well-formed shell script")
    return found


def layout_problems():
    """Versions of clang-format differ: only Debian 12's is asked."""
    program = shutil.which("clang-format")
    if program is None or " 14." not in subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout:
        print("the layout was not looked at: no clang-format 14 here")
        return []
    sources = sorted(path for path in our_files() if path.suffix in (".cpp", ".hpp"))
    said = subprocess.run([program, "--dry-run", *sources], capture_output=True, text=True, check=True, cwd=ROOT).stderr
    return sorted({f"{pathlib.Path(line.split(':')[0]).relative_to(ROOT)} is not as clang-format lays it out: clang-format -i on it"
                   for line in said.splitlines() if "-Wclang-format-violations" in line})


def main():
    bad = [f"{path.relative_to(ROOT)} {problem}" for path in sorted(our_files()) for problem in problems_of(path)] + layout_problems()
    print("\n".join(bad) if bad else "every file follows the rules")
    return 1 if bad else 0


sys.exit(main())
