#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs live programs (tests/live) in one mode and one combination of MPIs and compares with the native run.

    live.py --native                     every program natively over both MPIs, no checkpoint
    live.py --prog bcast                 one program in the default selection of cases
    live.py --prog bcast --mode chain --app openmpi --mpi alternate --keep
    live.py [--suite mpi|ckpt]           the covering selection, `--full` for the whole product

A case is program × app (the MPI it was compiled with, or abi: the standard ABI, mpicc_abi) × mode × lower MPI:
  mode   plain    no checkpoint
         ckpt     checkpoint at every cut place and go on
         restart  checkpoint --kill at every cut place, restart, go on
         chain    the same three times at each cut place
  mpi    mpich, openmpi, or alternate: starts over the app's own MPI and takes the other one at each restart. Programs of the
         standard ABI have no MPI of their own: alternate starts over MPICH, reverse over Open MPI.
         abi: an MPI that is known by the standard ABI alone (tests/standard_mpi); abi-openmpi, openmpi-abi: starts over the first
         and takes the other one at each restart.
"""
import argparse
import dataclasses
import fcntl
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import jobs
from jobs import Failed, Job, Mana, OTHER_MPI

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "live"
MODES = ("plain", "ckpt", "restart", "chain")
MPIS = ("mpich", "openmpi", "alternate")
APPS = ("mpich", "openmpi")
LOWER_ABI = ("abi", "abi-openmpi", "openmpi-abi")  # by default for programs with the word `over-abi`
ABI, REVERSE = "abi", "reverse"  # programs with the word `abi` in their directive line are also built with mpicc_abi
OLDER_ABI = ("abi0", "abi12")  # the word `older-abi`: also linked with libmpi_abi.so.0 and libmpi_abi.so.12 alone
HOME = {"mpich": "mpich", "openmpi": "openmpi", ABI: "mpich", "abi0": "mpich", "abi12": "mpich"}  # whose native run gives the result
RUN_LIMIT, CUT_LIMIT, CHECKPOINT_LIMIT, END_LIMIT = 60, 30, 30, 15
LATE_REQUEST_S = 0.3


@dataclasses.dataclass(frozen=True)
class Program:
    """One source of tests/live with its directive line, see tests/live/lib/live.h."""
    name: str
    ranks: int
    cuts: tuple
    stdin: str
    should_fail: bool
    apps: tuple = APPS
    mpis: tuple = MPIS
    abi: bool = False
    over_abi: bool = False
    only: str = ""  # MODE-APP-MPI of the one case that the suites run
    older_abi: bool = False
    restart: tuple = ()  # options of mana_restart
    launch: tuple = ()  # options of mana_launch

    @staticmethod
    def read(path):
        found = re.search(r"^(?://|!) live: (.*)$", path.read_text(), re.M)
        if not found:
            raise SystemExit(f"{path}: no `// live:` line")
        words = dict(word.split("=", 1) if "=" in word else (word, "") for word in found.group(1).split())
        cuts = tuple(words["cuts"].split(",")) if words.get("cuts") else ()
        return Program(path.stem, int(words.get("ranks", 2)), cuts, words.get("stdin", ""), "should-fail" in words,
                       tuple(words["apps"].split(",")) if "apps" in words else APPS,
                       tuple(words["mpis"].split(",")) if "mpis" in words else MPIS, ABI in words, "over-abi" in words,
                       words.get("only", ""), "older-abi" in words, *(tuple(words[w].split(",")) if w in words else () for w in ("restart", "launch")))

    def within(self, seconds):
        """A limit for this program: many ranks share few cores."""
        return seconds * max(1, self.ranks // 16)

    def arrivals(self, k):
        return self.ranks if self.cuts[k] == "all" else 1


def programs():
    found = [Program.read(p) for p in sorted(SOURCES.iterdir()) if p.suffix in (".c", ".cpp", ".f90")]
    return {p.name: p for p in found}


@dataclasses.dataclass(frozen=True)
class Case:
    program: Program
    mode: str
    app: str
    mpi: str

    def __str__(self):
        return f"{self.program.name} {self.mode} app={self.app} mpi={self.mpi}"

    def slug(self):
        return f"{self.program.name}-{self.mode}-{self.app}-{self.mpi}"

    def mpi_at(self, incarnation):
        if self.mpi in APPS or self.mpi in LOWER_ABI:
            turns = self.mpi.split("-")
            return turns[incarnation % len(turns)]
        home = HOME[self.app]
        return home if (incarnation % 2 == 0) == (self.mpi == "alternate") else OTHER_MPI[home]


def result_lines(text):
    """What is compared: the lines PASS and OUT, in any order of the ranks."""
    return sorted(line for line in text.splitlines() if line.startswith(("PASS ", "OUT ")))


class Setting:
    """Where things are; the same for every case."""

    def __init__(self, options):
        self.programs_dir = pathlib.Path(options.programs).resolve()
        self.work = pathlib.Path(options.work).resolve()
        self.mana = Mana(options.prefix, self.programs_dir.parent / "standard_mpi")
        self.keep = options.keep

    def executable(self, program, app):
        path = self.programs_dir / f"{program.name}.{app}"
        if not path.exists():
            raise Failed(f"{path} is not built")
        return path


def stdin_file(program, directory):
    if not program.stdin:
        return None
    path = directory / "stdin.txt"
    path.write_text("".join(f"line {i} of {program.stdin}\n" for i in range(int(program.stdin))))
    return path


def native_result(setting, program, app):
    """The result of the uninterrupted native run; remembered until the executable changes. Cases beside each other share it."""
    executable = setting.executable(program, app)
    natives = setting.work / "native"
    natives.mkdir(parents=True, exist_ok=True)
    with open(natives / f"{executable.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return remembered_result(executable, natives / executable.name, program, app)


def run_once_natively(executable, directory, program, app):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    job = Job([*jobs.mpiexec(app, program.ranks), executable], directory, "native", stdin=stdin_file(program, directory),
              env={"LIVE_CASE_DIR": str(directory)})
    return job, job.wait(program.within(RUN_LIMIT))


def remembered_result(executable, directory, program, app):
    memory = directory / "result.json"
    stamp = executable.stat().st_mtime_ns
    if memory.exists():
        known = json.loads(memory.read_text())
        if known["stamp"] == stamp:
            return known["lines"]
    try:
        job, code = run_once_natively(executable, directory, program, app)
    except Failed as hung:
        # Nothing of ours runs here: a native job that hangs (Open MPI's mpirun, once in some hundred starts) says nothing about mana.
        print(f"# {executable.name}, the native run: {hung}; it is run once more", flush=True)
        job, code = run_once_natively(executable, directory, program, app)
    lines = result_lines(job.text())
    if code != 0 or sum(line.startswith("PASS ") for line in lines) != program.ranks:
        raise Failed(f"native run: exit code {code}, {len(lines)} result lines\n{job.tail()}")
    memory.write_text(json.dumps({"stamp": stamp, "lines": lines}))
    return lines


class LiveRun:
    """One case on its way: launch, cut places with checkpoints and restarts, end, comparison."""

    def __init__(self, setting, case):
        self.setting, self.case, self.program = setting, case, case.program
        self.directory = setting.work / case.slug()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.elsewhere = self.directory / "elsewhere"
        self.elsewhere.mkdir()
        self.checkpoints = self.directory / "ckpt"
        self.cut_dir = self.directory / "cut"
        self.cut_dir.mkdir()
        self.incarnations = []
        self.commands = []

    def run(self):
        try:
            expected = native_result(self.setting, self.program, HOME[self.case.app])
            self.launch()
            for k in range(len(self.program.cuts) if self.case.mode != "plain" else 0):
                self.cut(k)
            self.finish(expected)
        except Failed as failure:
            for job in self.incarnations:
                if not job.ended():
                    job.kill()
            raise Failed(f"{failure}\n{self.tails()}") from None
        finally:
            strays = jobs.end_strays()
        if strays:
            raise Failed("processes left behind: " + "; ".join(strays))
        if not self.setting.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def tails(self):
        return "\n".join(job.tail() for job in self.commands[-1:] + self.incarnations[-2:])

    def launch(self):
        app = [self.setting.executable(self.program, self.case.app)]
        env = {"LIVE_CASE_DIR": str(self.directory)}
        if self.case.mode != "plain":
            env["LIVE_CUT_DIR"] = str(self.cut_dir)
        command = self.setting.mana.launch(self.case.mpi_at(0), self.program.ranks, self.checkpoints, app, self.program.launch)
        self.start(command, self.directory, env, stdin_file(self.program, self.directory))

    def restart(self):
        mpi = self.case.mpi_at(len(self.incarnations))
        self.start(self.setting.mana.restart(mpi, self.program.ranks, self.checkpoints, self.program.restart), self.elsewhere, {}, None)

    def start(self, command, cwd, env, stdin):
        name = f"run{len(self.incarnations)}"
        self.incarnations.append(Job(command, self.directory, name, cwd=cwd, env=env, stdin=stdin))

    def arrive(self, k):
        """Waits until all ranks that come to cut place k are there."""
        limit = time.monotonic() + self.program.within(CUT_LIMIT)
        while len(list(self.cut_dir.glob(f"at.{k}.*"))) < self.program.arrivals(k):
            job = self.incarnations[-1]
            if job.ended():
                raise Failed(f"{job.name} ended with {job.wait(1)} before cut {k}")
            if time.monotonic() > limit:
                raise Failed(f"{job.name} did not come to cut {k} in time{jobs.stacks()}")
            time.sleep(0.01)
        # The last one closes its mark; the other ranks walk into their MPI call.
        time.sleep(0.02 if self.program.cuts[k] == "all" else 0.05)

    def cut(self, k):
        self.arrive(k)
        late = self.program.cuts[k] == "late"
        kill = self.case.mode in ("restart", "chain")
        for _ in range(3 if self.case.mode == "chain" and not late else 1):
            self.checkpoint(k, kill, late)
            if kill:
                self.next_incarnation()
                if not late:
                    self.arrive(k)
        self.go(k)

    def go(self, k):
        (self.cut_dir / f"go.{k}").touch()

    def checkpoint(self, k, kill, late):
        name = f"checkpoint{len(self.commands)}"
        request = Job(self.setting.mana.checkpoint(self.checkpoints, kill), self.directory, name, cwd=self.elsewhere)
        self.commands.append(request)
        if late:
            time.sleep(LATE_REQUEST_S)
            self.go(k)
        code = request.wait(CHECKPOINT_LIMIT)
        if code != 0:
            raise Failed(f"mana checkpoint at cut {k}: exit code {code}")

    def next_incarnation(self):
        self.incarnations[-1].wait(END_LIMIT)
        for mark in self.cut_dir.glob("at.*"):
            mark.unlink()
        self.let_the_world_change()
        self.restart()

    def let_the_world_change(self):
        """What the program wants done between the end of a job and its restart: it leaves a shell script."""
        orders = self.directory / "between.sh"
        if orders.exists():
            subprocess.run(["sh", "-e", orders], cwd=self.elsewhere, check=True)

    def finish(self, expected):
        job = self.incarnations[-1]
        code = job.wait(self.program.within(RUN_LIMIT))
        if code != 0:
            raise Failed(f"{job.name}: exit code {code}")
        found = result_lines("".join(job.text() for job in self.incarnations))
        if found != expected:
            raise Failed("result differs from the native run\n  native " + "\n  native ".join(expected) +
                         "\n  found  " + "\n  found  ".join(found))


def run_native(setting, case):
    native_result(setting, case.program, HOME[case.app])
    strays = jobs.end_strays()
    if strays:
        raise Failed("processes left behind: " + "; ".join(strays))


def run_case(arguments):
    """In a process of its own: returns (case, what went wrong or None, seconds)."""
    setting, case, native = arguments
    jobs.become_reaper()
    start = time.monotonic()
    wrong = None
    try:
        with tempfile.TemporaryDirectory(prefix="live-", ignore_cleanup_errors=True) as sessions:
            # Two mpirun of Open MPI 4.1 that start and end together race for a session directory that they share.
            os.environ["OMPI_MCA_orte_tmpdir_base"] = sessions
            run_native(setting, case) if native else LiveRun(setting, case).run()
    except Failed as failure:
        wrong = str(failure)
    except Exception as problem:  # a broken runner is a failed case, not a lost run
        wrong = f"runner: {problem!r}"
    if case.program.should_fail:
        wrong = None if wrong else "passed, although it must fail: the harness sees nothing"
    return case, wrong, time.monotonic() - start


def abi_cases(chosen, *modes_and_mpis):
    return [Case(p, mode, ABI, mpi) for p in chosen if p.abi for mode, mpi in modes_and_mpis]


def older_abi_cases(chosen):
    return [Case(p, "restart", app, mpi) for p in chosen if p.older_abi for app, mpi in zip(OLDER_ABI, ("alternate", REVERSE))]


def over_abi_cases(chosen, *kinds):
    return [Case(p, mode, app, mpi) for p in chosen if p.over_abi for mode, app, mpi in kinds if app in p.apps]


def mpi_cases(chosen):
    """Suite mpi, without checkpoints: each program over the MPI it was not compiled with."""
    return [Case(p, "plain", app, OTHER_MPI[app] if OTHER_MPI[app] in p.mpis else p.mpis[0])
            for p in chosen if not p.should_fail for app in p.apps] + over_abi_cases(chosen, ("plain", "openmpi", "abi"))


def ckpt_cases(chosen):
    """Suite ckpt: each program restarted under the other MPI for both apps, and one more turning combination."""
    others = [(mode, app, mpi) for mode in ("ckpt", "chain", "restart") for mpi in MPIS for app in APPS
              if (mode, mpi) != ("restart", "alternate")]
    cases = []
    for i, program in enumerate(chosen):
        if program.should_fail:
            cases.append(Case(program, "restart", "mpich", "alternate"))
            continue
        cases += [Case(program, "restart", app, "alternate") for app in program.apps]
        turning = [other for other in others if other[1] in program.apps and other[2] in program.mpis]
        cases.append(Case(program, *turning[(i * 5) % len(turning)]))
    cases += over_abi_cases(chosen, ("restart", "mpich", "abi-openmpi"), ("chain", "openmpi", "openmpi-abi"))
    return cases + abi_cases(chosen, ("restart", "alternate"), ("restart", REVERSE)) + older_abi_cases(chosen)


SUITES = {"mpi": mpi_cases, "ckpt": ckpt_cases}


def over_abi_all(chosen):
    return [Case(p, mode, app, mpi) for p in chosen for mode in MODES for app in (*p.apps, *((ABI,) if p.abi else ()))
            for mpi in LOWER_ABI if mode != "plain" or mpi == "abi"]


def full_cases(chosen):
    return [Case(p, mode, app, mpi) for p in chosen for mode in MODES for app in p.apps for mpi in p.mpis
            if (mode, mpi) != ("plain", "alternate")] + over_abi_all(chosen) + abi_cases(
                chosen, *((mode, mpi) for mode in MODES for mpi in (*MPIS, REVERSE) if mode != "plain" or mpi in APPS))


def select_cases(options):
    known = programs()
    unknown = [name for name in options.prog if name not in known]
    if unknown:
        raise SystemExit("no such live program: " + ", ".join(unknown))
    chosen = [known[name] for name in options.prog] if options.prog else list(known.values())
    if options.native:
        return [Case(p, "native", app, app) for p in chosen for app in p.apps
                if app in (options.app or APPS) and not p.should_fail]
    narrowed = options.mode or options.app or options.mpi
    if options.full or narrowed:
        cases = [c for c in full_cases(chosen) if (c.mode == "plain") == (options.suite == "mpi") or not options.suite]
    else:
        cases = [c for suite, select in SUITES.items() if options.suite in (None, suite) for c in select(chosen)]
    asked_for = options.prog and (options.full or narrowed)
    cases = [c for c in cases if asked_for or c.program.only in ("", f"{c.mode}-{c.app}-{c.mpi}")]
    return [c for c in cases if (not options.mode or c.mode in options.mode)
            and (not options.app or c.app in options.app) and (not options.mpi or c.mpi in options.mpi)]


def parse_options():
    parser = argparse.ArgumentParser(description="runs the live programs")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix", help="where mana is installed")
    parser.add_argument("--programs", default=ROOT / "build" / "tests" / "live", help="where the programs are built")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "live-runs", help="for images and outputs")
    parser.add_argument("--prog", nargs="+", default=[])
    parser.add_argument("--mode", nargs="+", choices=MODES)
    parser.add_argument("--app", "--abi", nargs="+", choices=(*APPS, ABI, *OLDER_ABI), help="the MPI the program was compiled with")
    parser.add_argument("--mpi", nargs="+", choices=(*MPIS, REVERSE, *LOWER_ABI), help="the MPI underneath")
    parser.add_argument("--suite", choices=SUITES, help="mpi: without checkpoints; ckpt: with; both without this option")
    parser.add_argument("--native", action="store_true", help="only the native runs, without mana")
    parser.add_argument("--full", action="store_true", help="the whole product of cases")
    parser.add_argument("--list", action="store_true", help="print the cases and stop")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget", type=float, default=0, help="start no case after this many seconds")
    parser.add_argument("--keep", action="store_true", help="keep images and outputs of passed cases too")
    return parser.parse_args()


def main():
    options = parse_options()
    cases = select_cases(options)
    if options.list:
        print("\n".join(map(str, cases)))
        return 0
    setting = Setting(options)
    if not options.native and not setting.mana.present():
        print(f"no mana_launch in {setting.mana.bin}")
        print(f"0 passed, 0 failed, {len(cases)} skipped")
        return 1
    limit = time.monotonic() + options.budget if options.budget else float("inf")
    passed, failed = 0, []
    print(f"1..{len(cases)}", flush=True)

    def within_budget():
        for case in cases:
            if time.monotonic() > limit:
                return
            yield setting, case, options.native

    with multiprocessing.Pool(options.jobs, maxtasksperchild=1) as pool:
        waiting = []
        source = within_budget()
        number = 0
        while True:
            while len(waiting) < options.jobs and (item := next(source, None)):
                waiting.append(pool.apply_async(run_case, (item,)))
            if not waiting:
                break
            case, wrong, seconds = waiting.pop(0).get()
            number += 1
            print(f"{'not ok' if wrong else 'ok'} {number} - {case}  {seconds:.1f} s", flush=True)
            if wrong:
                failed.append(case)
                print("  " + wrong.replace("\n", "\n  "), flush=True)
            else:
                passed += 1
    for case in failed:
        print(f"failed: {case}")
    print(f"{passed} passed, {len(failed)} failed, {len(cases) - number} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
