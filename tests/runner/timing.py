# SPDX-License-Identifier: Apache-2.0
"""Requests at awkward moments: tests of faults.py, which runs them. Each gets a Bench."""
import os
import re
import time

from jobs import Failed, stacks

RANKS, LIMIT = 2, 20


def go(b, stage, *ranks):
    for rank in ranks or range(RANKS):
        (b.cut_dir / f"go.{stage}.{rank}").touch()


def come_to(b, job, stage, *ranks):
    """Waits until the ranks (all) stand at a stage of tests/fault/stages.c."""
    limit = time.monotonic() + LIMIT
    while not all((b.cut_dir / f"at.{stage}.{rank}").exists() for rank in ranks or range(RANKS)):
        if job.ended() or time.monotonic() > limit:
            raise Failed(f"{job.name} did not come to stage {stage}{stacks()}")
        time.sleep(0.02)


def stages(b, mpi="mpich"):
    job = b.launch("stages", mpi=mpi)
    come_to(b, job, 0)
    return job


def pass_all(b, job):
    for stage in range(4):
        go(b, stage)
    code = job.wait(LIMIT)
    if code != 0 or len(re.findall(r"^PASS ", job.text(), re.M)) != RANKS:
        raise Failed(f"{job.name} did not pass: exit code {code}")


def ask(b):
    return b.start(b.mana.checkpoint(b.checkpoints, False))


def checkpoint_after_init(b, job):
    come_to(b, job, 1)
    if ask(b).wait(LIMIT) != 0:
        raise Failed("a checkpoint after MPI_Init was refused")


def stages_with_checkpoint(b):
    """A job that stands at stage 1, where a checkpoint has been taken."""
    job = stages(b)
    go(b, 0)
    checkpoint_after_init(b, job)
    return job


def restart_passes(b, mpi="openmpi"):
    """The newest generation goes on over the other MPI to its end."""
    job = b.start(b.mana.restart(mpi, RANKS, b.checkpoints))
    pass_all(b, job)


def request_before_init(b):
    """A request before MPI_Init is refused by name; the job goes on, and later requests succeed."""
    job = stages(b)
    b.refused(ask(b), r"nor the id of a job|no .*job|not running")
    go(b, 0)
    checkpoint_after_init(b, job)
    pass_all(b, job)
    restart_passes(b)


def signal_before_init(b):
    """A request by signal before MPI_Init is served as soon as MPI is initialised."""
    job = stages(b)
    for pid in b.rank_pids(job, "stages.mpich"):
        os.kill(pid, 12)
    go(b, 0)
    come_to(b, job, 1)
    limit = time.monotonic() + LIMIT
    while not list(b.checkpoints.glob("generation-*/manifest.json")):
        if job.ended() or time.monotonic() > limit:
            raise Failed("no generation by the early signal")
        time.sleep(0.02)
    pass_all(b, job)
    restart_passes(b)


def request_during_init(b):
    """A request while one rank is in MPI_Init and another has not come yet: refused or kept waiting, never a hang; it may succeed later."""
    job = stages(b)
    go(b, 0, 0)
    time.sleep(0.5)
    request = ask(b)
    time.sleep(0.5)
    go(b, 0, 1)
    if request.wait(LIMIT) == 0 and not b.generations():
        raise Failed("the request succeeded without a generation")
    checkpoint_after_init(b, job)
    pass_all(b, job)
    restart_passes(b)


def request_during_finalize(b):
    """A request while one rank is in MPI_Finalize and the other comes late is refused by name; the job ends well and its last generation restarts."""
    job = stages_with_checkpoint(b)
    go(b, 1)
    come_to(b, job, 2)
    go(b, 2, 0)
    time.sleep(0.3)
    b.refused(ask(b), r"rank 0 has ended or called MPI_Finalize|the job is ending")
    pass_all(b, job)
    restart_passes(b)


def request_after_finalize(b):
    """A request after MPI_Finalize is refused by name while the program goes on, and its last generation restarts."""
    job = stages_with_checkpoint(b)
    for stage in (1, 2):
        go(b, stage)
    come_to(b, job, 3)
    b.refused(ask(b), r"ended|no .*job|not running|ending|does not answer")
    pass_all(b, job)
    restart_passes(b)


def request_at_restart(b):
    """Requests from the first moment of a restart on are refused or served, and what they give restarts again."""
    b.good_generation()
    for mpi in ("openmpi", "mpich", "openmpi"):
        job = b.restart(mpi=mpi)
        limit = time.monotonic() + LIMIT
        while b.start(b.mana.checkpoint(b.checkpoints, True)).wait(LIMIT) != 0:
            if job.ended() or time.monotonic() > limit:
                raise Failed("no request succeeded after the restart")
        job.wait(LIMIT)
    b.finish(b.restart(mpi="mpich"))


def status_at_restart(b):
    """`mana status` says of every rank that it is remaking MPI while one rank of a restart has not begun to, and no longer at the end."""
    b.good_generation("comm_names")
    fault = b.directory / "fault"
    (b.directory / "fault.armed").touch()
    job = b.restart(env={"MANA_FAULT_POINT": f"rebuilding:1 {fault}"})

    def await_status(what, told):
        limit = time.monotonic() + LIMIT
        while len(re.findall(rf"rank \d+ .*{what}", text := b.command("status", b.checkpoints)[1])) != told:
            if job.ended() or time.monotonic() > limit:
                raise Failed(f"mana status does not tell of {told} ranks that they are {what}:\n{text}")
            time.sleep(0.1)

    await_status("remaking MPI", RANKS)
    (b.directory / "fault.go").touch()
    b.arrive(job)
    await_status("remaking MPI", 0)
    await_status("at the checkpoint line", 0)
    b.finish(job)


def short_interval(b):
    """A checkpoint every second on iterations of 0.2 s (mana #161): they come, the job gets on, and the last one restarts to the same result."""
    iterations, interval = 20, 1
    app = [b.program("iterations"), str(iterations), "200"]
    plain = b.start(b.mana.launch("mpich", RANKS, b.directory / "plain", app))
    if plain.wait(60) != 0:
        raise Failed("the run without checkpoints failed")
    job = b.start(b.mana.launch("mpich", RANKS, b.checkpoints, app, ("--interval", str(interval))))
    begun = time.monotonic()
    if job.wait(60) != 0:
        raise Failed("the run with checkpoints failed")
    seconds = time.monotonic() - begun
    newest = int(b.generations()[-1].name.split("-")[1])
    if newest < seconds / interval / 3:
        raise Failed(f"only {newest} checkpoints in {seconds:.1f} s")
    again = b.start(b.mana.restart("openmpi", RANKS, b.checkpoints))
    if again.wait(60) != 0:
        raise Failed("the restart failed")
    results = [sorted(re.findall(r"^PASS .*", one.text(), re.M)) for one in (plain, job, again)]
    if len(results[0]) != RANKS or results[0] != results[1] or results[0] != results[2]:
        raise Failed(f"the results differ: {results}")


def rank_terminated(b):
    """A rank that is terminated while a checkpoint waits for it ends the job and the request, with a message."""
    job = b.launch("late_to_barrier")
    b.arrive(job)
    request = ask(b)
    time.sleep(0.3)
    os.kill(b.rank_pids(job, "late_to_barrier.mpich")[-1], 15)
    if request.wait(LIMIT) == 0:
        raise Failed("the request succeeded without a rank")
    job.wait(LIMIT)
    text = request.text() + request.err.read_text() + job.text() + job.err.read_text(errors="replace")
    if not re.search(r"lost|ended|killed|given up", text):
        raise Failed("nothing says that a rank is gone")


TESTS = [request_before_init, signal_before_init, request_during_init, request_during_finalize, request_after_finalize,
         request_at_restart, status_at_restart, short_interval, rank_terminated]
