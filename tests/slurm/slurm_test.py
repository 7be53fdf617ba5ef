#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checkpoint and restart under a real Slurm of two nodes (lab.sh), across allocations, distributions and MPIs.

    slurm_test.py [--native] [--keep-slurm]

The job steps run a live program (tests/live): it waits at its cut place, the checkpoint is taken, a second
allocation with another distribution of the tasks over the nodes continues it under the other MPI. The result is
compared with a native run by mpirun, so that singletons (srun with the wrong --mpi) do not pass.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "runner"))
import jobs  # noqa: E402
import live  # noqa: E402
from jobs import Failed, Job, Mana  # noqa: E402

RUN_LIMIT, CUT_LIMIT, CHECKPOINT_LIMIT, END_LIMIT = 60, 40, 30, 30
PMI = {"mpich": "pmi2", "openmpi": "pmix"}
# name: (live program, application, first (MPI, nodes), second (MPI, nodes), how the checkpoint is asked for)
CASES = {
    "kill-mpich-2-nodes-to-openmpi-1-node": ("inflight_many", "mpich", ("mpich", 2), ("openmpi", 1), "command"),
    "kill-openmpi-1-node-to-mpich-2-nodes": ("type_struct", "openmpi", ("openmpi", 1), ("mpich", 2), "command"),
    "signal-openmpi-2-nodes-to-openmpi-1-node": ("comm_names", "openmpi", ("openmpi", 2), ("openmpi", 1), "signal"),
    "signal-mpich-2-nodes-to-openmpi-2-nodes": ("process_memory", "openmpi", ("mpich", 2), ("openmpi", 2), "signal"),
}


class SlurmRun:
    def __init__(self, options, setting, lab, case):
        program, self.app, self.first, self.second, self.way = CASES[case]
        self.program = live.programs()[program]
        self.options, self.setting, self.lab, self.case = options, setting, lab, case
        self.directory = setting.work / case
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.cut_dir = self.directory / "cut"
        self.cut_dir.mkdir()
        self.checkpoints = self.directory / "ckpt"
        self.env = {"SLURM_CONF": str(lab / "slurm.conf")}
        self.steps, self.other = [], []

    def srun(self, where, command):
        mpi, nodes = where
        return ["srun", f"--mpi={PMI[mpi]}", f"--nodes={nodes}", f"--ntasks={self.program.ranks}", "--overcommit",
                f"--job-name={self.case}", "--kill-on-bad-exit=1", *command]

    def start(self, where, command, env=None):
        name = f"step{len(self.steps)}"
        self.steps.append(Job(self.srun(where, command), self.directory, name, env={**self.env, **(env or {})}))

    def run_command(self, command, name, limit):
        job = Job(command, self.directory, name, env=self.env)
        self.other.append(job)
        code = job.wait(limit)
        if code != 0:
            raise Failed(f"{name}: exit code {code}")
        return job.text()

    def arrive(self):
        limit = time.monotonic() + CUT_LIMIT
        while len(list(self.cut_dir.glob("at.0.*"))) < self.program.ranks:
            if self.steps[-1].ended() or time.monotonic() > limit:
                raise Failed(f"{self.steps[-1].name} did not come to its cut place")
            time.sleep(0.02)

    def checkpoint_by_signal(self):
        """As a user of Slurm asks: a signal to the tasks; then the job is cancelled when a good generation is there."""
        job_id = self.run_command(["squeue", "-h", "-o", "%A", f"--name={self.case}"], "squeue", 10).strip()
        self.run_command(["scancel", "--signal=USR2", f"{job_id}.0"], "signal", 10)
        limit = time.monotonic() + CHECKPOINT_LIMIT
        while True:
            verify = Job([self.setting.mana.bin / "mana", "verify", self.checkpoints], self.directory, "verify")
            if verify.wait(CHECKPOINT_LIMIT) == 0:
                break
            if self.steps[-1].ended() or time.monotonic() > limit:
                self.other.append(verify)
                raise Failed("no generation after SIGUSR2")
            time.sleep(0.1)
        self.run_command(["scancel", job_id], "cancel", 10)

    def run(self):
        try:
            expected = live.native_result(self.setting, self.program, self.app)
            executable = self.setting.executable(self.program, self.app)
            if self.options.native:
                self.start((self.app, self.first[1]), [executable], {"LIVE_CASE_DIR": str(self.directory)})
            else:
                mana = self.setting.mana.bin / "mana_launch"
                self.start(self.first, [mana, "--ckptdir", self.checkpoints, "--", executable],
                           {"LIVE_CASE_DIR": str(self.directory), "LIVE_CUT_DIR": str(self.cut_dir)})
                self.interrupt()
                self.start(self.second, [self.setting.mana.bin / "mana_restart", self.checkpoints])
                self.arrive()
                (self.cut_dir / "go.0").touch()
            code = self.steps[-1].wait(RUN_LIMIT)
            found = live.result_lines("".join(step.text() for step in self.steps))
            if code != 0 or found != expected:
                raise Failed(f"exit code {code}\n  native {expected}\n  found  {found}")
        except Failed as failure:
            for step in self.steps:
                if not step.ended():
                    step.kill()
            tails = [job.tail() for job in self.other[-1:] + self.steps]
            raise Failed("\n".join([str(failure), *tails])) from None
        shutil.rmtree(self.directory, ignore_errors=True)

    def interrupt(self):
        self.arrive()
        if self.way == "command":
            self.run_command(self.setting.mana.checkpoint(self.checkpoints, kill=True), "checkpoint", CHECKPOINT_LIMIT)
        else:
            self.checkpoint_by_signal()
        self.steps[-1].wait(END_LIMIT)
        for mark in self.cut_dir.glob("at.*"):
            mark.unlink()


def main():
    parser = argparse.ArgumentParser(description="checkpoint and restart under Slurm")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "tests" / "live")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "slurm-runs")
    parser.add_argument("--native", action="store_true", help="only srun of the bare programs")
    parser.add_argument("--keep-slurm", action="store_true", help="leave the daemons running")
    parser.add_argument("case", nargs="*", help=", ".join(CASES))
    options = parser.parse_args()
    options.keep = False
    cases = options.case or list(CASES)
    if os.geteuid() != 0 or not shutil.which("srun"):
        print("needs root and Debian's slurm-wlm and munge")
        print(f"0 passed, 0 failed, {len(cases)} skipped")
        return 0
    setting = live.Setting(options)
    setting.work.mkdir(parents=True, exist_ok=True)
    lab = setting.work / "lab"
    passed = failed = 0
    try:
        subprocess.run([HERE / "lab.sh", "start", lab], check=True, timeout=120, stdin=subprocess.DEVNULL)
        for case in cases:
            start = time.monotonic()
            try:
                SlurmRun(options, setting, lab, case).run()
                passed += 1
                print(f"ok {case}  {time.monotonic() - start:.1f} s", flush=True)
            except Failed as failure:
                failed += 1
                print(f"not ok {case}\n  " + str(failure).replace("\n", "\n  "), flush=True)
    except (subprocess.SubprocessError, OSError) as problem:
        failed += 1
        print(f"not ok: the test Slurm did not start: {problem}")
    finally:
        if not options.keep_slurm:
            subprocess.run([HERE / "lab.sh", "stop", lab], timeout=120, check=False, stdin=subprocess.DEVNULL)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
