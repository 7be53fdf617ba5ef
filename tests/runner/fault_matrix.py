# SPDX-License-Identifier: Apache-2.0
"""Every fault at every point of a checkpoint: tests of faults.py, which runs them.

A job has a good generation. It is started again with a fault point (common/fault_point.hpp): in the next checkpoint, or in the
restart, one rank stops at that point until the harm is done:

    killed      that rank gets SIGKILL
    coordinator all sockets of the coordinator in rank 0 break
    full        the disk is full
    slow        the disk does nothing for a while
    dropped     the rank's connection to the coordinator breaks

Then the job goes on, or ends with a message, in time; what `mana list` calls complete restarts and passes, over the other MPI.
"""
import json
import re
import subprocess
import time

import jobs
from jobs import Failed

RANKS, LIMIT, ANSWER_LIMIT = 2, 25, 25
POINTS = ("agreeing", "draining", "parking", "writing", "written", "committing", "committed", "resuming")
RESTART_POINTS = ("restoring", "rebuilding")
NAMES = tuple(f"{point}_" for point in POINTS + RESTART_POINTS)
HARMS = ("killed", "coordinator", "full", "slow", "dropped")
# In CI: each point and each harm, the pairs that differ most.
COVERING = {("agreeing", "killed"), ("agreeing", "dropped"), ("draining", "coordinator"), ("parking", "killed"), ("writing", "full"),
            ("writing", "coordinator"), ("written", "killed"), ("committing", "killed"), ("committing", "full"), ("committed", "killed"),
            ("resuming", "dropped"), ("writing", "slow"), ("restoring", "killed"), ("rebuilding", "dropped")}


class Fault:
    """One pair of point and harm."""

    def __init__(self, bench, point, harm):
        self.b, self.point, self.harm = bench, point, harm
        # The coordinator's points are passed by rank 0 alone; a whole job that lost rank 0 is the harder case elsewhere too.
        self.rank = 0 if point in ("committing", "committed") else 1
        self.file = bench.directory / "fault"
        self.mounted = False

    def environment(self):
        return {"MANA_FAULT_POINT": f"{self.point}:{self.rank} {self.file}", "LIVE_CUT_DIR": str(self.b.cut_dir),
                "LIVE_CASE_DIR": str(self.b.directory)}

    def come_to_point(self, *watched):
        limit = time.monotonic() + LIMIT
        while not (self.b.directory / f"fault.{self.rank}").exists():
            if time.monotonic() > limit or any(job.ended() for job in watched):
                raise Failed(f"no rank came to the point `{self.point}`")
            time.sleep(0.01)

    def do_harm(self, job):
        b, pids = self.b, None
        if self.harm in ("killed", "coordinator", "dropped"):
            pids = self.pids_by_rank(job)
        if self.harm == "killed":
            jobs.kill_pid(pids[self.rank])
        elif self.harm == "full":
            fill_disk(b.checkpoints / "ballast")
        elif self.harm == "slow":
            time.sleep(2)
        else:
            port = json.loads((b.checkpoints / "job.json").read_text())["port"]
            for rank in range(RANKS) if self.harm == "coordinator" else (self.rank,):
                b.shut_sockets(pids[rank], port, self.harm == "coordinator")
        self.b.directory.joinpath("fault.go").touch()

    def pids_by_rank(self, job):
        found = {}
        for pid in self.b.rank_pids(job, "inflight_small.mpich", "/lower-"):
            with open(f"/proc/{pid}/environ", "rb") as environ:
                words = environ.read().split(b"\0")
            for word in words:
                name, _, value = word.partition(b"=")
                if name in (b"PMI_RANK", b"OMPI_COMM_WORLD_RANK"):
                    found[int(value)] = pid
        if len(found) != RANKS:
            raise Failed(f"ranks {sorted(found)} found")
        return found

    def mount_small_disk(self):
        self.b.checkpoints.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=600m", "none", self.b.checkpoints]
        self.mounted = subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.b.checkpoints], check=False)


def fill_disk(path):
    with open(path, "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\1" * (1 << 20))
        except OSError:
            pass  # nothing more goes in


def wait_for_end(job, limit):
    """True if it ends by itself in time."""
    try:
        job.process.wait(limit)
    except subprocess.TimeoutExpired:
        return False
    jobs.Job.running_pids.discard(job.process.pid)
    return True


def check_message(fault, *jobs_asked):
    """What failed is said, in plain words."""
    text = "".join(job.text() + job.err.read_text(errors="replace") for job in jobs_asked)
    if re.search(r"Segmentation fault|CHECK failed|BUG:|terminate called", text):
        raise Failed("something crashed instead of saying what is wrong")
    if "mana: " not in text:
        raise Failed(f"nothing is said about {fault.harm} while {fault.point}")


def end_and_restart(fault, job):
    """The job goes on to its end or has ended; what is complete restarts and passes."""
    b = fault.b
    (b.checkpoints / "ballast").unlink(missing_ok=True)
    if fault.harm == "killed":
        if not wait_for_end(job, LIMIT):
            raise Failed("the job without a rank goes on for ever")
    else:
        b.finish(job)
        (b.cut_dir / "go.0").unlink()
    if b.command("verify", b.checkpoints)[0] != 0:
        raise Failed("mana verify finds the last good generation damaged")
    b.finish(b.restart(mpi="openmpi"))


def harm_checkpoint(fault):
    b = fault.b
    if fault.harm == "full":
        fault.mount_small_disk()
        if not fault.mounted:
            return "cannot mount a small file system"
    try:
        job = b.start(b.mana.launch("mpich", RANKS, b.checkpoints, [b.program("inflight_small")]), fault.environment())
        b.arrive(job)
        b.checkpoint()
        (b.directory / "fault.armed").touch()
        request = b.start(b.mana.checkpoint(b.checkpoints, False))
        fault.come_to_point(job)
        fault.do_harm(job)
        answered = wait_for_end(request, ANSWER_LIMIT)
        if not answered:
            raise Failed("the request is never answered")
        if request.process.returncode != 0:
            check_message(fault, request, job)
        end_and_restart(fault, job)
    finally:
        fault.unmount()
    return None


def harm_restart(fault):
    b = fault.b
    b.good_generation()
    for mark in b.cut_dir.glob("at.*"):
        mark.unlink()
    (b.directory / "fault.armed").touch()
    job = b.start(b.mana.restart("mpich", RANKS, b.checkpoints), fault.environment())
    fault.come_to_point(job)
    fault.do_harm(job)
    end_and_restart(fault, job)


def make_test(point, harm):
    def test(b):
        fault = Fault(b, point, harm)
        return harm_restart(fault) if point in RESTART_POINTS else harm_checkpoint(fault)

    test.__name__ = f"{point}_{harm}"
    test.__doc__ = f"{harm.capitalize()} while {point}: the job goes on or ends with a message, and the last good generation restarts."
    return test


def tests(full):
    """All pairs that can be, or the covering ones. A restart reads only: the disk may be full, and job.json is not yet there while restoring."""
    pairs = [(p, h) for p in POINTS for h in HARMS]
    pairs += [(p, h) for p in RESTART_POINTS for h in ("killed", "slow")] + [("rebuilding", h) for h in ("coordinator", "dropped")]
    return [make_test(p, h) for p, h in pairs if full or (p, h) in COVERING]
