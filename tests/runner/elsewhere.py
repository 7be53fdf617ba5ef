#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An image is restarted somewhere else.

    elsewhere.py [--prefix DIR] [--programs DIR]

  processor   an image that asks for what this processor lacks is refused by name, and `mana inspect` tells it
  host        another host name, home directory and environment: the program keeps its own environment
  libraries   the program, its ld.so and its libraries are gone from the host: the image brings them
"""
import pathlib
import shutil
import subprocess
import sys

from jobs import Failed, Job, Mana, come_to_cut, run_cases

LIMIT = 60


class Case:
    """A program that a checkpoint ends at its first cut place, in a directory of its own."""

    def __init__(self, options, name, program="pipes"):
        self.mana, self.directory = Mana(options.prefix), pathlib.Path(options.work).resolve() / name
        shutil.rmtree(self.directory, ignore_errors=True)
        self.cut_dir, self.checkpoints = self.directory / "cut", self.directory / "ckpt"
        self.cut_dir.mkdir(parents=True)
        self.program = pathlib.Path(options.programs).resolve() / program

    def checkpoint(self, env=None):
        job = Job([self.mana.bin / "mana_launch", "--ckptdir", self.checkpoints, "--", self.program], self.directory, "run", cwd=self.directory,
                  env={"CUT_DIR": str(self.cut_dir), **(env or {})})
        come_to_cut(job, self.cut_dir, LIMIT)
        request = Job(self.mana.checkpoint(self.checkpoints, True), self.directory, "checkpoint", cwd=self.directory)
        if request.wait(LIMIT) != 0:
            raise Failed(f"mana checkpoint failed\n{request.tail()}")
        job.wait(LIMIT)
        (self.cut_dir / "go.0").touch()

    def image(self):
        return next(self.checkpoints.glob("generation-*/rank-*.img"))

    def restart(self, before=(), env=None):
        job = Job([*before, self.mana.bin / "mana_restart", self.checkpoints], self.directory, "restart", cwd="/", env=env)
        return job.wait(LIMIT), job.text() + job.tail()

    def pass_after(self, before=(), env=None):
        code, text = self.restart(before, env)
        if code != 0 or "PASS" not in text:
            raise Failed(f"the restart ended with {code}\n{text}")


def processor(options):
    case = Case(options, "processor")
    case.checkpoint()
    tool = pathlib.Path(options.programs).resolve() / "demand"
    hashes = subprocess.run([tool, case.image(), "8000000000000000", "4000000000000000"], capture_output=True, text=True, check=True).stdout.split()
    for manifest in case.checkpoints.glob("generation-*/*.json"):
        manifest.write_text(manifest.read_text().replace(*hashes))
    inspected = subprocess.run([case.mana.bin / "mana", "inspect", case.image()], capture_output=True, text=True, check=True).stdout
    code, text = case.restart()
    for name in ("feature 63", "register state 62"):
        if f"this CPU lacks: {name}" not in inspected:
            raise Failed(f"mana inspect does not tell that {name} is missing:\n{inspected[:2000]}")
        if code == 0 or name not in text:
            raise Failed(f"the restart was not refused for {name} ({code})\n{text}")
    return ""


def host(options):
    case = Case(options, "host", "environment")
    case.checkpoint({"HOME": "/nowhere/at/launch", "MARK": "launch", "LC_ALL": "C.UTF-8"})
    unshare = ["unshare", *(["--user", "--map-root-user"] if not can(["unshare", "--uts", "true"]) else []), "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh"]
    if not can([*unshare, "true"]):
        return "no host name can be given here (unshare --uts)"
    case.pass_after(unshare, {"HOME": "/nowhere/at/restart", "MARK": "restart", "LC_ALL": "C"})
    return ""


def can(command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def libraries(options):
    """A copy of the program with an ld.so and a libc of its own, which are gone at the restart."""
    case = Case(options, "libraries", "own_libc")
    own = pathlib.Path("/tmp/mana-own-libc")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700)
    try:
        for library in ("ld-linux-x86-64.so.2", "libc.so.6"):
            shutil.copy(f"/lib/x86_64-linux-gnu/{library}", own)
        case.program = shutil.copy(case.program, own)
        case.checkpoint()
    finally:
        shutil.rmtree(own, ignore_errors=True)
    case.pass_after()
    return ""


if __name__ == "__main__":
    sys.exit(run_cases((processor, host, libraries), "elsewhere", "images that are restarted somewhere else"))
