#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A shell script whose processes come and go all the time, with --children follow: checkpoints at random moments, half of them with a restart.

    family.py [--runs N] [--seed S]     a printed seed draws the moments again; results must be the uninterrupted run's
"""
import argparse
import pathlib
import random
import shutil
import sys
import time

import jobs
from jobs import ROOT, Failed, Job, Mana

SCRIPT = ROOT / "tests" / "random" / "family.bash"
RUN_LIMIT, CHECKPOINT_LIMIT, START_LIMIT = 120, 30, 20
EARLIEST_S, LATEST_S, MOST_CHECKPOINTS = 0.02, 0.5, 30


class Run:
    """One run of the script under mana, in a directory of its own."""

    def __init__(self, options, number, native):
        self.random = random.Random(f"{options.seed}-{number}")
        self.mana, self.native, self.rounds = Mana(options.prefix), native, options.rounds
        self.directory = pathlib.Path(options.work).resolve() / f"run{number}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.checkpoints, self.taken, self.slowest = self.directory / "ckpt", 0, 0.0
        self.started = [self.job([self.mana.bin / "mana_launch", "--children", "follow", "--ckptdir", self.checkpoints, "bash", SCRIPT, str(options.rounds)])]

    def job(self, command):
        return Job(command, self.directory, f"part{len(getattr(self, 'started', []))}")

    def checkpoint(self, kill):
        """False if the script has ended before."""
        limit = time.monotonic() + START_LIMIT
        while True:
            begun = time.monotonic()
            request = Job(self.mana.checkpoint(self.checkpoints, kill), self.directory, "request")
            if request.wait(CHECKPOINT_LIMIT) == 0:
                self.taken += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
                return True
            time.sleep(0.05)
            if self.started[-1].ended():
                return False
            # Right after its start nobody listens yet; a checkpoint that is given up is a failure.
            if "given up" in request.tail() or time.monotonic() > limit:
                raise Failed(f"checkpoint {self.taken + 1}: {request.tail()}")

    def expect_names(self):
        """`mana status` names the coprocess, which lives as long as the script."""
        request = Job([self.mana.bin / "mana", "status", self.checkpoints], self.directory, "status")
        if request.wait(CHECKPOINT_LIMIT) == 0 and "followed: bash (pid " not in request.text():
            raise Failed(f"mana status names no child: {request.text()}")

    def run(self):
        while self.taken < MOST_CHECKPOINTS and not self.started[-1].ended():
            time.sleep(self.random.uniform(EARLIEST_S, LATEST_S))
            kill = self.random.random() < 0.5
            if self.started[-1].ended() or not self.checkpoint(kill):
                break
            if kill:
                self.started[-1].wait(CHECKPOINT_LIMIT)
                self.started.append(self.job([self.mana.bin / "mana_restart", self.checkpoints]))
            else:
                self.expect_names()
        code = self.started[-1].wait(RUN_LIMIT)
        found = "".join(job.text() for job in self.started)
        if code != 0 or sorted(found.splitlines()) != sorted(self.native.splitlines()):
            differing = set(found.splitlines()) ^ set(self.native.splitlines())
            raise Failed(f"ended with {code}; lines that differ: {sorted(differing)[:6]}")


def main():
    parser = argparse.ArgumentParser(description="checkpoints of a family of processes at random moments")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix", help="where mana is installed")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "family-runs", help="for images and outputs")
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=80, help="of the script, in each run")
    parser.add_argument("--seed", type=int, default=random.randrange(1000000))
    options = parser.parse_args()
    jobs.become_reaper()
    print(f"seed {options.seed}", flush=True)
    work = pathlib.Path(options.work).resolve()
    work.mkdir(parents=True, exist_ok=True)
    alone = Job(["bash", SCRIPT, str(options.rounds)], work, "native")
    alone.wait(RUN_LIMIT)
    passed = failed = 0
    for number in range(options.runs):
        run = Run(options, number, alone.text())
        try:
            run.run()
            strays = jobs.end_strays()
            if strays:
                raise Failed("processes left behind: " + "; ".join(strays))
            print(f"ok - run {number}: {run.taken} checkpoints, {len(run.started) - 1} restarts, slowest {run.slowest:.2f} s", flush=True)
            passed += 1
            shutil.rmtree(run.directory, ignore_errors=True)
        except Failed as failure:
            tails = "\n".join(job.tail() for job in run.started[-2:])
            for job in run.started:
                if not job.ended():
                    job.kill()
            jobs.end_strays(0)
            print(f"not ok - run {number}, after {run.taken} checkpoints and {len(run.started) - 1} restarts: {failure}\n{tails}", flush=True)
            failed += 1
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
