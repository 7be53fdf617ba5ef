#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs an MPI's own test suite natively and under mana_launch, and compares test by test.

    conformance.py ~/mpich/test/mpi --only pt2pt coll
    conformance.py ~/mpich/test/mpi --only coll/bcast --kill --seed 7

The suite is one in MPICH's form, already built: directories with programs and `testlist` files whose lines are
`program ranks [arg=…] [env=…] [mpiexecarg=…] [timeLimit=…] [mem=…] [resultTest=…]`, or the name of a subdirectory. A
test passes when it ends with 0 and prints `No Errors` (`resultTest=TestStatus`: when it ends with an error). What fails
natively is skipped: it says nothing about us. With --kill every test is stopped by `mana checkpoint --kill` at a random
moment and restarted; the seed is printed.
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import random
import re
import shlex
import shutil
import sys
import time

import jobs
from jobs import Failed, Job, Mana

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKPOINT_LIMIT, END_LIMIT = 30, 15
PASSED, FAILED, NATIVE, ABSENT = "passed", "failed", "fails natively", "not runnable here"


@dataclasses.dataclass(frozen=True)
class Test:
    """One line of a testlist."""
    directory: str
    line: str

    def words(self, key):
        return [word[len(key) + 1:] for word in shlex.split(self.line)[1:] if word.startswith(key + "=")]

    def number(self, key, default):
        found = self.words(key)
        return float(found[0]) if found else default

    @property
    def program(self):
        return self.line.split()[0]

    @property
    def ranks(self):
        second = self.line.split()[1:2]
        return int(second[0]) if second and second[0].isdigit() else 2

    def __str__(self):
        return f"{self.directory}/{self.line}"


def read_testlist(suite, directory):
    """The tests of `directory` and of the subdirectories that its testlist names, in the list's order."""
    path = suite / directory / "testlist"
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        below = f"{directory}/{line}" if directory else line
        if (suite / below).is_dir():
            found += read_testlist(suite, below)
        else:
            found.append(Test(directory, " ".join(line.split())))
    return found


def verdict(test, code, text):
    """None if the test passed, else why not."""
    wanted = test.words("resultTest")
    if wanted and wanted[0] in ("TestStatus", "TestErrFatal"):
        return None if code != 0 else "ended with 0, although it must fail"
    if code != 0 and wanted != ["TestStatusNoErrors"]:
        return f"exit code {code}"
    return None if re.search(r"^\s*(No [Ee]rrors|Test [Pp]assed)\s*$", text, re.M) else "without `No Errors`"


class Conformance:
    """Where things are and how tests are started; the same for every test."""

    def __init__(self, options):
        self.options = options
        self.suite = pathlib.Path(options.suite).resolve()
        self.work = pathlib.Path(options.work).resolve()
        self.mana = Mana(options.prefix)
        self.chance = random.Random(options.seed)
        self.restarted = 0
        self.memory = self.work / "native.json"
        self.known_native = json.loads(self.memory.read_text()) if self.memory.exists() else {}

    def launcher(self, test):
        ranks = min(test.ranks, self.options.ranks)
        start = shlex.split(self.options.launch) + [str(ranks)] if self.options.launch else jobs.mpiexec(self.options.mpi, ranks)
        return [start[0], *test.words("mpiexecarg"), *start[1:]]

    def command(self, test):
        return [self.suite / test.directory / test.program, *test.words("arg")]

    def limit(self, test):
        return min(test.number("timeLimit", self.options.limit), self.options.limit)

    def start(self, test, command, name):
        env = dict(word.split("=", 1) for word in test.words("env"))
        return Job(command, self.work, name, cwd=self.suite / test.directory, env=env)

    def native(self, test):
        """(what went wrong or None, seconds) of the native run, remembered in the work directory."""
        key = f"{test} on {min(test.ranks, self.options.ranks)}"
        if key not in self.known_native:
            begin = time.monotonic()
            job = self.start(test, [*self.launcher(test), *self.command(test)], "native")
            try:
                wrong = verdict(test, job.wait(self.limit(test)), job.text())
            except Failed as failure:
                wrong = str(failure)
            self.known_native[key] = wrong, time.monotonic() - begin
            jobs.end_strays(2)
            self.memory.write_text(json.dumps(self.known_native, indent=1))
        return self.known_native[key]

    def under_mana(self, test, native_seconds):
        """What went wrong under mana_launch, or None."""
        run = ManaRun(self, test)
        try:
            if self.options.kill:
                run.kill_and_restart(self.chance.random() * native_seconds)
            return run.end()
        except Failed as failure:
            return f"{failure}\n{run.tails()}"
        finally:
            run.clean()

    def run(self, test):
        """(state, what went wrong or "")"""
        program = self.suite / test.directory / test.program
        if not program.is_file() or test.number("mem", 0) > self.options.memory:
            return ABSENT, "" if program.is_file() else "not built"
        wrong, seconds = self.native(test)
        if wrong:
            return NATIVE, wrong
        wrong = self.under_mana(test, seconds)
        return (FAILED, wrong) if wrong else (PASSED, "")


class ManaRun:
    """One test under mana_launch, perhaps killed and restarted."""

    def __init__(self, setting, test):
        self.setting, self.test = setting, test
        self.checkpoints = setting.work / "ckpt"
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        launch = [setting.mana.bin / "mana_launch", "--ckptdir", self.checkpoints, "--"]
        self.incarnations = [setting.start(test, [*setting.launcher(test), *launch, *setting.command(test)], "run0")]
        self.request = None

    def kill_and_restart(self, pause):
        """Asks until the job, which has just been started, answers or ends. A refusal by name lets it go on."""
        time.sleep(pause)
        limit = time.monotonic() + self.setting.limit(self.test)
        while not self.incarnations[-1].ended() and time.monotonic() < limit:
            self.request = Job(self.setting.mana.checkpoint(self.checkpoints, True), self.setting.work, "request")
            if self.request.wait(CHECKPOINT_LIMIT) == 0:
                self.incarnations[-1].wait(END_LIMIT)
                restart = [self.setting.mana.bin / "mana_restart", self.checkpoints]
                self.incarnations.append(
                    self.setting.start(self.test, [*self.setting.launcher(self.test), *restart], "run1"))
                self.setting.restarted += 1
                return
            if "refuse" in self.request.err.read_text(errors="replace"):
                return
            time.sleep(0.05)

    def end(self):
        code = self.incarnations[-1].wait(2 * self.setting.limit(self.test))
        wrong = verdict(self.test, code, "".join(job.text() for job in self.incarnations))
        return f"{wrong}\n{self.tails()}" if wrong else None

    def tails(self):
        return "\n".join(job.tail() for job in self.incarnations + ([self.request] if self.request else []))

    def clean(self):
        for job in self.incarnations:
            if not job.ended():
                job.kill()
        jobs.end_strays(2)
        shutil.rmtree(self.checkpoints, ignore_errors=True)


def print_table(results):
    rows = collections.defaultdict(collections.Counter)
    for name, (state, _) in results.items():
        rows[name.split(" ")[0].rpartition("/")[0]][state] += 1
    print(f"{'directory':24}{'native pass':>12}{'our pass':>10}{'our fail':>10}{'native fail':>13}{'absent':>8}")
    for directory, row in sorted(rows.items()):
        print(f"{directory:24}{row[PASSED] + row[FAILED]:12}{row[PASSED]:10}{row[FAILED]:10}{row[NATIVE]:13}{row[ABSENT]:8}")


def choose(suite, options):
    """The lists of the directories named by --only, or the whole list; `directory/program` narrows to one program."""
    if not options.only:
        return read_testlist(suite, "")
    found = []
    for name in options.only:
        if (suite / name / "testlist").exists():
            found += read_testlist(suite, name)
        else:
            directory, _, program = name.rpartition("/")
            found += [test for test in read_testlist(suite, directory) if test.program == program]
    return found


def parse_options():
    parser = argparse.ArgumentParser(description="runs an MPI's own test suite natively and under mana_launch")
    parser.add_argument("suite", help="directory of the built suite")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix", help="where mana is installed")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "conformance-runs", help="for images, outputs and results")
    parser.add_argument("--mpi", choices=("mpich", "openmpi"), default="mpich", help="the MPI to run over")
    parser.add_argument("--launch", help="launcher of a job, to be followed by the number of ranks; default: that of --mpi")
    parser.add_argument("--only", nargs="+", metavar="DIRECTORY[/PROGRAM]", help="not the whole suite")
    parser.add_argument("--ranks", type=int, default=4, help="tests that want more ranks get this many")
    parser.add_argument("--limit", type=float, default=60, help="seconds for a test; under mana twice that")
    parser.add_argument("--memory", type=float, default=1, help="leave out tests that say they need more GB")
    parser.add_argument("--budget", type=float, default=0, help="start no test after this many seconds")
    parser.add_argument("--resume", action="store_true", help="keep the results in the work directory, run what is missing")
    parser.add_argument("--again", action="store_true", help="with --resume: run what failed again")
    parser.add_argument("--kill", action="store_true", help="checkpoint --kill at a random moment and restart")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--jobs", type=int, choices=(1,), default=1, help="one job at a time: tests write into their directories")
    return parser.parse_args()


def main():
    options = parse_options()
    jobs.become_reaper()
    setting = Conformance(options)
    setting.work.mkdir(parents=True, exist_ok=True)
    if options.kill:
        print(f"seed {options.seed}")
    tests = choose(setting.suite, options)
    memory = setting.work / ("results-kill.json" if options.kill else "results.json")
    known = json.loads(memory.read_text()) if options.resume and memory.exists() else {}
    limit = time.monotonic() + options.budget if options.budget else float("inf")
    results, left = {}, 0
    for test in tests:
        name = str(test)
        if name not in known or (options.again and known[name][0] == FAILED):
            if time.monotonic() > limit:
                left += 1
                continue
            known[name] = setting.run(test)
            memory.write_text(json.dumps(known, indent=1))
            print(f"{known[name][0]:18} {name}", flush=True)
            if known[name][1] and known[name][0] == FAILED:
                print("  " + known[name][1].replace("\n", "\n  "), flush=True)
        results[name] = known[name]
    print_table(results)
    if options.kill:
        print(f"{setting.restarted} tests were killed and restarted; the others ended before they could be asked, or refused")
    states = collections.Counter(state for state, _ in results.values())
    print(f"{states[PASSED]} passed, {states[FAILED]} failed, {states[NATIVE] + states[ABSENT] + left} skipped")
    return 1 if states[FAILED] else 0


if __name__ == "__main__":
    sys.exit(main())
