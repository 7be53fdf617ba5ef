# SPDX-License-Identifier: Apache-2.0
"""Starting and ending MPI jobs for the tests: natively, under mana_launch and under mana_restart.

Every job gets its own session and a time limit. The runner is made the reaper of orphans, so that whatever a launcher
leaves behind is found as a child and ended by its process id, never by a name.
"""
import argparse
import ctypes
import fcntl
import os
import pathlib
import re
import signal
import struct
import subprocess
import termios
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36
OTHER_MPI = {"mpich": "openmpi", "openmpi": "mpich"}


class Failed(Exception):
    """A test did not show what it should; the text says why."""


def become_reaper():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def environment(extra=None):
    env = dict(os.environ)
    env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_mpi_yield_when_idle="1")
    env.update(extra or {})
    return env


def mpiexec(mpi, ranks, share_cores=True):
    """The launcher's command line for `ranks` ranks; idle ranks give their core away unless share_cores is off."""
    if mpi in ("mpich", "abi"):
        return ["mpiexec.hydra", "-n", str(ranks)]
    sharing = ["--oversubscribe"] if share_cores else ["--mca", "mpi_yield_when_idle", "0"]
    return ["mpirun.openmpi", *sharing, "--bind-to", "none", "-n", str(ranks)]


def child_pids(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                found += [int(child) for child in children.read().split()]
    except OSError:
        pass
    return found


def descendant_pids(pid):
    found = []
    for child in child_pids(pid):
        found += [child] + descendant_pids(child)
    return found


def kill_pid(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


def reap_orphans():
    """Collects ended children that no Popen object of ours waits for."""
    for pid in child_pids(os.getpid()):
        if pid in Job.running_pids:
            continue
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


def await_orphans(patience=5.0):
    """Waits until what earlier jobs left behind has ended; returns the pids of those that have not."""
    limit = time.monotonic() + patience
    while True:
        reap_orphans()
        strays = [p for child in child_pids(os.getpid()) if child not in Job.running_pids
                  for p in [child] + descendant_pids(child)]
        if not strays or time.monotonic() > limit:
            return strays
        time.sleep(0.02)


def end_strays(patience=5.0):
    """Ends what earlier jobs left behind; returns the command lines of those that did not end by themselves."""
    strays = await_orphans(patience)
    if not strays:
        return []
    names = []
    for pid in strays:
        try:
            names.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            pass
        kill_pid(pid)
    time.sleep(0.1)
    reap_orphans()
    return names


LAUNCHERS = ("mpiexec", "mpirun", "orterun", "hydra", "srun", "mana", "gdb")  # how the names of processes begin that no test is about
FRAME = re.compile(r"^#\d+ +(?:0x[0-9a-f]+ in )?([^ ]+)", re.MULTILINE)


def stack_of(pid):
    """Names of the innermost functions of the main thread, or None: no gdb here, or a process that can't be looked at."""
    try:
        under_mana = os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("lower-")
        debugger = [ROOT / "build" / "prefix" / "bin" / "mana", "gdb"] if under_mana else ["gdb", "-p"]
        look = subprocess.run([*debugger, str(pid), "-batch", "-ex", "thread 1", "-ex", "bt 14"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return " < ".join(FRAME.findall(look.stdout)[1:]) or None  # "thread 1" shows the first one, too


def stacks():
    """Where the processes below this one are, a line each: for failures by a time limit."""
    lines = []
    for pid in descendant_pids(os.getpid())[:24]:
        try:
            name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        if not name.startswith(LAUNCHERS) and (stack := stack_of(pid)):
            lines.append(f"    {name} {pid}: {stack}")
    return "".join("\n" + line for line in lines)


class Job:
    """One started command; its output goes to files <name>.out and <name>.err in `directory`."""

    running_pids = set()

    def __init__(self, command, directory, name, cwd=None, env=None, stdin=None):
        self.command = [str(part) for part in command]
        self.name = name
        self.out = pathlib.Path(directory) / f"{name}.out"
        self.err = pathlib.Path(directory) / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err, open(stdin or os.devnull, "rb") as source:
            self.process = subprocess.Popen(self.command, stdin=source, stdout=out, stderr=err, cwd=cwd or directory,
                                            env=environment(env), start_new_session=True)
        Job.running_pids.add(self.process.pid)

    def ended(self):
        return self.process.poll() is not None

    def wait(self, seconds):
        """Waits for the end and returns the exit code; a job over its limit is ended and fails the test."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            places = stacks()
            self.kill()
            raise Failed(f"{self.name}: over the limit of {seconds:g} s{places}") from None
        Job.running_pids.discard(self.process.pid)
        return code

    def kill(self):
        """SIGKILL to the launcher and everything below it."""
        pids = [self.process.pid] + descendant_pids(self.process.pid)
        for pid in pids:
            kill_pid(pid)
        self.process.wait()
        Job.running_pids.discard(self.process.pid)

    def text(self):
        return self.out.read_text(errors="replace")

    def tail(self, lines=12):
        parts = []
        for path in (self.out, self.err):
            text = path.read_text(errors="replace").splitlines()[-lines:]
            if text:
                parts.append(f"--- {path.name}\n" + "\n".join(text))
        return "\n".join(parts)


class TerminalJob(Job):
    """A job on a terminal of its own, which is its controlling one; what it writes there goes to <name>.out too."""

    def __init__(self, command, directory, name, size, cwd=None, env=None):
        self.command, self.name = [str(part) for part in command], name
        self.out, self.err = (pathlib.Path(directory) / f"{name}.{kind}" for kind in ("out", "err"))
        self.terminal, other_end = os.openpty()
        fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        with open(self.err, "wb") as err:
            self.process = subprocess.Popen(self.command, stdin=other_end, stdout=other_end, stderr=err, cwd=cwd or directory, env=environment(env),
                                            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(other_end)
        self.out.touch()
        self.reader = threading.Thread(target=self.copy_output, daemon=True)
        self.reader.start()
        Job.running_pids.add(self.process.pid)

    def copy_output(self):
        with open(self.out, "wb", buffering=0) as out:
            try:
                while block := os.read(self.terminal, 4096):
                    out.write(block)
            except OSError:
                pass  # nobody has the other end any more
        os.close(self.terminal)

    def type(self, text):
        os.write(self.terminal, text)

    def wait(self, seconds):
        code = super().wait(seconds)
        self.reader.join(seconds)
        return code


class Mana:
    """The installed commands, as a user types them."""

    def __init__(self, prefix, standard_mpi=None):
        self.bin = pathlib.Path(prefix).resolve() / "bin"
        self.standard_mpi = standard_mpi  # directory of the MPI that is known by the standard ABI alone: tests/standard_mpi

    def present(self):
        return (self.bin / "mana_launch").exists()

    def underneath(self, mpi):
        """Options for an MPI that the launcher's environment does not tell."""
        return ["--mpi", "abi", "--mpi-library", self.standard_mpi] if mpi == "abi" else []

    def launch(self, mpi, ranks, checkpoints, app, options=(), share_cores=True):
        return [*mpiexec(mpi, ranks, share_cores), self.bin / "mana_launch", *self.underneath(mpi), *options, "--ckptdir", checkpoints, "--", *app]

    def restart(self, mpi, ranks, checkpoints, options=()):
        return [*mpiexec(mpi, ranks), self.bin / "mana_restart", *self.underneath(mpi), *options, checkpoints]

    def checkpoint(self, checkpoints, kill):
        return [self.bin / "mana", "checkpoint", *(["--kill"] if kill else []), checkpoints]


def come_to_cut(job, cut_dir, limit):
    """Waits until a program of tests/process stands at its first cut place."""
    end = time.monotonic() + limit
    while not (cut_dir / "at.0").exists():
        if time.monotonic() > end or job.ended():
            raise Failed(f"the program did not come to its cut{stacks()}\n{job.tail()}")
        time.sleep(0.01)


def run_cases(cases, name, what):
    """The main program of a runner that uses programs of tests/process. A case is a function of the options; it returns why it can't be run here,
    if so. Returns the exit code."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix", help="where mana is installed")
    parser.add_argument("--programs", default=ROOT / "build" / "tests" / "process", help="where the programs are built")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / f"{name}-runs")
    options = parser.parse_args()
    become_reaper()
    passed = failed = skipped = 0
    for case in cases:
        try:
            why = case(options)
            skipped, passed = skipped + bool(why), passed + (not why)
            print(f"skip - {case.__name__}: {why}" if why else f"ok - {case.__name__}", flush=True)
        except Failed as failure:
            failed += 1
            print(f"not ok - {case.__name__}\n  " + str(failure).replace("\n", "\n  "), flush=True)
            Job.running_pids.clear()  # what it has left running is a stray
        end_strays(0)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0
