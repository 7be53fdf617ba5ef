#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each benchmark natively, through bare doors and under mana_launch, in turn, and prints medians, ratios and their spread.

    compare.py                              both MPIs, all benchmarks, 15 pairs
    compare.py --mpi openmpi --bench p2p_latency --pairs 5
    compare.py --cross                      adds programs of one MPI over the other one

A ratio above 1 is a slower mana (for bandwidth: below 1). `bare` is the native run with bare_door.c preloaded: what the way into another half
and back costs by itself, on this machine. The goals are those of the project; a missed one is marked, and one that the bare door alone
misses is marked as out of reach here. With --strict a missed one ends the run with exit code 1. Results are written as JSON.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "runner"))
import jobs  # noqa: E402
from jobs import Failed, Job, Mana, OTHER_MPI  # noqa: E402

BENCHMARKS = ("call_overhead", "p2p_latency", "collective_latency", "operation_latency", "fortran_latency")
RANKS = {"call_overhead": 1}
RUN_LIMIT = 120
# name: (kind, limit); `added` is ours minus native in ns, the others are the ratio ours / native
GOALS = {
    "comm_rank": ("ratio_at_most", 1.0), "comm_size": ("ratio_at_most", 1.0), "type_size": ("ratio_at_most", 1.0),
    "iprobe_nothing": ("added_at_most", 20.0), "test_pending": ("added_at_most", 20.0),
    "pingpong_8": ("ratio_at_most", 1.15), "stream_8": ("ratio_at_most", 1.15),
    "allreduce_8": ("ratio_at_most", 1.05), "barrier": ("ratio_at_most", 1.05),
    "bandwidth_1m": ("ratio_at_least", 0.99),
}


def measure(command, directory, name):
    """The values that one run prints: name -> (value, unit)."""
    job = Job(command, directory, name)
    code = job.wait(RUN_LIMIT)
    found = {words[1]: (float(words[2]), words[3]) for words in (line.split() for line in job.text().splitlines())
             if len(words) == 4 and words[0] == "BENCH"}
    if code != 0 or not found:
        raise Failed(f"{name}: exit code {code}\n{job.tail()}")
    return found


def quartiles(values):
    if len(values) < 2:
        return [values[0], values[0]]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return [low, high]


def meets(goal, ratio, added):
    if goal is None:
        return None
    kind, limit = goal
    return {"ratio_at_most": ratio <= limit, "ratio_at_least": ratio >= limit, "added_at_most": added <= limit}[kind]


def compare(options, bench, app, mpi, directory):
    """Alternating pairs of one benchmark; one result row per printed value."""
    executable = pathlib.Path(options.programs).resolve()
    ranks = RANKS.get(bench, 2)
    native_command = [*jobs.mpiexec(mpi, ranks, share_cores=False), executable / f"{bench}.{mpi}"]
    ours_command = Mana(options.prefix).launch(mpi, ranks, directory / "ckpt", [executable / f"{bench}.{app}"],
                                               share_cores=False)
    if options.native:
        ours_command = native_command
    preload = f"LD_PRELOAD={executable / f'bare_door.{mpi}.so'}"
    bare_command = [*jobs.mpiexec(mpi, ranks, share_cores=False), "env", preload, executable / f"{bench}.{mpi}"]
    runs = []
    for i in range(options.pairs):
        order = [("native", native_command), ("bare", bare_command), ("ours", ours_command)]
        runs.append({name: measure(command, directory, name) for name, command in (order if i % 2 == 0 else order[::-1])})
    rows = []
    for name, (_, unit) in runs[0]["native"].items():
        native, bare, ours = ([run[which][name][0] for run in runs] for which in ("native", "bare", "ours"))
        ratios = [o / n for n, o in zip(native, ours)]
        row = {"bench": bench, "name": name, "unit": unit, "app": app, "mpi": mpi, "pairs": len(runs),
               "native": statistics.median(native), "ours": statistics.median(ours),
               "ratio": statistics.median(ratios), "ratio_quartiles": quartiles(ratios),
               "added": statistics.median([o - n for n, o in zip(native, ours)]), "goal": GOALS.get(name)}
        row["bare_ratio"] = statistics.median([b / n for n, b in zip(native, bare)])
        row["bare_added"] = statistics.median([b - n for n, b in zip(native, bare)])
        row["met"] = meets(row["goal"], row["ratio"], row["added"])
        row["in_reach"] = meets(row["goal"], row["bare_ratio"], row["bare_added"])
        rows.append(row)
    return rows


def print_row(row):
    goal = "" if row["goal"] is None else f"{row['goal'][0].replace('_', ' ')} {row['goal'][1]:g}: " + \
        ("met" if row["met"] else "MISSED" if row["in_reach"] else "out of reach: the bare door misses it")
    low, high = row["ratio_quartiles"]
    print(f"{row['name']:16} {row['app'] + ' over ' + row['mpi']:20} native {row['native']:10.1f} ours {row['ours']:10.1f} "
          f"{row['unit']:5} ratio {row['ratio']:.3f} [{low:.3f} {high:.3f}] added {row['added']:6.1f}"
          f"  bare door {row['bare_ratio']:.3f}, {row['bare_added']:.1f}  {goal}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="native against mana")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "benchmarks")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--bench", nargs="+", choices=BENCHMARKS, default=BENCHMARKS)
    parser.add_argument("--mpi", nargs="+", choices=("mpich", "openmpi"), default=("mpich", "openmpi"))
    parser.add_argument("--cross", action="store_true", help="also the program of one MPI over the other")
    parser.add_argument("--native", action="store_true", help="native against native: the noise of this machine")
    parser.add_argument("--json", default=ROOT / "build" / "benchmarks.json")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    jobs.become_reaper()
    rows, failed = [], 0
    for mpi in options.mpi:
        for app in (mpi, OTHER_MPI[mpi]) if options.cross else (mpi,):
            for bench in options.bench:
                with tempfile.TemporaryDirectory(prefix="mana-bench-") as directory:
                    try:
                        for row in compare(options, bench, app, mpi, pathlib.Path(directory)):
                            print_row(row)
                            rows.append(row)
                    except Failed as failure:
                        failed += 1
                        print(f"{bench} {app} over {mpi}: failed: {failure}", flush=True)
                    jobs.end_strays()
    pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
    out_of_reach = sum(row["met"] is False and row["in_reach"] is False for row in rows)
    missed = sum(row["met"] is False for row in rows) - out_of_reach
    print(f"written to {options.json}; {missed} goals missed, {out_of_reach} more out of reach for any split process on this machine")
    if options.strict:
        failed += missed
    print(f"{len(rows) - (missed if options.strict else 0)} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
