#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long after a request does a busy program stand still? Asks for many checkpoints at random moments of a program whose longest gap
between two collectives is known, and prints the time from the request to the moment at which nothing moves any more, beyond that gap,
and what each phase took. With matplotlib (python3-matplotlib) it draws the distributions.

    checkpoint_latency.py                                   gaps of 0, 5 and 50 ms, 2 ranks, both MPIs, 100 requests each
    checkpoint_latency.py --gap 20 --ranks 4 --requests 300 --plot latency.png
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "runner"))
import jobs  # noqa: E402
from jobs import Failed, Job, Mana  # noqa: E402

LIMIT, GOAL_MS = 60, 10.0
PHASES = ("agreeing", "draining", "parking", "writing", "committing")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def longest_gap_ms(directory, ranks):
    lines = [directory / f"gap.{rank}" for rank in range(ranks)]
    return max(float(line.read_text().split()[1]) for line in lines) * 1000 if all(line.exists() for line in lines) else None


def measure(options, mpi, gap_ms, chance):
    """One row: the latencies of all requests in ms, and the medians of the phases in ms."""
    with tempfile.TemporaryDirectory(prefix="mana-latency-", ignore_cleanup_errors=True) as scratch:
        directory = pathlib.Path(scratch)
        mana, checkpoints = Mana(options.prefix), directory / "ckpt"
        program = pathlib.Path(options.programs).resolve() / f"checkpoint_latency.{mpi}"
        job = Job(mana.launch(mpi, options.ranks, checkpoints, [program, str(gap_ms), directory], share_cores=options.ranks > 2), directory, "launch")
        limit = time.monotonic() + LIMIT
        while longest_gap_ms(directory, options.ranks) is None:
            if job.ended() or time.monotonic() > limit:
                raise Failed(f"the program did not start\n{job.tail()}")
            time.sleep(0.01)
        answers = []
        for _ in range(options.requests):
            time.sleep(chance.uniform(0.02, 0.1))
            done = subprocess.run([mana.bin / "mana", "checkpoint", "--json", checkpoints], capture_output=True, text=True, timeout=LIMIT, check=False)
            if done.returncode != 0:
                raise Failed(f"a request failed: {done.stderr}\n{job.tail()}")
            answers.append(json.loads(done.stdout))
        gap = longest_gap_ms(directory, options.ranks)
        (directory / "stop").touch()
        if job.wait(LIMIT) != 0:
            raise Failed(f"the program failed\n{job.tail()}")
        cut = [1000 * sum(a["phases_s"].get(phase, 0.0) for phase in PHASES[:3]) for a in answers]
        return {"mpi": mpi, "ranks": options.ranks, "gap_wanted_ms": gap_ms, "longest_gap_ms": gap, "requests": len(answers), "cut_ms": cut,
                "p50_ms": statistics.median(cut), "p99_ms": percentile(cut, 0.99), "p99_beyond_gap_ms": percentile(cut, 0.99) - gap,
                "phases_ms": {phase: statistics.median([1000 * a["phases_s"].get(phase, 0.0) for a in answers]) for phase in PHASES}}


def draw(rows, path):
    """The share of requests that are done by a time, a line for each row, beside the longest gap of its program."""
    try:
        import matplotlib
    except ImportError:
        print("no plot: python3-matplotlib is not installed")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for row in rows:
        times = sorted(row["cut_ms"])
        line, = axes.step(times, [(i + 1) / len(times) for i in range(len(times))], where="post",
                          label=f"{row['mpi']}, gaps up to {row['gap_wanted_ms']:g} ms: p99 {row['p99_ms']:.1f} ms")
        axes.axvline(row["longest_gap_ms"], color=line.get_color(), linestyle=":", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("from the request to the cut, ms (dotted: the program's longest gap between collectives)")
    axes.set_ylabel("share of the requests")
    axes.set_ylim(0, 1.02)
    axes.grid(True, alpha=0.3)
    axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    print(f"drawn in {path}")


def main():
    parser = argparse.ArgumentParser(description="from the request to the cut")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "benchmarks")
    parser.add_argument("--mpi", nargs="+", choices=("mpich", "openmpi"), default=("mpich", "openmpi"))
    parser.add_argument("--gap", nargs="+", type=float, default=(0, 5, 50), help="ms")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--plot", default=ROOT / "build" / "checkpoint_latency.png")
    parser.add_argument("--json", default=ROOT / "build" / "checkpoint_latency.json")
    options = parser.parse_args()
    jobs.become_reaper()
    print(f"seed {options.seed}")
    chance, rows = random.Random(options.seed), []
    for mpi in options.mpi:
        for gap in options.gap:
            row = measure(options, mpi, gap, chance)
            rows.append(row)
            phases = ", ".join(f"{phase} {ms:.1f}" for phase, ms in row["phases_ms"].items())
            met = "met" if row["p99_beyond_gap_ms"] <= GOAL_MS else "MISSED"
            print(f"{mpi:8} {options.ranks} ranks, longest gap {row['longest_gap_ms']:6.1f} ms: cut after p50 {row['p50_ms']:.1f} p99 {row['p99_ms']:.1f} ms, "
                  f"{row['p99_beyond_gap_ms']:.1f} ms beyond the gap (goal {GOAL_MS:g}: {met}); medians in ms: {phases}", flush=True)
            jobs.end_strays()
    pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
    draw(rows, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
