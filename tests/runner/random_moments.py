#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints at random moments of programs that always have something in flight, restarted at random under either MPI.

    random_moments.py --checkpoints 300 --seed 7            one kind of program (--job)
    random_moments.py --job all --checkpoints 10000 --state FILE --budget 3600

Jobs are started one after the other until the wanted number of checkpoints is done. The seed and its number decide all of a job: the
program (tests/random: its kind and its own seed, ranks, threads, the MPI it was compiled with), pauses, which checkpoints kill it,
and the MPI of every restart; not the moments. Each checkpoint has a limit of 10 s; every job must end with the result of
the uninterrupted native run (bold programs, which the MPIs can't run alone: of an uninterrupted run under mana). What each
element of random_calls must be the program knows by itself.

With --state the campaign can be interrupted and called again; failed jobs are noted there and the campaign goes on. `--job-number N`
repeats one job of a seed.
"""
import argparse
import dataclasses
import json
import pathlib
import random
import re
import shutil
import sys
import time

import jobs
from jobs import Failed, Job, Mana

ROOT = pathlib.Path(__file__).resolve().parents[2]
END_LIMIT, RUN_LIMIT, NATIVE_LIMIT, FIRST_ANSWER_LIMIT, STACKS_LIMIT, MOST_FAILURES = 60, 120, 60, 10, 60, 20
# Ranks of a job, the MPIs it may run over (MPICH spins: with more ranks than cores it crawls), its share of the rounds.
SHAPES = ((2, ("mpich", "openmpi"), 1.0), (2, ("mpich", "openmpi"), 1.0), (4, ("openmpi",), 0.2))
# Rounds of a job with 2 ranks that last for several checkpoints, and how often `all` takes it.
ROUNDS = {"random_job": 20000, "random_windows": 3000, "random_calls": 3000}
MIXTURE = ("random_job", "random_windows", "random_calls", "random_calls", "random_calls")


def pass_lines(text):
    return sorted(line for line in text.splitlines() if line.startswith("PASS "))


class NativeFailed(Exception):
    """The MPI can't run this program by itself; nothing is known of its result."""


@dataclasses.dataclass(frozen=True)
class Program:
    """What a job runs."""
    kind: str
    seed: int
    rounds: int
    ranks: int
    mpis: tuple
    app: str
    threads: int = 1
    bold: bool = False

    @staticmethod
    def draw(chance, options, number):
        kind = chance.choice(MIXTURE) if options.job == "all" else options.job
        ranks, mpis, share = chance.choice(SHAPES)
        app, threads, bold = chance.choice(("mpich", "openmpi")), 1, False
        rounds = (options.rounds or ROUNDS[kind]) * share
        if kind == "random_calls":
            threads = chance.choice((1, 1, 1, 3))
            bold = threads == 1 and chance.random() < 0.4
        return Program(kind, options.seed * 1000 + number, max(100, int(rounds / threads)), ranks, mpis, app, threads, bold)

    def command(self, directory, app):
        words = [directory / f"{self.kind}.{app}", str(self.rounds), str(self.seed)]
        return words + ([str(self.threads)] + ["bold"] * self.bold if self.kind == "random_calls" else [])

    def __str__(self):
        more = f", {self.threads} threads" * (self.threads > 1) + ", bold" * self.bold
        return f"{self.kind}.{self.app} {self.rounds} {self.seed}, {self.ranks} ranks{more}"


class Counts:
    """What a campaign has done, kept in its state file."""

    def __init__(self, path, seed):
        self.path = pathlib.Path(path) if path else None
        self.data = {"seed": seed, "jobs": 0, "checkpoints": 0, "kills": 0, "restarts": {}, "programs": {}, "natives_failed": 0,
                     "slowest": 0.0, "slowest_job": 0, "failures": []}
        if self.path and self.path.exists():
            self.data.update(json.loads(self.path.read_text()))

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def count(self, key, name):
        self.data[key][name] = self.data[key].get(name, 0) + 1

    def took(self, seconds, number):
        if seconds > self["slowest"]:
            self["slowest"], self["slowest_job"] = round(seconds, 3), number

    def save(self):
        if self.path:
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(self.data, indent=1) + "\n")
            temporary.rename(self.path)

    def line(self):
        restarts = ", ".join(f"{n} {way}" for way, n in sorted(self["restarts"].items()))
        return (f"seed {self['seed']}: {self['checkpoints']} checkpoints of {self['jobs']} jobs, {self['kills']} of them killed and restarted"
                f" ({restarts}), slowest {self['slowest']:.2f} s (job {self['slowest_job']}), {len(self['failures'])} failures")


class Campaign:
    def __init__(self, options):
        self.options = options
        self.mana = Mana(options.prefix)
        self.work = pathlib.Path(options.work).resolve()
        self.programs = pathlib.Path(options.programs).resolve()
        self.counts = Counts(options.state, options.seed)
        options.seed = self.counts["seed"]
        self.limit = time.monotonic() + options.budget if options.budget else float("inf")

    def enough(self):
        return self.counts["checkpoints"] >= self.options.checkpoints or time.monotonic() > self.limit

    def expected(self, program):
        """The result of an uninterrupted run: natively over Open MPI, for a bold program under mana."""
        directory = self.work / "native"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        app = program.command(self.programs, program.app if program.bold else "openmpi")
        command = (self.mana.launch("openmpi", program.ranks, directory / "ckpt", app) if program.bold
                   else [*jobs.mpiexec("openmpi", program.ranks), *app])
        job = Job(command, directory, "native")
        try:
            code = job.wait(NATIVE_LIMIT)
        except Failed as failure:
            code = str(failure)
        lines = pass_lines(job.text())
        if code == 0 and len(lines) == program.ranks:
            return lines
        text = f"uninterrupted run of {program}: {code}\n{job.tail()}"
        raise Failed(text) if program.bold else NativeFailed(text)

    def run_job(self, number):
        """One job of the campaign. Returns False when the MPI can't run its program alone."""
        chance = random.Random(f"{self.options.seed}/{number}")
        program = Program.draw(chance, self.options, number)
        self.counts.count("programs", program.kind + " bold" * program.bold + " threaded" * (program.threads > 1))
        try:
            expected = self.expected(program)
        except NativeFailed as failure:
            print(f"job {number} left out: {failure}", flush=True)
            self.counts["natives_failed"] += 1
            return
        RandomRun(self, number, program, chance).run(expected)

    def run(self):
        while not self.enough() and len(self.counts["failures"]) < MOST_FAILURES:
            number = self.counts["jobs"]
            self.counts["jobs"] += 1
            try:
                self.run_job(number)
            except Failed as failure:
                again = f"random_moments.py --job {self.options.job} --seed {self.options.seed} --job-number {number}"
                again += f" --rounds {self.options.rounds}" * bool(self.options.rounds)
                self.counts["failures"].append({"job": number, "repeat": again, "what": str(failure)})
                print(f"job {number} failed: {failure}\n  repeat: {again}", flush=True)
                if not self.counts.path:
                    return
            finally:
                jobs.end_strays()
                self.counts.save()
            print(self.counts.line(), flush=True)


class RandomRun:
    """One job from its launch to its end."""

    def __init__(self, campaign, number, program, chance):
        self.c, self.number, self.program, self.chance = campaign, number, program, chance
        self.directory = campaign.work / f"job{number}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.checkpoints = self.directory / "ckpt"
        self.incarnations, self.history = [], []
        self.last_request = None

    def run(self, expected):
        mpi, app = self.chance.choice(self.program.mpis), self.program.command(self.c.programs, self.program.app)
        try:
            self.start(mpi, self.c.mana.launch(mpi, self.program.ranks, self.checkpoints, app))
            while not self.c.enough() and not self.job().ended():
                self.pause()
                self.checkpoint(self.chance.random() < self.c.options.kill_share)
            code = self.job().wait(RUN_LIMIT)
            if code != 0:
                raise Failed(f"{self.job().name} ended with {code}")
            found = pass_lines("".join(job.text() for job in self.incarnations))
            if found != expected:
                raise Failed(f"result differs from the native run\n  native {expected}\n  found  {found}")
        except Failed as failure:
            for job in self.incarnations:
                if not job.ended():
                    job.kill()
            tails = [job.tail() for job in self.incarnations[-2:] + ([self.last_request] if self.last_request else [])]
            story = " | ".join(self.history[-8:])
            raise Failed(f"{failure}\n{self.program}, in {self.directory}\n{story}\n" + "\n".join(tails)) from None
        shutil.rmtree(self.directory, ignore_errors=True)

    def job(self):
        return self.incarnations[-1]

    def start(self, mpi, command):
        self.mpi = mpi
        self.history.append(f"start over {mpi}")
        self.incarnations.append(Job(command, self.directory, f"run{len(self.incarnations)}"))
        self.started_at = time.monotonic()

    def pause(self):
        seconds = self.chance.choice((0.0, 0.01, 0.05, 0.3)) * self.chance.random()
        self.history.append(f"pause {seconds:.4f}")
        time.sleep(seconds)

    def checkpoint(self, kill):
        """One checkpoint; just after a start it is asked for again until the job answers."""
        while True:
            start = time.monotonic()
            request = Job(self.c.mana.checkpoint(self.checkpoints, kill), self.directory, "request")
            self.last_request = request
            try:
                code = request.wait(self.c.options.limit)
            except Failed as failure:
                raise Failed(f"{failure}\n{self.status()}") from None
            if code == 0:
                break
            if self.has_ended():
                return
            if time.monotonic() - self.started_at > FIRST_ANSWER_LIMIT:
                raise Failed(f"mana checkpoint: exit code {code}")
            time.sleep(0.05)
        self.c.counts["checkpoints"] += 1
        self.c.counts.took(time.monotonic() - start, self.number)
        self.history.append("checkpoint --kill" if kill else "checkpoint")
        self.started_at = -FIRST_ANSWER_LIMIT  # it has answered: from now on every request must succeed
        if kill:
            self.c.counts["kills"] += 1
            self.job().wait(END_LIMIT)
            mpi = self.chance.choice(self.program.mpis)
            self.c.counts.count("restarts", f"{self.mpi} to {mpi}")
            self.start(mpi, self.c.mana.restart(mpi, self.program.ranks, self.checkpoints))

    def status(self):
        """Whom a checkpoint that takes long waits for; where the ranks' threads are is left in files, if there is a gdb."""
        look = Job([self.c.mana.bin / "mana", "status", self.checkpoints], self.directory, "status")
        look.wait(self.c.options.limit)
        for pid in re.findall(r"^ +rank .* pid (\d+) ", look.text(), re.MULTILINE) if shutil.which("gdb") else ():
            stacks = Job([self.c.mana.bin / "mana", "gdb", pid, "-batch", "-ex", "thread apply all bt 16"], self.directory, f"stacks-{pid}")
            stacks.wait(STACKS_LIMIT)
        return look.tail(40)

    def has_ended(self):
        """A request may find the job at its end: it gets a moment to go."""
        limit = time.monotonic() + 1
        while not self.job().ended() and time.monotonic() < limit and self.started_at < 0:
            time.sleep(0.02)
        return self.job().ended()


def main():
    parser = argparse.ArgumentParser(description="checkpoints at random moments")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "tests" / "random")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "random-runs")
    parser.add_argument("--job", default="random_job", choices=(*ROUNDS, "all"))
    parser.add_argument("--checkpoints", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=0, help="length of a job with 2 ranks")
    parser.add_argument("--kill-share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--budget", type=float, default=0, help="stop asking after this many seconds")
    parser.add_argument("--state", default="", help="file that keeps seed, counts and failures; an interrupted campaign goes on")
    parser.add_argument("--limit", type=float, default=10, help="seconds that a checkpoint may take (10; more on a busy machine)")
    parser.add_argument("--job-number", type=int, default=-1, help="only this job")
    options = parser.parse_args()
    jobs.become_reaper()
    campaign = Campaign(options)
    print(f"seed {options.seed}", flush=True)
    if options.job_number >= 0:
        campaign.counts["jobs"], options.checkpoints = options.job_number, 10**9
        try:
            campaign.run_job(options.job_number)
        except Failed as failure:
            print(f"job {options.job_number} failed: {failure}")
            return 1
        finally:
            jobs.end_strays()
        print(campaign.counts.line())
        return 0
    campaign.run()
    done, failed = campaign.counts["checkpoints"], len(campaign.counts["failures"])
    for failure in campaign.counts["failures"]:
        print(f"failed: {failure['repeat']}")
    print(f"{done} passed, {failed} failed, {max(0, options.checkpoints - done)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
