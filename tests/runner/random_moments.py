#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints at random moments of a job that always has something in flight (tests/random/random_job.c, or with
--job random_windows one-sided communication).

    random_moments.py --checkpoints 300 --seed 7

Jobs are started one after the other until the wanted number of checkpoints is done. A share of them kill the job, which
is restarted under a randomly chosen MPI. Each checkpoint has a limit of 10 s; every job must end with the result of the
uninterrupted native run. The seed is printed: it gives the same jobs, pauses and choices again (not the same moments).
"""
import argparse
import pathlib
import random
import shutil
import sys
import time

import jobs
from jobs import Failed, Job, Mana

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKPOINT_LIMIT, END_LIMIT, RUN_LIMIT, FIRST_ANSWER_LIMIT = 10, 15, 120, 10
# Ranks of a job, the MPIs it may run over (MPICH spins: with more ranks than cores it crawls), its share of the rounds.
SHAPES = ((2, ("mpich", "openmpi"), 1.0), (2, ("mpich", "openmpi"), 1.0), (4, ("openmpi",), 0.2))


def pass_lines(text):
    return sorted(line for line in text.splitlines() if line.startswith("PASS "))


class Campaign:
    def __init__(self, options):
        self.options = options
        self.chance = random.Random(options.seed)
        self.mana = Mana(options.prefix)
        self.work = pathlib.Path(options.work).resolve()
        self.programs = pathlib.Path(options.programs).resolve()
        self.done = self.kills = self.started = 0
        self.slowest = 0.0
        self.expected = {}
        self.limit = time.monotonic() + options.budget if options.budget else float("inf")

    def enough(self):
        return self.done >= self.options.checkpoints or time.monotonic() > self.limit

    def native(self, ranks, rounds):
        if (ranks, rounds) not in self.expected:
            directory = self.work / f"native-{ranks}"
            directory.mkdir(parents=True, exist_ok=True)
            job = Job([*jobs.mpiexec("openmpi", ranks), *self.command("openmpi", rounds)], directory, "native")
            code = job.wait(RUN_LIMIT)
            lines = pass_lines(job.text())
            if code != 0 or len(lines) != ranks:
                raise Failed(f"native run: exit code {code}\n{job.tail()}")
            self.expected[ranks, rounds] = lines
        return self.expected[ranks, rounds]

    def command(self, app, rounds):
        return [self.programs / f"{self.options.job}.{app}", str(rounds), str(self.options.seed)]

    def run(self):
        while not self.enough():
            ranks, mpis, share = self.chance.choice(SHAPES)
            RandomRun(self, ranks, mpis, max(100, int(self.options.rounds * share))).run()
            print(f"{self.done} checkpoints, {self.kills} of them killed and restarted, slowest {self.slowest:.2f} s",
                  flush=True)


class RandomRun:
    """One job from its launch to its end."""

    def __init__(self, campaign, ranks, mpis, rounds):
        self.c, self.ranks, self.mpis, self.rounds = campaign, ranks, mpis, rounds
        self.directory = campaign.work / f"job{campaign.started}"
        campaign.started += 1
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.checkpoints = self.directory / "ckpt"
        self.app = campaign.chance.choice(("mpich", "openmpi"))
        self.incarnations, self.history = [], []
        self.last_request = None

    def run(self):
        expected = self.c.native(self.ranks, self.rounds)
        mpi = self.c.chance.choice(self.mpis)
        self.start(mpi, self.c.mana.launch(mpi, self.ranks, self.checkpoints, self.c.command(self.app, self.rounds)))
        try:
            while not self.c.enough() and not self.job().ended():
                self.pause()
                self.checkpoint(self.c.chance.random() < self.c.options.kill_share)
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
            raise Failed(f"{failure}\n{self.app} program, {self.ranks} ranks, in {self.directory}\n{story}\n" +
                         "\n".join(tails)) from None
        finally:
            jobs.end_strays()
        shutil.rmtree(self.directory, ignore_errors=True)

    def job(self):
        return self.incarnations[-1]

    def start(self, mpi, command):
        self.history.append(f"start over {mpi}")
        self.incarnations.append(Job(command, self.directory, f"run{len(self.incarnations)}"))
        self.started_at = time.monotonic()

    def pause(self):
        seconds = self.c.chance.choice((0.0, 0.01, 0.05, 0.3)) * self.c.chance.random()
        self.history.append(f"pause {seconds:.4f}")
        time.sleep(seconds)

    def checkpoint(self, kill):
        """One checkpoint; just after a start it is asked for again until the job answers."""
        while True:
            start = time.monotonic()
            request = Job(self.c.mana.checkpoint(self.checkpoints, kill), self.directory, "request")
            self.last_request = request
            code = request.wait(CHECKPOINT_LIMIT)
            if code == 0:
                break
            if self.has_ended():
                return
            if time.monotonic() - self.started_at > FIRST_ANSWER_LIMIT:
                raise Failed(f"mana checkpoint: exit code {code}")
            time.sleep(0.05)
        self.c.done += 1
        self.c.slowest = max(self.c.slowest, time.monotonic() - start)
        self.history.append("checkpoint --kill" if kill else "checkpoint")
        self.started_at = -FIRST_ANSWER_LIMIT  # it has answered: from now on every request must succeed
        if kill:
            self.c.kills += 1
            self.job().wait(END_LIMIT)
            mpi = self.c.chance.choice(self.mpis)
            self.start(mpi, self.c.mana.restart(mpi, self.ranks, self.checkpoints))

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
    parser.add_argument("--job", default="random_job", choices=("random_job", "random_windows"))
    parser.add_argument("--checkpoints", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=20000, help="length of a job with 2 ranks")
    parser.add_argument("--kill-share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--budget", type=float, default=0, help="stop asking after this many seconds")
    parser.add_argument("--native", action="store_true", help="only the native runs")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    jobs.become_reaper()
    campaign = Campaign(options)
    try:
        if options.native:
            for ranks, _, share in SHAPES[1:]:
                print(campaign.native(ranks, max(100, int(options.rounds * share))))
            return 0
        campaign.run()
    except Failed as failure:
        print(f"failed after {campaign.done} checkpoints: {failure}")
        print(f"{campaign.done} passed, 1 failed, {options.checkpoints - campaign.done} skipped")
        return 1
    print(f"{campaign.done} passed, 0 failed, {max(0, options.checkpoints - campaign.done)} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
