#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs without MPI (tests/process): what a checkpoint keeps of a process.

    process.py [--prog NAME...] [--mode MODE...]      runs them; results must equal the native run's
    process.py --table                                writes the table in docs/process-state.md from their `state:` lines
    process.py --check-table                          says whether that table is up to date

  mode  native   without mana                   ckpt     checkpoint at every cut place and go on
        plain    under mana, no checkpoint      restart  checkpoint --kill at every cut place, restart twice each
"""
import argparse
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

import jobs
from jobs import Failed, Job, Mana, TerminalJob

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "process"
PAGE = ROOT / "docs" / "process-state.md"
HUGE_PAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")
MODES = ("native", "plain", "ckpt", "restart")
INTERPRETERS = {".py": "/usr/bin/python3", ".pl": "/usr/bin/perl", ".bash": "/bin/bash", ".R": "/usr/lib/R/bin/exec/R"}
COMPILED = {".c", ".cpp", ".f90"}
LINE = r"^(?://|#|!) "
# Namespaces of its own, a root that can only be read but for the directory of the test, and little shared memory.
CONTAINER = """set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,bind,ro /
mount -t tmpfs -o size=256k tmpfs /dev/shm
hostname container
cd "$PWD"
shift
exec "$@"
"""
RUN_LIMIT, CUT_LIMIT, CHECKPOINT_LIMIT = 60, 30, 30


def confinement(kind, options):
    """The words in front of a command that confine it."""
    if kind == "nobody":
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    if kind == "user-namespace":
        return ["unshare", "--user", "--map-root-user"]
    if kind == "inheriting":
        return ["sh", "-c", 'exec "$@" 9</etc/passwd', "sh"]
    if kind == "container":
        return ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "sh", "-c", CONTAINER, "sh", str(pathlib.Path(options.work).resolve())]
    return [str(pathlib.Path(options.programs).resolve() / "filtered")] if kind == "filtered" else []


class CannotShow(Exception):
    """The program itself has found that this machine lacks what it needs (exit code 77); the text says what."""


class Program:
    """One source of tests/process with one of its `process:` lines, see tests/process/fact.h."""

    def __init__(self, path, words, states):
        found = dict(word.split("=", 1) for word in words.split())
        self.preload = found.get("preload", "")
        self.confined = found.get("as", "")
        what = self.preload or self.confined
        self.name, self.path = path.name + (f" ({what})" if what else ""), path
        self.cuts = int(found["cuts"])
        self.options = found["options"].split(",") if "options" in found else []
        self.packages = found["packages"].split(",") if "packages" in found else []
        self.on_terminal = "terminal" in found
        self.refuses = found.get("refuses", "")
        self.says = found["says"].split(",") if "says" in found else []
        self.huge_pages = int(found.get("huge_pages", 0))
        self.most_level = int(found.get("level", 4))
        self.states = states

    def command(self, options):
        if self.path.suffix == ".R":
            return [INTERPRETERS[".R"], "--no-echo", "--no-restore", "--vanilla", f"--file={self.path}"]
        if self.path.suffix in INTERPRETERS:
            return [INTERPRETERS[self.path.suffix], str(self.path)]
        return [str(pathlib.Path(options.programs).resolve() / self.path.stem)]

    def cannot_run(self, options):
        """Why this program can't be run here; empty: it can."""
        if missing := self.missing_packages():
            return f"Debian packages {', '.join(missing)} are not installed"
        for word in (self.command(options)[0], Mana(options.prefix).bin / "mana_launch") if self.confined else ():
            tried = subprocess.run([*confinement(self.confined, options), "test", "-x", word], capture_output=True, text=True, check=False)
            if tried.returncode != 0:
                return f"as {self.confined}, {word} can't be run here: {tried.stderr.strip() or 'a directory above it is closed'}"
        return ""

    def missing_packages(self):
        def installed(package):
            found = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True, check=False)
            return found.stdout == "installed"
        return [package for package in self.packages if not installed(package)]


def programs_of(path):
    """A source with several `process:` lines is run once for each; its `state:` lines are counted once."""
    text = path.read_text()
    lines = re.findall(LINE + "process: (.*)$", text, re.M)
    states = [tuple(part.strip() for part in row.split("|")) for row in re.findall(LINE + "state: (.*)$", text, re.M)]
    return [Program(path, words, states if words is lines[0] else []) for words in lines]


def programs():
    """Sources without a `process:` line are libraries of others."""
    return [program for p in sorted(SOURCES.iterdir()) if p.suffix in {*COMPILED, *INTERPRETERS} for program in programs_of(p)]


def result_lines(text):
    return [line for line in text.splitlines() if line.startswith(("PASS", "OUT "))]


class Run:
    """One program in one mode, in a directory of its own."""

    def __init__(self, options, program, mode):
        self.program, self.mode, self.mana = program, mode, Mana(options.prefix)
        self.directory = pathlib.Path(options.work).resolve() / f"{program.name.replace(' ', '-')}-{mode}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.cut_dir, self.work, self.elsewhere = (self.directory / name for name in ("cut", "work", "elsewhere"))
        for directory in (self.cut_dir, self.work, self.elsewhere):
            directory.mkdir(parents=True)
        if program.confined == "nobody":
            for directory in (self.directory, self.cut_dir, self.work, self.elsewhere):
                directory.chmod(0o777)
        self.checkpoints = self.directory / "ckpt"
        self.command = program.command(options)
        self.confine = confinement(program.confined, options)
        self.started = []

    def start(self, command, cwd, env):
        command, name = [*self.confine, *command], f"run{len(self.started)}"
        if self.program.on_terminal:
            size = (40, 100) if self.started else (24, 80)
            self.started.append(TerminalJob(command, self.directory, name, size, cwd=cwd, env=env))
        else:
            self.started.append(Job(command, self.directory, name, cwd=cwd, env=env))

    def tails(self):
        return "\n".join(job.tail() for job in self.started[-3:])

    def run(self):
        native = self.mode == "native"
        cuts = self.mode not in ("native", "plain")
        env = {"CUT_DIR": str(self.cut_dir)} if cuts else {}
        if self.program.path.suffix == ".R":
            env["R_HOME"] = "/usr/lib/R"
        if self.program.preload:
            env["LD_PRELOAD"] = self.program.preload
        launch = [] if native else [self.mana.bin / "mana_launch", *self.program.options, "--ckptdir", self.checkpoints, "--"]
        self.start([*launch, *self.command], self.work, env)
        for k in range(self.program.cuts if cuts else 0):
            for _ in range(2 if self.restarts() else 1):
                self.arrive(k)
                self.checkpoint()
            if self.restarts():
                self.arrive(k)
            (self.cut_dir / f"go.{k}").touch()
        if self.program.on_terminal:
            self.await_ready()
            self.started[-1].type(b"typed")
        code = self.started[-1].wait(RUN_LIMIT)
        if code == 77 and native:
            raise CannotShow(self.started[-1].err.read_text(errors="replace").strip())
        if code != 0:
            raise Failed(f"{self.started[-1].name} ended with {code}")
        lines = result_lines("".join(job.text() for job in self.started))
        if not lines or lines[-1] != "PASS":
            raise Failed("no PASS at its end")
        return lines

    def await_ready(self):
        """Until the program has given its terminal the modes in which it wants to be typed to."""
        limit = time.monotonic() + CUT_LIMIT
        while not any("OUT ready" in job.text() for job in self.started):
            if time.monotonic() > limit:
                raise Failed("the program has not said that it is ready for what is typed")
            time.sleep(0.01)

    def restarts(self):
        return self.mode == "restart" and not self.program.refuses

    def arrive(self, k):
        limit = time.monotonic() + CUT_LIMIT
        while not (self.cut_dir / f"at.{k}").exists():
            if self.started[-1].ended():
                raise Failed(f"{self.started[-1].name} ended with {self.started[-1].wait(1)} before cut {k}")
            if time.monotonic() > limit:
                raise Failed(f"{self.started[-1].name} did not come to cut {k}{jobs.stacks()}")
            time.sleep(0.01)
        time.sleep(0.1)  # other threads walk to where they wait

    def check_level(self):
        """The image asks for no more of a processor than the program's `level=`."""
        image = max(self.checkpoints.glob("generation-*/rank-*.img"))
        told = json.loads(subprocess.run([self.mana.bin / "mana", "inspect", "--json", image], capture_output=True, text=True, check=True).stdout)
        if told["x86_64_level"] > self.program.most_level:
            raise Failed(f"the image asks for x86-64-v{told['x86_64_level']}: {told['needs']}")

    def check_said(self, job):
        """What the program's `says=` wants on stderr of a run that a checkpoint was taken of."""
        text = job.err.read_text(errors="replace")
        for words in self.program.says:
            if not any(word in text for word in words.split("|")):
                raise Failed(f"{job.name} has not said {words}")

    def checkpoint(self):
        kill = self.restarts()
        job = self.started[-1]
        self.started.append(Job([*self.confine, *self.mana.checkpoint(self.checkpoints, kill)], self.directory, f"checkpoint{len(self.started)}", cwd=self.elsewhere))
        request = self.started.pop()
        code = request.wait(CHECKPOINT_LIMIT)
        if self.program.refuses:
            if code == 0 or self.program.refuses not in request.tail():
                raise Failed(f"the checkpoint was not refused with '{self.program.refuses}' ({code})\n{request.tail()}")
            return
        if code != 0:
            raise Failed(f"mana checkpoint ended with {code}\n{request.tail()}")
        self.check_level()
        self.check_said(job)
        if not kill:
            return
        job.wait(CHECKPOINT_LIMIT)
        jobs.await_orphans()  # children of the killed program may hold a terminal's number
        for mark in self.cut_dir.glob("at.*"):
            mark.unlink()
        options = [o for o in self.program.options if o != "--portable"]  # of the launch: the image has what it led to
        self.start([self.mana.bin / "mana_restart", *options, self.checkpoints], self.elsewhere, {})


@contextlib.contextmanager
def reserved_huge_pages(count):
    """Meanwhile the kernel has `count` huge pages more, or as many as it finds; none where that is not ours to ask for."""
    added = 0
    try:
        if count > 0:
            before = int(HUGE_PAGES.read_text())
            HUGE_PAGES.write_text(str(before + count))
            added = int(HUGE_PAGES.read_text()) - before
    except OSError:
        pass  # the program says that there are none
    try:
        yield
    finally:
        if added > 0:
            HUGE_PAGES.write_text(str(int(HUGE_PAGES.read_text()) - added))


def run_mode(options, program, mode, expected):
    """Returns the result lines; raises Failed with the ends of all outputs."""
    run = Run(options, program, mode)
    try:
        found = run.run()
        if expected is not None and found != expected:
            raise Failed("result differs from the native run\n  native " + "\n  native ".join(expected) + "\n  found  " + "\n  found  ".join(found))
        strays = jobs.end_strays()
        if strays:
            raise Failed("processes left behind: " + "; ".join(strays))
    except Failed as failure:
        tails = run.tails()
        for job in run.started:
            if not job.ended():
                job.kill()
        jobs.end_strays(0)
        raise Failed(f"{failure}\n{tails}") from None
    except CannotShow:
        shutil.rmtree(run.directory, ignore_errors=True)
        raise
    if not options.keep:
        shutil.rmtree(run.directory, ignore_errors=True)
    return found


def page_with_table(known):
    """docs/process-state.md as its present text and the `state:` lines make it."""
    rows = sorted((topic, what, kept, p.path.name) for p in known for topic, what, kept in p.states)
    lines = ["| topic | what | after a restart | shown by |", "|---|---|---|---|"]
    lines += [f"| {topic} | {what} | {kept} | tests/process/{name} |" for topic, what, kept, name in rows]
    head, rest = PAGE.read_text().split("<!-- table -->\n")
    return head + "<!-- table -->\n" + "\n".join(lines) + "\n<!-- end -->\n" + rest.split("<!-- end -->\n")[1]


def main():
    parser = argparse.ArgumentParser(description="what a checkpoint keeps of a process")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix", help="where mana is installed")
    parser.add_argument("--programs", default=ROOT / "build" / "tests" / "process", help="where the programs are built")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "process-runs", help="for images and outputs")
    parser.add_argument("--prog", nargs="+", default=[])
    parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--keep", action="store_true", help="keep images and outputs")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--check-table", action="store_true")
    options = parser.parse_args()
    known = programs()
    if options.table:
        PAGE.write_text(page_with_table(known))
        return 0
    if options.check_table:
        same = PAGE.read_text() == page_with_table(known)
        print("up to date" if same else "docs/process-state.md is old: run tests/runner/process.py --table")
        return 0 if same else 1
    chosen = [p for p in known if not options.prog or p.path.name in options.prog or p.path.stem in options.prog]
    jobs.become_reaper()
    passed, failed, skipped = 0, [], 0
    if not options.prog and PAGE.read_text() != page_with_table(known):
        print("not ok - docs/process-state.md is old: run tests/runner/process.py --table")
        failed.append("docs/process-state.md")
    for program in chosen:
        if why := program.cannot_run(options):
            print(f"skip - {program.name}: {why}")
            skipped += len(options.mode)
            continue
        expected = None
        for mode in options.mode:
            start, wrong = time.monotonic(), None
            try:
                with reserved_huge_pages(program.huge_pages):
                    found = run_mode(options, program, mode, expected)
                expected = found if mode == "native" else expected
                passed += 1
            except CannotShow as why:
                print(f"skip - {program.name}: {why}")
                skipped += len(options.mode)
                break
            except Failed as failure:
                wrong = str(failure)
                failed.append(f"{program.name} {mode}")
            print(f"{'not ok' if wrong else 'ok'} - {program.name} {mode}  {time.monotonic() - start:.1f} s", flush=True)
            if wrong:
                print("  " + wrong.replace("\n", "\n  "), flush=True)
    print("\n".join(f"failed: {name}" for name in failed))
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
