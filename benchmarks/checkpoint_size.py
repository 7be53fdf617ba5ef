#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long does a job pause for a full image, and how soon is it back after a restart, by the size of its memory? In turn with
each checkpoint the same number of bytes is written by hand to the same disk, through the page cache and past it, fsync
included. The pause is what the program sees: the longest time between two of its steps.

    checkpoint_size.py                           64, 512 and 2048 MiB in one rank, MPICH
    checkpoint_size.py --mib 512 --ranks 4 --mpi openmpi --turns 5
"""
import argparse
import json
import mmap
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "runner"))
import jobs  # noqa: E402
from jobs import Failed, Job, Mana  # noqa: E402

LIMIT = 300
CHUNK = 8 << 20


def write_raw(path, size, direct):
    """Seconds for `size` bytes that don't compress, with fsync."""
    memory = mmap.mmap(-1, CHUNK)
    memory.write(os.urandom(CHUNK))
    start = time.monotonic()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | (os.O_DIRECT if direct else 0), 0o600)
    for _ in range(size // CHUNK):
        os.write(fd, memory)
    os.fsync(fd)
    os.close(fd)
    seconds = time.monotonic() - start
    os.unlink(path)
    return seconds


class Program:
    """The job that holds the memory."""

    def __init__(self, options, mib, directory):
        self.options, self.directory = options, directory
        self.mana, self.checkpoints = Mana(options.prefix), directory / "ckpt"
        self.lines = [directory / f"step.{rank}" for rank in range(options.ranks)]
        program = pathlib.Path(options.programs).resolve() / f"checkpoint_size.{options.mpi}"
        self.job = Job(self.mana.launch(options.mpi, options.ranks, self.checkpoints, [program, str(mib), directory]), directory, "launch")
        self.await_steps(3)

    def steps(self):
        """(fewest steps of a rank, longest pause in s); (0, 0) before every rank has made one."""
        if not all(line.exists() for line in self.lines):
            return 0, 0.0
        values = [line.read_text().split() for line in self.lines]
        return min(int(v[0]) for v in values), max(float(v[1]) for v in values)

    def await_steps(self, more):
        begin, limit = self.steps()[0], time.monotonic() + LIMIT
        while self.steps()[0] < begin + more:
            if self.job.ended() or time.monotonic() > limit:
                raise Failed(f"the program does not go on\n{self.job.tail()}")
            time.sleep(0.001)

    def checkpoint(self, kill):
        request = Job(self.mana.checkpoint(self.checkpoints, kill), self.directory, "checkpoint")
        if request.wait(LIMIT) != 0:
            raise Failed(f"no checkpoint\n{request.tail()}")

    def restart(self):
        """Seconds from the command to the first step of the last rank. Nothing of the images is in the page cache."""
        for line in self.lines:  # what is being written beside them, the image may have open
            line.unlink(missing_ok=True)
        start = time.monotonic()
        self.job = Job(self.mana.restart(self.options.mpi, self.options.ranks, self.checkpoints), self.directory, "restart")
        self.await_steps(1)
        return time.monotonic() - start

    def end(self):
        (self.directory / "stop").touch()
        if self.job.wait(LIMIT) != 0:
            raise Failed(f"the program failed\n{self.job.tail()}")


def forget(directory):
    """Takes the files out of the page cache."""
    for path in directory.rglob("*.img"):
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(options, mib):
    with tempfile.TemporaryDirectory(prefix="mana-size-", dir=options.scratch, ignore_cleanup_errors=True) as scratch:
        directory = pathlib.Path(scratch)
        size = mib * options.ranks << 20
        cached, direct, pauses, restarts = [], [], [], []
        for _ in range(options.turns):
            for line in directory.glob("st*"):
                line.unlink()
            program = Program(options, mib, directory)
            cached.append(write_raw(directory / "raw", size, False))
            direct.append(write_raw(directory / "raw", size, True))
            program.checkpoint(False)
            program.await_steps(2)
            pauses.append(program.steps()[1])
            program.checkpoint(True)
            program.job.wait(LIMIT)
            forget(directory)
            restarts.append(program.restart())
            program.end()
            jobs.end_strays()
        row = {name: statistics.median(values) for name, values in
               (("raw", cached), ("raw_direct", direct), ("pause", pauses), ("restart", restarts))}
        return row | {"mib": mib, "ranks": options.ranks, "mpi": options.mpi, "turns": options.turns,
                      "pause_to_raw": row["pause"] / row["raw"], "pause_to_raw_direct": row["pause"] / row["raw_direct"],
                      "restart_to_pause": row["restart"] / row["pause"]}


def main():
    parser = argparse.ArgumentParser(description="pause and restart by size")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "benchmarks")
    parser.add_argument("--mpi", choices=("mpich", "openmpi"), default="mpich")
    parser.add_argument("--mib", nargs="+", type=int, default=(64, 512, 2048), help="MiB of each rank")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--scratch", help="a directory on the disk to measure")
    parser.add_argument("--json", default=ROOT / "build" / "checkpoint_size.json")
    options = parser.parse_args()
    jobs.become_reaper()
    rows = []
    for mib in options.mib:
        row = measure(options, mib)
        rows.append(row)
        print(f"{mib:6} MiB x {options.ranks} over {options.mpi}: pause {row['pause']:.3f} s, raw write {row['raw']:.3f} s (ratio "
              f"{row['pause_to_raw']:.2f}), raw direct {row['raw_direct']:.3f} s (ratio {row['pause_to_raw_direct']:.2f}); restart to the first "
              f"step {row['restart']:.3f} s", flush=True)
    pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
