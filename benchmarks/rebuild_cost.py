#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What does remaking many MPI objects cost at a restart? Restarts a job that holds them and one that holds none, in turn, and
prints the difference of the medians: from the start of mana_restart to the program going on, start and MPI_Init of both taken away;
beside it the time in which the program makes the objects natively, for the real MPI has to make them again.

    rebuild_cost.py                        both MPIs, each kind of object, 5 restarts each
    rebuild_cost.py --mpi mpich --load types --turns 9
"""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "runner"))
import jobs  # noqa: E402
from jobs import Failed, Job, Mana  # noqa: E402

RANKS, LIMIT, GOAL_S = 2, 600, 1.0
LOADS = {"communicators": (1, 0, 0), "types": (0, 1, 0), "requests": (0, 0, 1)}
CONTEXTS_OF_MPICH = 2000  # a communicator takes one of its 2048 context ids


class Held:
    """A job of the program, started, checkpointed and ready to be restarted again and again."""

    def __init__(self, options, mpi, load, directory):
        self.mana, self.mpi, self.directory = Mana(options.prefix), mpi, directory
        self.checkpoints = directory / "ckpt"
        program = pathlib.Path(options.programs).resolve() / f"rebuild_cost.{mpi}"
        job = Job(self.mana.launch(mpi, RANKS, self.checkpoints, [program, directory, *map(str, load)]), directory, "launch")
        self.await_ranks(job)
        self.checkpoint()
        job.wait(LIMIT)

    def ready(self):
        return [self.directory / f"ready.{rank}" for rank in range(RANKS)]

    def await_ranks(self, job):
        limit = time.monotonic() + LIMIT
        while not all(path.exists() for path in self.ready()):
            if job.ended() or time.monotonic() > limit:
                raise Failed(f"the ranks did not come\n{job.tail()}")
            time.sleep(0.002)

    def checkpoint(self):
        request = Job(self.mana.checkpoint(self.checkpoints, True), self.directory, "checkpoint")
        if request.wait(LIMIT) != 0:
            raise Failed(f"no checkpoint\n{request.tail()}")

    def restart(self):
        """Seconds from the command to the last rank's going on. The job is ended the hard way but for the last time."""
        for path in self.ready():
            path.unlink()
        start = time.time()
        job = Job(self.mana.restart(self.mpi, RANKS, self.checkpoints), self.directory, "restart")
        self.await_ranks(job)
        return max(path.stat().st_mtime for path in self.ready()) - start, job

    def timed_restart(self):
        seconds, job = self.restart()
        job.kill()
        jobs.end_strays(0)
        return seconds

    def last_restart(self):
        """Lets the program use all it holds."""
        _, job = self.restart()
        (self.directory / "go").touch()
        if job.wait(LIMIT) != 0:
            raise Failed(f"the restarted program failed\n{job.tail()}")


def native_seconds(options, mpi, load):
    """How long the program takes to make the objects natively."""
    with tempfile.TemporaryDirectory(prefix="mana-rebuild-") as scratch:
        directory = pathlib.Path(scratch)
        (directory / "go").touch()
        program = pathlib.Path(options.programs).resolve() / f"rebuild_cost.{mpi}"
        job = Job([*jobs.mpiexec(mpi, RANKS), program, directory, *map(str, load)], directory, "native")
        if job.wait(LIMIT) != 0:
            raise Failed(f"the native program failed\n{job.tail()}")
        return float(job.text().split()[2])


def measure(options, mpi, load):
    with tempfile.TemporaryDirectory(prefix="mana-rebuild-", ignore_cleanup_errors=True) as scratch:
        places = [pathlib.Path(scratch) / name for name in ("full", "empty")]
        for place in places:
            place.mkdir()
        full, empty = Held(options, mpi, load, places[0]), Held(options, mpi, (0, 0, 0), places[1])
        times = [(full.timed_restart(), empty.timed_restart()) for _ in range(options.turns)]
        full.last_restart()
        empty.last_restart()
        return statistics.median(t for t, _ in times), statistics.median(t for _, t in times)


def main():
    parser = argparse.ArgumentParser(description="restarts with many objects against restarts with none")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "benchmarks")
    parser.add_argument("--mpi", nargs="+", choices=("mpich", "openmpi"), default=("mpich", "openmpi"))
    parser.add_argument("--load", nargs="+", choices=tuple(LOADS), default=tuple(LOADS))
    parser.add_argument("--objects", type=int, default=10000, help="at most 2000 communicators over MPICH")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    jobs.become_reaper()
    missed = 0
    for mpi in options.mpi:
        for name in options.load:
            count = min(options.objects, CONTEXTS_OF_MPICH) if (mpi, name) == ("mpich", "communicators") else options.objects
            load = tuple(count * one for one in LOADS[name])
            native = native_seconds(options, mpi, load)
            full, empty = measure(options, mpi, load)
            jobs.end_strays()
            missed += full - empty > GOAL_S
            print(f"{mpi:8} {sum(load):6} {name:14} restart {full:.3f} s, without {empty:.3f} s: {full - empty:.3f} s "
                  f"({'under' if full - empty <= GOAL_S else 'OVER'} {GOAL_S:g} s), made natively in {native:.3f} s", flush=True)
    print(f"{missed} goals missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
