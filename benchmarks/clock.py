#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clock_gettime natively, under mana_launch and after a restart: it may cost at most 5 ns more than natively.

    clock.py [--pairs N] [--strict]
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

MOST_ADDED_NS = 5.0
LIMIT = 60


def measured(job):
    if job.wait(LIMIT) != 0:
        raise Failed(f"{job.name} failed\n{job.tail()}")
    return {words[1]: float(words[2]) for words in (line.split() for line in job.text().splitlines()) if words[:1] == ["BENCH"]}


def chain(options, directory):
    """Natively, under mana, and in the process that a restart made: nanoseconds of each."""
    program, mana = pathlib.Path(options.programs).resolve() / "clock", Mana(options.prefix)
    cut, checkpoints = directory / "cut", directory / "ckpt"
    cut.mkdir()
    native = measured(Job([program], directory, "native"))["clock_gettime"]
    job = Job([mana.bin / "mana_launch", "--ckptdir", checkpoints, "--", program], directory, "launched", env={"CUT_DIR": str(cut)})
    limit = time.monotonic() + LIMIT
    while not (cut / "at.0").exists() and time.monotonic() < limit and not job.ended():
        time.sleep(0.01)
    if Job(mana.checkpoint(checkpoints, True), directory, "checkpoint").wait(LIMIT) != 0:
        raise Failed(f"the checkpoint failed\n{job.tail()}")
    job.wait(LIMIT)
    launched = {words[1]: float(words[2]) for words in (line.split() for line in job.text().splitlines()) if words[:1] == ["BENCH"]}
    (cut / "go.0").touch()
    restarted = measured(Job([mana.bin / "mana_restart", checkpoints], directory, "restarted"))
    return native, launched["clock_gettime"], restarted["clock_gettime_restarted"]


def main():
    parser = argparse.ArgumentParser(description="what clock_gettime costs")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "benchmarks")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    jobs.become_reaper()
    rows = []
    for _ in range(options.pairs):
        with tempfile.TemporaryDirectory(prefix="mana-bench-") as directory:
            rows.append(chain(options, pathlib.Path(directory)))
    native, launched, restarted = (statistics.median(row[i] for row in rows) for i in range(3))
    missed = 0
    for name, value in (("launched", launched), ("restarted", restarted)):
        met = value - native <= MOST_ADDED_NS
        missed += not met
        print(f"clock_gettime    {name:10} native {native:6.1f} ours {value:6.1f} ns  added {value - native:5.1f}  "
              f"added at most {MOST_ADDED_NS:g}: {'met' if met else 'MISSED'}")
    failed = missed if options.strict else 0
    print(f"{2 - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
