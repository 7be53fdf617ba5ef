#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may read images, and whose images are restarted.

    security.py [--prefix DIR] [--programs DIR]

  images and their directories are open to their owner alone, whatever the umask says
  nothing is setuid or setgid, no command line of a job holds its secret
  another user's image, and one that others may write, are refused by name; --foreign takes it
"""
import os
import pathlib
import shutil
import stat
import sys

from jobs import Failed, Job, Mana, come_to_cut, run_cases

SOMEBODY = 65533


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Case:
    """A program that has been ended by a checkpoint, in a directory of its own."""

    def __init__(self, options, name):
        self.mana, self.directory = Mana(options.prefix), pathlib.Path(options.work).resolve() / name
        shutil.rmtree(self.directory, ignore_errors=True)
        self.cut_dir, self.checkpoints = self.directory / "cut", self.directory / "ckpt"
        self.cut_dir.mkdir(parents=True)
        self.program = pathlib.Path(options.programs).resolve() / "pipes"
        before = os.umask(0)
        self.job = Job([self.mana.bin / "mana_launch", "--ckptdir", self.checkpoints, "--", self.program], self.directory, "run",
                       cwd=self.directory, env={"CUT_DIR": str(self.cut_dir)})
        os.umask(before)
        come_to_cut(self.job, self.cut_dir, 30)

    def checkpoint(self):
        request = Job(self.mana.checkpoint(self.checkpoints, True), self.directory, "checkpoint", cwd=self.directory)
        if request.wait(30) != 0:
            raise Failed(f"mana checkpoint failed\n{request.tail()}")
        self.job.wait(30)
        for k in range(4):
            (self.cut_dir / f"go.{k}").touch()

    def image(self):
        return next(self.checkpoints.glob("generation-*/rank-*.img"))

    def restart(self, *words):
        job = Job([self.mana.bin / "mana_restart", *words, self.checkpoints], self.directory, "restart", cwd=self.directory)
        return job.wait(30), job.text() + job.tail()


def modes(options):
    case = Case(options, "modes")
    lines = pathlib.Path(f"/proc/{case.job.process.pid}/cmdline").read_bytes().decode()
    secrets = [text for text in (case.checkpoints / name for name in os.listdir(case.checkpoints)) if text.is_file()]
    for file in secrets:
        for word in file.read_text(errors="replace").replace('"', " ").replace(",", " ").split():
            if len(word) >= 16 and "/" not in word and word in lines:
                raise Failed(f"the command line shows {word} of {file.name}")
    case.checkpoint()
    for path in [case.checkpoints, *case.checkpoints.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        if mode_of(path) & ~wanted:
            raise Failed(f"{path} has mode {mode_of(path):o}, wanted at most {wanted:o}")
    for path in pathlib.Path(options.prefix).rglob("*"):
        if path.is_file() and mode_of(path) & 0o6000:
            raise Failed(f"{path} is setuid or setgid")


def refused(options, name, spoil, says, way_out):
    case = Case(options, name)
    case.checkpoint()
    spoil(case.image())
    code, text = case.restart()
    if code == 0 or says not in text:
        raise Failed(f"the restart was not refused with '{says}':\n{text}")
    code, text = case.restart(*way_out(case.image()))
    if code != 0 or "PASS" not in text:
        raise Failed(f"the image that is trusted now did not restart: {code}\n{text}")


def foreign(options):
    if os.geteuid() != 0:
        return "only root can give a file to another user"
    refused(options, "foreign", lambda image: os.chown(image, SOMEBODY, SOMEBODY), "belongs to another user", lambda image: ["--foreign"])
    return ""


def writable(options):
    def mend(image):
        image.chmod(0o600)
        return []
    refused(options, "writable", lambda image: image.chmod(0o662), "can be written by others", mend)


if __name__ == "__main__":
    sys.exit(run_cases((modes, foreign, writable), "security", "who may read images, and whose are restarted"))
