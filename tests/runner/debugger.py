#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a debugger sees of a program under mana, and how the program ends by a signal: as natively.

    debugger.py [--prefix DIR] [--programs DIR]

  attached     `mana gdb PID` names the functions of all threads of a launched and of a restarted program
  crash        the end by a signal is the launcher's, at launch and after a restart; core files name the functions too
"""
import pathlib
import shutil
import sys

from jobs import Failed, Job, Mana, come_to_cut, run_cases

ENDS = {"segv": -11, "abort": -6, "fpe": -8}
WAITING = ["main", "wait_in_thread", "other_thread", "usleep"]
LIMIT, GDB_LIMIT = 60, 240


class Case:
    """tests/process/crash.c with a directory of its own, ended as `how` says."""

    def __init__(self, options, name, how, fresh=True):
        self.mana, self.directory = Mana(options.prefix), pathlib.Path(options.work).resolve() / name
        if fresh:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.cut_dir, self.checkpoints = self.directory / "cut", self.directory / "ckpt"
        self.cut_dir.mkdir(parents=True, exist_ok=True)
        self.program, self.how, self.job = pathlib.Path(options.programs).resolve() / "crash", how, None

    def run(self, command, name, limit=LIMIT):
        job = Job(command, self.directory, name, cwd=self.directory, env={"CUT_DIR": str(self.cut_dir)})
        return job.wait(limit), job.text() + job.tail()

    def start(self, command, name):
        self.job = Job(["prlimit", "--core=unlimited:", *command], self.directory, name, cwd=self.directory, env={"CUT_DIR": str(self.cut_dir)})
        come_to_cut(self.job, self.cut_dir, LIMIT)

    def launch(self):
        self.start([self.mana.bin / "mana_launch", "--ckptdir", self.checkpoints, "--", self.program, self.how], "launch")

    def restart(self):
        code, text = self.run(self.mana.checkpoint(self.checkpoints, True), "checkpoint")
        if code != 0:
            raise Failed(f"mana checkpoint ended with {code}\n{text}")
        self.job.wait(LIMIT)
        (self.cut_dir / "at.0").unlink()
        self.start([self.mana.bin / "mana_restart", self.checkpoints], "restart")

    def names_in(self, what, wanted):
        _, text = self.run([self.mana.bin / "mana", "gdb", what, "-batch", "-ex", "thread apply all bt"], "gdb", GDB_LIMIT)
        for name in wanted:
            if f"{name} (" not in text:
                raise Failed(f"gdb does not name {name}:\n{text}")

    def end(self):
        for old in self.directory.glob("core*"):
            old.unlink()
        (self.cut_dir / "go.0").touch()
        code = self.job.wait(LIMIT)
        if code != ENDS[self.how]:
            raise Failed(f"{self.job.name} ended with {code}, natively with {ENDS[self.how]}\n{self.job.tail()}")
        for mark in self.cut_dir.iterdir():
            mark.unlink()


def attached(options):
    if shutil.which("gdb") is None:
        return "gdb is not installed"
    case = Case(options, "attached", "segv")
    case.launch()
    case.names_in(case.job.process.pid, WAITING)
    case.restart()
    case.names_in(case.job.process.pid, WAITING)
    case.end()
    return ""


def crash(options):
    for how in ENDS:
        case = Case(options, f"crash-{how}", how)
        case.start([case.program, how], "native")
        case.end()
        case.launch()
        case.end()
        case.launch()
        case.restart()
        case.end()
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if shutil.which("gdb") is None or "/" in pattern or pattern.startswith("|"):
        return f"cores can't be looked at here (core_pattern {pattern}, gdb {shutil.which('gdb')})"
    for how, wanted in (("segv", ["crash_here", "end_by", *WAITING[:-1]]), ("abort", ["abort", "end_by", "main"])):
        case = Case(options, f"crash-{how}", how, fresh=False)
        cores = list(case.directory.glob("core*"))
        if not cores:
            raise Failed(f"no core file in {case.directory}")
        case.names_in(cores[0], wanted)
    return ""


if __name__ == "__main__":
    sys.exit(run_cases((attached, crash), "debugger", "debuggers, and ends by a signal"))
