#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong must be said: refused launches and restarts, damaged generations, ranks killed during a checkpoint.

    faults.py [--full | --matrix] [TEST...]

Each test is a function here whose first line of text says the fact. A refusal must end non-zero within its limit,
name its reason, and leave no process behind.
"""
import argparse
import ctypes
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time

import fault_matrix
import jobs
import timing
from jobs import Failed, Job, Mana

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFUSAL_LIMIT, RUN_LIMIT, CUT_LIMIT, CHECKPOINT_LIMIT = 20, 40, 30, 20
RANKS = 2


class Bench:
    """A directory of its own for one test, with the steps that the tests are made of."""

    def __init__(self, options, name):
        self.mana = Mana(options.prefix)
        self.programs = pathlib.Path(options.programs).resolve()
        self.directory = pathlib.Path(options.work).resolve() / name
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.checkpoints = self.directory / "ckpt"
        self.cut_dir = self.directory / "cut"
        self.cut_dir.mkdir()
        self.jobs = []
        self.ranks = RANKS

    def start(self, command, env=None, cwd=None):
        self.jobs.append(Job(command, self.directory, f"job{len(self.jobs)}", cwd=cwd, env=env))
        return self.jobs[-1]

    def launch(self, program="inflight_small", mpi="mpich", options=(), env=None):
        app = [self.program(program)]
        return self.start(self.mana.launch(mpi, self.ranks, self.checkpoints, app, options),
                          {"LIVE_CUT_DIR": str(self.cut_dir), "LIVE_CASE_DIR": str(self.directory), **(env or {})})

    def program(self, name):
        path = self.programs / f"{name}.mpich"
        return path if path.exists() else self.programs.parent / "fault" / path.name

    def restart(self, mpi="openmpi", ranks=None, options=(), env=None):
        for mark in self.cut_dir.glob("at.*"):
            mark.unlink()
        return self.start(self.mana.restart(mpi, ranks or self.ranks, self.checkpoints, options), env)

    def arrive(self, job):
        limit = time.monotonic() + CUT_LIMIT
        while len(list(self.cut_dir.glob("at.0.*"))) < self.ranks:
            if job.ended() or time.monotonic() > limit:
                raise Failed(f"{job.name} did not come to its cut place{jobs.stacks()}")
            time.sleep(0.02)

    def checkpoint(self, kill=False):
        job = self.start(self.mana.checkpoint(self.checkpoints, kill))
        code = job.wait(CHECKPOINT_LIMIT)
        if code != 0:
            raise Failed(f"mana checkpoint: exit code {code}")

    def finish(self, job):
        """Lets the program go on from its cut and checks that every rank passes."""
        self.arrive(job)
        (self.cut_dir / "go.0").touch()
        code = job.wait(RUN_LIMIT)
        passes = len(re.findall(r"^PASS ", job.text(), re.M))
        if code != 0 or passes != self.ranks:
            raise Failed(f"{job.name}: exit code {code}, {passes} ranks passed")

    def rank_pids(self, job, *programs):
        return rank_pids(job, *programs)

    def shut_sockets(self, pid, port, listening_end):
        return shut_sockets(pid, port, listening_end)

    def generations(self):
        """The directories of the generations, oldest first."""
        return sorted(self.checkpoints.glob("generation-*"))

    def images(self, generation=-1):
        return sorted(self.generations()[generation].glob("rank-*"))

    def refused(self, job, *reasons):
        """The job ends non-zero in time and its messages hold one of the reasons (regular expressions)."""
        code = job.wait(REFUSAL_LIMIT)
        text = job.text() + job.err.read_text(errors="replace")
        if code == 0:
            raise Failed(f"{job.name} was not refused")
        if re.search(r"Segmentation fault|signal 11|signal 6|Aborted|CHECK failed", text):
            raise Failed(f"{job.name} crashed instead of refusing")
        if not any(re.search(reason, text, re.I) for reason in reasons):
            raise Failed(f"{job.name} does not name the reason ({' or '.join(reasons)})")

    def command(self, *words, limit=REFUSAL_LIMIT):
        job = self.start([self.mana.bin / "mana", *words])
        return job.wait(limit), job.text()

    def good_generation(self, program="inflight_small", kill=True):
        """A job at its cut, checkpointed (and ended)."""
        job = self.launch(program)
        self.arrive(job)
        self.checkpoint(kill)
        if kill:
            job.wait(RUN_LIMIT)
        return job

    def launch_file(self, content=None, name="program", mode=0o755, options=()):
        path = self.directory / name
        if content is not None:
            path.write_bytes(content)
            path.chmod(mode)
        return self.start(self.mana.launch("mpich", 1, self.checkpoints, [path], options))

    def real_program(self):
        return (self.programs / "inflight_small.mpich").read_bytes()


def launch_missing_program(b):
    """A program that does not exist is refused by its name."""
    b.refused(b.launch_file(name="no-such-program"), r"no-such-program.*(no such file|not found|does not exist)",
              r"(no such file|not found|does not exist).*no-such-program")


def launch_static_program(b):
    """A static binary has no MPI to replace: refused."""
    source = b.directory / "static.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-static", source, "-o", b.directory / "static"], check=True)
    b.refused(b.launch_file(name="static"), r"static")


def launch_script(b):
    """A script is refused with the advice to run its interpreter."""
    b.refused(b.launch_file(b"#!/bin/sh\nexit 0\n"), r"script", r"interpreter")


def launch_text(b):
    """A file that is no ELF program is refused."""
    b.refused(b.launch_file(b"just some text, executable by mistake\n"), r"not an? ELF")
    b.refused(b.launch_file(b"", name="empty"), r"not an? ELF", r"empty")


def launch_torn_elf(b):
    """An ELF file cut off in its headers is refused, not followed into nothing."""
    b.refused(b.launch_file(b.real_program()[:100]), r"ELF|torn|short|truncated|header")


def launch_wrong_architecture(b):
    """A program of another architecture is refused."""
    program = bytearray(b.real_program())
    program[18:20] = (183).to_bytes(2, "little")  # e_machine: AArch64
    b.refused(b.launch_file(bytes(program)), r"architecture|machine|x86")


def launch_32_bit(b):
    """A 32-bit program is refused."""
    program = bytearray(b.real_program())
    program[4] = 1  # EI_CLASS
    b.refused(b.launch_file(bytes(program)), r"32.bit|class")


def launch_setuid(b):
    """A setuid program is refused: its rights would silently be lost."""
    b.refused(b.launch_file(b.real_program(), mode=0o4755), r"set.?uid")


def launch_unknown_mpi(b):
    """--mpi with an unknown name is refused."""
    b.refused(b.launch_file(b.real_program(), options=("--mpi", "nosuch")), r"nosuch|mpich.*openmpi")


def unusable_signal(b):
    """A request signal that no program can catch, or that is none, is refused at launch and at restart; the generation stays good."""
    b.good_generation()
    for signal in ("KILL", "STOP", "NOSUCH", "99"):
        b.refused(b.launch_file(b.real_program(), options=("--signal", signal)), rf"--signal {signal}: not a signal that can be used")
        b.refused(b.restart(options=("--signal", signal)), rf"--signal {signal}: not a signal that can be used")
    b.finish(b.restart())


def launch_exit_code(b):
    """The exit code of the program is that of the job."""
    job = b.start(b.mana.launch("mpich", 1, b.checkpoints, [shutil.which("false")]))
    code = job.wait(REFUSAL_LIMIT)
    if code == 0:
        raise Failed("`false` under mana_launch ended with 0")


def restart_nothing(b):
    """A directory that is not there, or holds no generation, is refused."""
    b.refused(b.restart(), r"ckpt|generation")
    b.checkpoints.mkdir()
    b.refused(b.restart(), r"generation")


def restart_wrong_rank_count(b):
    """A restart with another number of ranks is refused, with both numbers."""
    b.good_generation()
    b.refused(b.restart(ranks=3), r"\b2\b.*\b3\b|\b3\b.*\b2\b")
    b.refused(b.restart(mpi="mpich", ranks=1), r"\b2\b.*\b1\b|\b1\b.*\b2\b")
    b.finish(b.restart())


def restart_missing_generation(b):
    """--generation N with no such N is refused; with the right one it restarts."""
    b.good_generation()
    b.refused(b.restart(options=("--generation", "77")), r"77")
    number = int(b.generations()[-1].name.split("-")[1])
    b.finish(b.restart(options=("--generation", str(number))))


def restart_missing_image(b):
    """A generation without one of its images is refused, naming the image."""
    b.good_generation()
    image = b.images()[1]
    image.rename(b.directory / "away")
    b.refused(b.restart(), re.escape(image.name))
    code, _ = b.command("verify", b.checkpoints)
    if code == 0:
        raise Failed("mana verify finds nothing wrong")
    (b.directory / "away").rename(image)
    b.finish(b.restart())


def restart_torn_image(b):
    """An image cut off at its end is refused, by verify and by restart."""
    b.good_generation()
    image = b.images()[0]
    os.truncate(image, image.stat().st_size - 5000)
    b.refused(b.restart(), r"torn|truncated|short|size|bytes|checksum")
    code, _ = b.command("verify", b.checkpoints)
    if code == 0:
        raise Failed("mana verify finds nothing wrong")


def flip_byte(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes((byte ^ 0x55,)))


def restart_damaged_header(b):
    """One wrong byte in an image's header is refused."""
    b.good_generation()
    flip_byte(b.images()[0], 9)
    b.refused(b.restart(), r"version|checksum|header|image|magic")


def verify_damaged_content(b):
    """One wrong byte anywhere in an image's memory is found by mana verify."""
    b.good_generation()
    if b.command("verify", b.checkpoints)[0] != 0:
        raise Failed("mana verify refuses a good generation")
    image = b.images()[1]
    flip_byte(image, image.stat().st_size * 2 // 3)
    if b.command("verify", b.checkpoints)[0] == 0:
        raise Failed("mana verify does not see the changed byte")


def restart_falls_back(b):
    """A generation whose manifest was never written does not count: the one before it is restarted."""
    job = b.good_generation(kill=False)
    b.checkpoint()
    job.kill()
    if len(b.generations()) != 2:
        raise Failed(f"{len(b.generations())} generations instead of 2")
    (b.generations()[-1] / "manifest.json").unlink()
    b.finish(b.restart())


def keep_generations(b):
    """Five checkpoints leave the newest two generations by default."""
    job = b.good_generation(kill=False)
    for _ in range(4):
        b.checkpoint()
    found = [g.name for g in b.generations()]
    job.kill()
    if found != ["generation-000004", "generation-000005"]:
        raise Failed(f"left: {found}")


def list_and_inspect(b):
    """list, list --json, inspect and status answer about a running job and its generation."""
    job = b.good_generation(kill=False)
    code, text = b.command("list", b.checkpoints)
    if code != 0 or not re.search(r"\b1\b", text):
        raise Failed(f"mana list: exit code {code}")
    code, text = b.command("list", "--json", b.checkpoints)
    if code != 0 or not json.loads(text):
        raise Failed("mana list --json")
    code, text = b.command("inspect", b.images()[0])
    if code != 0 or len(text) < 100:
        raise Failed("mana inspect")
    code, text = b.command("status", "--json", b.checkpoints)
    if code != 0 or not isinstance(json.loads(text), dict):
        raise Failed("mana status --json")
    b.finish(job)


def checkpoint_without_job(b):
    """A checkpoint of a job that is not there is refused at once."""
    b.good_generation()
    b.refused(b.start(b.mana.checkpoint(b.checkpoints, False)), r"no .*job|not running|connect|ended|coordinator|no answer")


def signal_takes_checkpoint(b):
    """SIGUSR2 to one rank writes a generation of the whole job."""
    job = b.launch("inflight_small")
    b.arrive(job)
    rank = rank_pids(job)[0]
    os.kill(rank, 12)
    limit = time.monotonic() + CHECKPOINT_LIMIT
    while not list(b.checkpoints.glob("generation-*/manifest.json")):
        if job.ended() or time.monotonic() > limit:
            raise Failed("no generation after SIGUSR2")
        time.sleep(0.02)
    job.kill()
    b.finish(b.restart())


def interval_takes_checkpoints(b):
    """--interval takes checkpoints by itself."""
    job = b.launch("inflight_small", options=("--interval", "1"))
    b.arrive(job)
    limit = time.monotonic() + CHECKPOINT_LIMIT
    while len(list(b.checkpoints.glob("generation-*/manifest.json"))) < 2:
        if job.ended() or time.monotonic() > limit:
            raise Failed("no two generations by --interval 1")
        time.sleep(0.05)
    b.finish(job)


def timeout_gives_up(b):
    """A cut that can't be reached is given up in time: status and the refusal name the rank and what it does; the next request succeeds."""
    job = b.launch("late_to_barrier", options=("--checkpoint-timeout", "4"))
    b.arrive(job)
    request = b.start(b.mana.checkpoint(b.checkpoints, False))
    awaited = r"rank 1 has entered \d+ of \d+ collectives on communicator \S+ and is outside of MPI"
    limit = time.monotonic() + 3
    while True:
        code, text = b.command("status", b.checkpoints)
        if code == 0 and "agreeing" in text and re.search(awaited, text) and re.search(r"rank 0 .*MPI_Barrier", text):
            break
        if time.monotonic() > limit:
            raise Failed(f"mana status does not say whom the checkpoint waits for:\n{text}")
        time.sleep(0.1)
    b.refused(request, r"no consistent cut within 4 s: .*" + awaited)
    if b.generations():
        raise Failed("a generation is left of the checkpoint that was given up")
    (b.cut_dir / "go.0").touch()
    limit = time.monotonic() + CUT_LIMIT
    while len(list(b.cut_dir.glob("at.1.*"))) < RANKS:
        if job.ended() or time.monotonic() > limit:
            raise Failed("the job did not go on after the checkpoint that was given up")
        time.sleep(0.02)
    b.checkpoint(kill=True)
    job.wait(RUN_LIMIT)
    (b.cut_dir / "go.1").touch()
    restarted = b.start(b.mana.restart("openmpi", RANKS, b.checkpoints))
    if restarted.wait(RUN_LIMIT) != 0 or len(re.findall(r"^PASS ", restarted.text(), re.M)) != RANKS:
        raise Failed("the restarted job did not pass")


def requests_at_once(b):
    """Requests of several users at one moment are all answered by a generation."""
    job = b.launch("inflight_small")
    b.arrive(job)
    requests = [b.start(b.mana.checkpoint(b.checkpoints, False)) for _ in range(4)]
    codes = [request.wait(CHECKPOINT_LIMIT) for request in requests]
    if any(codes):
        raise Failed(f"exit codes {codes}")
    b.finish(job)


def request_while_writing(b):
    """A request while the images of the last one are being written gets a generation of its own."""
    job = b.launch("process_big_memory")
    b.arrive(job)
    first = b.start(b.mana.checkpoint(b.checkpoints, False))
    limit = time.monotonic() + CHECKPOINT_LIMIT
    while not list(b.checkpoints.glob("generation-*/rank-*")):
        if time.monotonic() > limit:
            raise Failed("no image is being written")
        time.sleep(0.002)
    second = b.start(b.mana.checkpoint(b.checkpoints, False))
    if first.wait(CHECKPOINT_LIMIT) != 0 or second.wait(CHECKPOINT_LIMIT) != 0:
        raise Failed("a request was refused")
    if len(b.generations()) != 2:
        raise Failed(f"{len(b.generations())} generations instead of 2")
    b.finish(job)


PROGRAMS_FOR_PIDS = ("inflight_small.mpich", "process_big_memory.mpich", "the program")


def rank_pids(job, *programs):
    """The ranks below a launcher: the processes that have one of our programs mapped."""
    found = []
    for pid in jobs.descendant_pids(job.process.pid):
        try:
            maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
        except OSError:
            continue
        if any(name in maps for name in programs or PROGRAMS_FOR_PIDS):
            found.append(pid)
    if len(found) < RANKS:
        raise Failed(f"{len(found)} ranks found below the launcher")
    return sorted(found)


def tcp_sockets(port):
    """(inode, whether it is the listener's end) of every IPv4 socket that has to do with the port."""
    found = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        local, remote = (int(words[i].split(":")[1], 16) for i in (1, 2))
        if port in (local, remote):
            found[words[9]] = local == port
    return found


def shut_sockets(pid, port, listening_end):
    """Breaks the connections of a process over the port, as a failing network or thread would; returns how many."""
    return shut(pid, {inode for inode, listens in tcp_sockets(port).items() if listens == listening_end})


def shut(pid, wanted):
    """Shuts the process's sockets with these inodes; returns how many."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle, count = os.pidfd_open(pid), 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if not target.startswith("socket:[") or target[8:-1] not in wanted:
            continue
        copy = libc.syscall(438, handle, int(fd), 0)  # pidfd_getfd
        if copy < 0:
            raise Failed(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        with socket.socket(fileno=copy) as connection:
            connection.shutdown(socket.SHUT_RDWR)
        count += 1
    os.close(handle)
    return count


def checkpoint_soon(b):
    """A checkpoint succeeds within a few seconds, whatever was lost before."""
    limit = time.monotonic() + CHECKPOINT_LIMIT
    while b.start(b.mana.checkpoint(b.checkpoints, False)).wait(CHECKPOINT_LIMIT) != 0:
        if time.monotonic() > limit:
            raise Failed("no checkpoint after the loss")
        time.sleep(0.3)


def dropped_connection(b):
    """A rank that loses its connection to the coordinator comes back by itself, and the next checkpoint succeeds."""
    job = b.launch("inflight_small")
    b.arrive(job)
    b.checkpoint()
    port = json.loads((b.checkpoints / "job.json").read_text())["port"]
    if not any(shut_sockets(pid, port, False) for pid in rank_pids(job)):
        raise Failed("no rank is connected to the coordinator")
    time.sleep(0.1)
    checkpoint_soon(b)
    b.finish(job)


def lost_coordinator(b):
    """The coordinator's sockets break: the job goes on and says so, a new coordinator takes its place, and its generation restarts."""
    job = b.launch("inflight_small")
    b.arrive(job)
    b.checkpoint()
    port = json.loads((b.checkpoints / "job.json").read_text())["port"]
    if sum(shut_sockets(pid, port, True) for pid in rank_pids(job)) < 1 + RANKS:
        raise Failed("the coordinator's sockets were not found")
    checkpoint_soon(b)
    if json.loads((b.checkpoints / "job.json").read_text())["port"] == port:
        raise Failed("the coordinator is the old one")
    said_gone(job, 1)
    b.finish(job)
    (b.cut_dir / "go.0").unlink()
    b.finish(b.restart())


def relays_above_relays(b):
    """Six ranks on six nodes whose relays stand in a row: checkpoint, end by checkpoint, and restart under either MPI."""
    b.ranks = 6
    row = EACH_A_NODE | {"MANA_RELAY_FAN_OUT": "1"}
    job = b.launch(env=row)
    b.arrive(job)
    b.checkpoint()
    code, text = b.command("status", b.checkpoints)
    if code != 0 or not re.search(r"rank 5 .*running", text):
        raise Failed(f"mana status does not know rank 5:\n{text}")
    for mpi in ("openmpi", "mpich"):
        b.checkpoint(kill=True)
        job.wait(RUN_LIMIT)
        job = b.restart(mpi, env=row)
        b.arrive(job)
    b.finish(job)


def said_gone(job, times):
    """The job has said so often that it goes on without its coordinator."""
    found = len(re.findall(r"is gone.*the job goes on", job.text() + job.err.read_text(errors="replace")))
    if found != times:
        raise Failed(f"{found} lines instead of {times} say that the coordinator is gone and the job goes on")


EACH_A_NODE = {"MANA_RANKS_PER_NODE": "1"}


def relay_sockets():
    """Inodes of the sockets between ranks and their relays, at the relays' end."""
    lines = pathlib.Path("/proc/net/unix").read_text().splitlines()
    return {words[6] for words in map(str.split, lines) if words[-1].startswith("@mana-")}


def dropped_relay_connection(b):
    """A node that loses its connection to the coordinator says so once, comes back by itself, and the next checkpoint succeeds."""
    job = b.launch(env=EACH_A_NODE)
    b.arrive(job)
    b.checkpoint()
    port = json.loads((b.checkpoints / "job.json").read_text())["port"]
    if sum(shut_sockets(pid, port, False) for pid in rank_pids(job)[1:]) != 1:
        raise Failed("no relay is connected to the coordinator")
    time.sleep(0.1)
    checkpoint_soon(b)
    said_gone(job, 1)
    b.finish(job)


def lost_relay(b):
    """A node's relay is lost: the job goes on and says so once, a new relay takes its place, and its generation restarts."""
    job = b.launch(env=EACH_A_NODE)
    b.arrive(job)
    b.checkpoint()
    if sum(shut(pid, relay_sockets()) for pid in rank_pids(job)) < 2:
        raise Failed("the relay's sockets were not found")
    time.sleep(0.1)
    checkpoint_soon(b)
    said_gone(job, 1)
    if "starting a new relay" not in job.text() + job.err.read_text(errors="replace"):
        raise Failed("no new relay was started")
    b.finish(job)
    (b.cut_dir / "go.0").unlink()
    b.finish(b.restart())


def lost_coordinator_of_nodes(b):
    """A job on several nodes whose coordinator is lost says so once for each node and takes the next checkpoint through a new one."""
    job = b.launch(env=EACH_A_NODE)
    b.arrive(job)
    b.checkpoint()
    port = json.loads((b.checkpoints / "job.json").read_text())["port"]
    if not sum(shut_sockets(pid, port, True) for pid in rank_pids(job)):
        raise Failed("the coordinator's sockets were not found")
    checkpoint_soon(b)
    said_gone(job, RANKS)
    b.finish(job)


def kill_rank_during_checkpoint(b):
    """A rank killed while the images are written: no hang, and the generation before is restarted."""
    for pause in (0.0, 0.02, 0.1):
        shutil.rmtree(b.checkpoints, ignore_errors=True)
        for mark in b.cut_dir.iterdir():
            mark.unlink()
        job = b.launch("process_big_memory")
        b.arrive(job)
        b.checkpoint()
        victims = rank_pids(job)
        request = b.start(b.mana.checkpoint(b.checkpoints, False))
        time.sleep(pause)
        jobs.kill_pid(victims[-1])
        request.wait(CHECKPOINT_LIMIT)
        job.wait(REFUSAL_LIMIT)
        b.finish(b.restart(mpi="mpich"))


def full_disk(b):
    """A checkpoint that finds the disk full fails by name; the job goes on and the generation before stays good."""
    if os.geteuid() != 0:
        return "needs root to mount a small file system"
    b.checkpoints.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "none", b.checkpoints], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        return "cannot mount a small file system"
    try:
        job = b.launch("inflight_small")
        b.arrive(job)
        b.checkpoint()
        free = os.statvfs(b.checkpoints)
        (b.checkpoints / "ballast").write_bytes(b"\1" * max(0, free.f_bavail * free.f_frsize - (1 << 20)))
        b.refused(b.start(b.mana.checkpoint(b.checkpoints, False)), r"space|ENOSPC|full")
        (b.checkpoints / "ballast").unlink()
        b.finish(job)
        (b.cut_dir / "go.0").unlink()
        b.finish(b.restart())
    finally:
        subprocess.run(["umount", "-l", b.checkpoints], check=False)
    return None


def crossing_without_fsgsbase(b):
    """Where user code may not write the FS base, every crossing goes by arch_prctl: launch, checkpoint, restart."""
    slow = {"MANA_NO_FSGSBASE": "1", "LIVE_CUT_DIR": str(b.cut_dir), "LIVE_CASE_DIR": str(b.directory)}
    app = [b.programs / "inflight_small.mpich"]
    job = b.start(b.mana.launch("mpich", RANKS, b.checkpoints, app), slow)
    b.arrive(job)
    b.checkpoint(kill=True)
    job.wait(RUN_LIMIT)
    for mark in b.cut_dir.glob("at.*"):
        mark.unlink()
    b.finish(b.start(b.mana.restart("openmpi", RANKS, b.checkpoints), slow))


def blanks_in_paths(b):
    """Program, its arguments, and the checkpoint directory may have blanks; the restart comes from another directory."""
    place = b.directory / "a place"
    place.mkdir()
    program = place / "the program"
    shutil.copy(b.programs / "inflight_small.mpich", program)
    b.checkpoints = place / "my images"
    env = {"LIVE_CUT_DIR": str(b.cut_dir), "LIVE_CASE_DIR": str(b.directory)}
    job = b.start(b.mana.launch("mpich", RANKS, b.checkpoints, [program, "an argument", "--ckptdir", ""]), env, cwd=place)
    b.arrive(job)
    words = pathlib.Path(f"/proc/{rank_pids(job)[0]}/cmdline").read_bytes().split(b"\0")
    if b"an argument" not in words:
        raise Failed(f"arguments were broken: {words}")
    b.checkpoint(kill=True)
    job.wait(RUN_LIMIT)
    b.finish(b.restart())


def ends_quietly(b):
    """A job ends with exit code 0 and not a word, over either MPI: by itself, by `mana checkpoint --kill`, and after a restart."""
    for mpi in ("mpich", "openmpi"):
        alone = b.launch(mpi=mpi)
        b.finish(alone)
        for mark in b.cut_dir.glob("*"):
            mark.unlink()
        stopped = b.launch(mpi=mpi)
        b.arrive(stopped)
        b.checkpoint(kill=True)
        stopped.wait(RUN_LIMIT)
        restarted = b.restart(mpi)
        b.finish(restarted)
        for job in (alone, stopped, restarted):
            code, words = job.process.returncode, job.err.read_text(errors="replace").strip()
            if code != 0 or words:
                raise Failed(f"{job.name} over {mpi}: exit code {code}, says: {words[:300]}")
        for mark in b.cut_dir.glob("*"):
            mark.unlink()


def without_launcher(b):
    """One rank needs no mpiexec, whatever mpiexec is installed: launch over MPICH, restart over Open MPI."""
    env = {"LIVE_CUT_DIR": str(b.cut_dir), "LIVE_CASE_DIR": str(b.directory)}

    def arrive(job):
        limit = time.monotonic() + CUT_LIMIT
        while not (b.cut_dir / "at.0.0").exists():
            if job.ended() or time.monotonic() > limit:
                raise Failed(f"{job.name} did not come to its cut place{jobs.stacks()}")
            time.sleep(0.02)

    job = b.start([b.mana.bin / "mana_launch", "--mpi", "mpich", "--ckptdir", b.checkpoints, b.program("env_wtime")], env)
    arrive(job)
    b.checkpoint(kill=True)
    job.wait(RUN_LIMIT)
    (b.cut_dir / "at.0.0").unlink()
    job = b.start([b.mana.bin / "mana_restart", "--mpi", "openmpi", b.checkpoints], env)
    arrive(job)
    (b.cut_dir / "go.0").touch()
    code = job.wait(RUN_LIMIT)
    if code != 0 or not job.text().startswith("PASS 0"):
        raise Failed(f"{job.name}: exit code {code}")


def hostile_bytes(b):
    """Bytes that are not ours on the coordinator's port are dropped; the job and its checkpoints go on."""
    job = b.launch("inflight_small")
    b.arrive(job)
    port = json.loads((b.checkpoints / "job.json").read_text())["port"]
    for junk in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 4096, b"\0\0\0\0", os.urandom(65536)):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.settimeout(5)
            try:
                connection.sendall(junk)
            except OSError:
                pass
    b.checkpoint()
    b.finish(job)


def ordinary_user(b):
    """A user without any right launches, checkpoints and restarts."""
    if os.getuid() != 0:
        return "not root, so every other test ran as an ordinary user already"
    if not os.access("/usr/bin/setpriv", os.X_OK):
        return "setpriv is not here"
    nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    reach = subprocess.run([*nobody, b.mana.bin / "mana", "--help"], capture_output=True, check=False)
    if reach.returncode != 0:
        return "the checkout lies where an ordinary user can't read"
    home = pathlib.Path(tempfile.mkdtemp(prefix="mana-user-"))
    try:
        program, cut = home / "program", home / "cut"
        shutil.copy(b.programs / "inflight_small.mpich", program)
        cut.mkdir()
        for path in (home, program, cut):
            path.chmod(0o755)
            os.chown(path, 65534, 65534)
        b.cut_dir, b.checkpoints = cut, home / "images"
        env = {"LIVE_CUT_DIR": str(cut), "LIVE_CASE_DIR": str(home), "HOME": str(home)}
        job = b.start([*nobody, *b.mana.launch("mpich", RANKS, b.checkpoints, [program])], env, cwd=home)
        b.arrive(job)
        ended = b.start([*nobody, *b.mana.checkpoint(b.checkpoints, True)], env, cwd=home)
        if ended.wait(CHECKPOINT_LIMIT) != 0:
            raise Failed("mana checkpoint failed")
        job.wait(RUN_LIMIT)
        for mark in cut.glob("at.*"):
            mark.unlink()
        b.finish(b.start([*nobody, *b.mana.restart("openmpi", RANKS, b.checkpoints)], env, cwd=home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return None


TESTS = [launch_missing_program, launch_static_program, launch_script, launch_text, launch_torn_elf,
         launch_wrong_architecture, launch_32_bit, launch_setuid, launch_unknown_mpi, unusable_signal, launch_exit_code,
         restart_nothing, restart_wrong_rank_count, restart_missing_generation, restart_missing_image,
         restart_torn_image, restart_damaged_header, verify_damaged_content, restart_falls_back, keep_generations,
         list_and_inspect, checkpoint_without_job, timeout_gives_up, requests_at_once, request_while_writing,
         signal_takes_checkpoint, interval_takes_checkpoints, dropped_connection, lost_coordinator, dropped_relay_connection,
         lost_relay, lost_coordinator_of_nodes, relays_above_relays, kill_rank_during_checkpoint, full_disk, crossing_without_fsgsbase, blanks_in_paths,
         ends_quietly, without_launcher, hostile_bytes,
         ordinary_user, *timing.TESTS]


def run_test(options, test):
    """Returns (why skipped or None); raises Failed with the tails of the outputs."""
    bench = Bench(options, test.__name__)
    try:
        skipped = test(bench)
    except Failed as failure:
        raise Failed("\n".join([str(failure)] + [job.tail() for job in bench.jobs[-3:]])) from None
    finally:
        for job in bench.jobs:
            if not job.ended():
                job.kill()
        strays = jobs.end_strays()
    if strays:
        raise Failed("processes left behind: " + "; ".join(strays))
    shutil.rmtree(bench.directory, ignore_errors=True)
    return skipped


def main():
    parser = argparse.ArgumentParser(description="faults and refusals")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--programs", default=ROOT / "build" / "tests" / "live")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "fault-runs")
    parser.add_argument("--full", action="store_true", help="every fault at every point, not the covering pairs")
    parser.add_argument("--matrix", action="store_true", help="only every fault at every point")
    parser.add_argument("test", nargs="*")
    options = parser.parse_args()
    jobs.become_reaper()
    os.umask(stat.S_IWGRP | stat.S_IWOTH)
    matrix = fault_matrix.tests(options.full or options.matrix or any(name.startswith(fault_matrix.NAMES) for name in options.test))
    chosen = [t for t in [*([] if options.matrix else TESTS), *matrix] if not options.test or t.__name__ in options.test]
    passed = failed = skipped = 0
    for test in chosen:
        fact = test.__doc__.splitlines()[0]
        start = time.monotonic()
        try:
            why = run_test(options, test)
            passed, skipped = (passed, skipped + 1) if why else (passed + 1, skipped)
            print(f"{'skip' if why else 'ok'} {test.__name__} - {why or fact}  {time.monotonic() - start:.1f} s", flush=True)
        except Failed as failure:
            failed += 1
            print(f"not ok {test.__name__} - {fact}\n  " + str(failure).replace("\n", "\n  "), flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
