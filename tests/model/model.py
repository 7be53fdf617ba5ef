#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The protocol that finds a cut, checked by Spin (cut.pml says what is checked).

    model.py [--seconds 8] [--seed 1]

Each configuration is searched many times over, depth first with the choices in an order of its own, for a slice of the time. An error
is found so within seconds, as the protocols that are broken on purpose show; that there is none is not proven.
"""
import argparse
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MODEL = pathlib.Path(__file__).resolve().parent / "cut.pml"
MEMORY_MB = 600
SLICE = 0.4

# What must hold: a name and the parts of the model.
SOUND = [
    ("a rank in a collective waits for one that waits for a held one", ["STALL_PROGRAM"]),
    ("any program of one step, two ranks", ["PRESENT=2", "STEPS=1"]),
    ("any program of two steps, two ranks, two checkpoints that may be given up", ["PRESENT=2", "STEPS=2", "ROUNDS=2", "GIVE_UP"]),
    ("any program of three steps, three ranks, two overlapping communicators", ["STEPS=3"]),
    ("any program of five steps, three ranks, reports that wait in a queue", ["STEPS=5", "QUEUE=2"]),
]
# What must be found wrong.
BROKEN = [
    ("no stall rule", ["STALL_PROGRAM", "NO_STALL_RULE"], "invalid end state"),
    ("a plain barrier instead of targets", ["PRESENT=2", "STEPS=1", "PLAIN_BARRIER"], "invalid end state"),
    ("looking before counting", ["PRESENT=2", "STEPS=1", "RACY_ENTRY"], "assertion violated|invalid end state"),
    ("a stop that does not wait for those behind", ["STALL_PROGRAM", "EARLY_STOP"], "assertion violated|invalid end state"),
    ("a drain that does not compare counts", ["PRESENT=2", "STEPS=2", "NO_COUNTS"], "assertion violated"),
    ("a count that is read while it is taken back", ["STALL_PROGRAM", "TORN_LOOK"], "invalid end state"),
    ("targets raised after the stop", ["STALL_PROGRAM", "LATE_TARGETS"], "invalid end state"),
]


class Search:
    """One verifier, compiled for one configuration."""

    def __init__(self, work, parts):
        self.directory = pathlib.Path(tempfile.mkdtemp(dir=work))
        shutil.copy(MODEL, self.directory)
        self.run(["spin", "-a", *(f"-D{part}" for part in parts), MODEL.name])
        self.run(["gcc", "-O0", "-w", "-DSAFETY", "-DBITSTATE", "-DT_RAND", "-DP_RAND", "-DVECTORSZ=2048",
                  f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c"])

    def run(self, command):
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    def search(self, seconds, seed):
        """(first error or None, states seen, searches): one search after the other, each with an order of its own, for a slice of the time."""
        limit = time.monotonic() + seconds
        states = searches = 0
        while time.monotonic() < limit:
            error, seen = self.search_once(SLICE, seed + searches)
            states, searches = states + seen, searches + 1
            if error:
                return error, states, searches
        return None, states, searches

    def search_once(self, seconds, seed):
        with subprocess.Popen(["./pan", "-m100000", "-w22", f"-RS{seed}"], cwd=self.directory, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as pan:
            try:
                text, _ = pan.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                pan.send_signal(signal.SIGINT)  # it says what it has seen so far
                text, _ = pan.communicate()
        error = re.search(r"^pan:\d+: (.*)", text, re.M)
        states = re.search(r"^\s*([\d.e+]+) states, stored", text, re.M)
        if states is None or "max search depth" in text or "out of memory" in text:
            raise RuntimeError(f"pan ended in an odd way:\n{text[-2000:]}")
        return error and error.group(1), int(float(states.group(1)))


def main():
    parser = argparse.ArgumentParser(description="the model of the protocol")
    parser.add_argument("--seconds", type=float, default=8, help="for each configuration; a broken one gets ten times as much")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if shutil.which("spin") is None:
        print("skip: the package spin is not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="mana-model-") as work:
        for name, parts, expected in [(*sound, None) for sound in SOUND] + BROKEN:
            error, states, searches = Search(work, parts).search(options.seconds * (10 if expected else 1), options.seed)
            good = error is None if expected is None else error is not None and re.search(expected, error) is not None
            passed, failed = passed + good, failed + (not good)
            what = f"{states} states in {searches} searches, " + (f"found: {error[:60]}" if error else "no error found")
            print(f"{'ok' if good else 'not ok'} {'must be found: ' if expected else ''}{name} - {what}", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
