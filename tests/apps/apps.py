#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that nobody here wrote: Debian's LAMMPS (lmp), HPC Challenge (hpcc), Quantum ESPRESSO (pw.x) and CP2K, both in Fortran
with ScaLAPACK, and in Python mpi4py, PETSc (petsc4py) and parallel HDF5 (h5py), all built with Open MPI.

Each is launched, checkpointed and killed in its middle, restarted, sometimes more than once, and what it computed is compared with
an uninterrupted native run: digit by digit, without the times. Two ranks: the sum of two numbers does not depend
on the order in which an MPI reduces, so the digits agree under any sequence of MPIs.

    apps.py [--native] [CASE...]
"""
import argparse
import dataclasses
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "runner"))
import jobs  # noqa: E402
from jobs import Failed, Job, Mana  # noqa: E402

RANKS = 2
RUN_LIMIT, MARK_LIMIT, CHECKPOINT_LIMIT, END_LIMIT = 180, 90, 30, 20
H5PY_MPI = "/usr/lib/python3/dist-packages/h5py/_debian_h5py_mpi"  # of python3-h5py-mpi
MPI4PY = "/usr/lib/python3/dist-packages/mpi4py"  # of python3-mpi4py
PETSC4PY = "/usr/lib/python3/dist-packages/petsc4py.pth"  # of python3-petsc4py
POTENTIALS = "/usr/share/lammps/potentials"
# What hpcc computes, as opposed to how fast: the lines of its summary that every run must repeat. (It makes as many random updates as
# its time limit allows: a slow machine makes fewer.)
HPCC_RESULT = re.compile(r"^(Success|CommWorldProcs|HPL_(RnormI|Anorm1|AnormI|Xnorm1|XnormI|BnormI|N|NB|nprow|npcol)"
                         r"|PTRANS_residual|PTRANS_n|MPIFFT_N|MPIFFT_maxErr|DGEMM_N"
                         r"|MPIRandomAccess(_LCG)?_(N|Errors))=")


@dataclasses.dataclass(frozen=True)
class App:
    command: tuple
    marks: tuple  # when a line that begins so appears, the job is checkpointed and killed: one restart for each
    result: object  # (text of all outputs, directory) -> the lines to compare
    output: str = ""  # the file to watch for the marks; the job's own output if empty
    files: object = None  # directory -> None, writes the input files
    options: tuple = ()  # of mana_launch
    env: tuple = ()  # pairs
    needs: str = ""  # a file of a package that the command can't do without

    def is_installed(self):
        return shutil.which(self.command[0]) is not None and (not self.needs or pathlib.Path(self.needs).exists())


def thermo_lines(text, _directory):
    """LAMMPS's table of the thermodynamic state: lines of numbers that begin with the step."""
    return [" ".join(line.split()) for line in text.splitlines() if re.match(r"^ +\d+( +-?[\d.e+-]+)+ *$", line)]


def thermo_and_dumps(text, directory):
    """The table, and the bytes of every file written by MPI-IO."""
    files = [f"{p.name} {p.stat().st_size} {hashlib.sha256(p.read_bytes()).hexdigest()}" for p in sorted(directory.glob("*.mpiio"))]
    return thermo_lines(text, directory) + files


def result_lines(text, _directory):
    return [line for line in text.splitlines() if line.startswith("result ")]


def hpcc_lines(_text, directory):
    output = (directory / "hpccoutf.txt").read_text()
    return [line for line in output.splitlines() if HPCC_RESULT.match(line)]


def write_hpcc_input(directory):
    """HPL's usual input: one matrix of 800, blocks of 80, a 1 x 2 grid; everything else as the package suggests."""
    rows = ["HPLinpack benchmark input file", "mana-split", "HPL.out", "8", "1", "800", "1", "80", "0", "1", "1", "2",
            "16.0", "1", "2", "1", "4", "1", "2", "1", "1", "1", "1", "1", "0", "2", "64", "0", "0", "1", "8",
            "##### This line is a separator. #####", "0", "1200", "0", "40"]
    (directory / "hpccinf.txt").write_text("\n".join(rows) + "\n")


def energy_lines(text, _directory):
    """Quantum ESPRESSO's energies, one an iteration, and the final ones."""
    return [" ".join(line.split()) for line in text.splitlines() if re.search(r"^!? +(total energy|one-electron|hartree|xc|ewald) .*= ", line)]


def field_energies(text, _directory):
    """CP2K's energy of each step of the motion."""
    return [" ".join(line.split()) for line in text.splitlines() if line.startswith(" ENERGY|")]


def write_water(directory):
    shutil.copy(HERE / "water.cp2k", directory)


def write_silicon_potential(directory):
    (directory / "silicon.in").write_text((HERE / "silicon.in").read_text())
    with open(HERE / "silicon_atom.in", encoding="utf-8") as source:
        subprocess.run(["ld1.x"], stdin=source, stdout=subprocess.DEVNULL, cwd=directory, check=True)


def lammps(name):
    return ("lmp", "-log", "none", "-var", "potentials", POTENTIALS, "-in", str(HERE / f"{name}.lmp"))


APPS = {
    "melt": App(lammps("melt"), ("      90 ",), thermo_lines),
    "metal": App(lammps("metal"), ("      40 ", "     110 "), thermo_lines),
    "dump": App(lammps("dump"), ("      30 ", "      85 "), thermo_and_dumps),
    "h5py": App(("/usr/bin/python3", str(HERE / "h5py_rows.py")), ("step 12", "step 35"), result_lines,
                options=("--abi", "openmpi"), needs=H5PY_MPI),
    "mpi4py": App(("/usr/bin/python3", str(HERE / "mpi4py_objects.py")), ("step 15", "step 35"), result_lines,
                  options=("--abi", "openmpi"), needs=MPI4PY),
    "petsc": App(("/usr/bin/python3", str(HERE / "petsc_heat.py")), ("step 10", "step 25"), result_lines,
                 options=("--abi", "openmpi"), needs=PETSC4PY),
    # One thread a rank: this build has both MPI and OpenMP.
    "water": App(("cp2k.psmp", "-i", "water.cp2k"), (" ENERGY|", " ENERGY|"), field_energies, files=write_water,
                 env=(("OMP_NUM_THREADS", "1"),)),
    "hpcc": App(("hpcc",), ("Begin of MPIRandomAccess section", "Begin of LatencyBandwidth section"), hpcc_lines, "hpccoutf.txt", write_hpcc_input),
    "silicon": App(("pw.x", "-in", "silicon.in"), ("     iteration #  3", "     iteration #  7"), energy_lines, files=write_silicon_potential),
}

# name: (app, the MPIs one after the other)
CASES = {
    "melt-mpich-openmpi": ("melt", ("mpich", "openmpi")),
    "melt-openmpi-openmpi": ("melt", ("openmpi", "openmpi")),
    "metal-mpich-openmpi-mpich": ("metal", ("mpich", "openmpi", "mpich")),
    "dump-openmpi-mpich-openmpi": ("dump", ("openmpi", "mpich", "openmpi")),
    "h5py-openmpi-mpich-openmpi": ("h5py", ("openmpi", "mpich", "openmpi")),
    "silicon-openmpi-mpich-openmpi": ("silicon", ("openmpi", "mpich", "openmpi")),
    "mpi4py-mpich-openmpi-mpich": ("mpi4py", ("mpich", "openmpi", "mpich")),
    "petsc-openmpi-mpich-openmpi": ("petsc", ("openmpi", "mpich", "openmpi")),
    "water-mpich-openmpi-mpich": ("water", ("mpich", "openmpi", "mpich")),
    "hpcc-mpich-openmpi-openmpi": ("hpcc", ("mpich", "openmpi", "openmpi")),
}


def fresh_directory(path, app):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    if app.files:
        app.files(path)
    return path


def native_result(work, name):
    app = APPS[name]
    directory = fresh_directory(work / f"native-{name}", app)
    start = time.monotonic()
    job = Job([*jobs.mpiexec("openmpi", RANKS), *app.command], directory, "native", env=dict(app.env))
    code = job.wait(RUN_LIMIT)
    lines = app.result(job.text(), directory) if code == 0 else []
    if code != 0 or len(lines) < 5:
        raise Failed(f"native run: exit code {code}, {len(lines)} result lines\n{job.tail()}")
    print(f"native {name}: {len(lines)} result lines, {time.monotonic() - start:.1f} s", flush=True)
    return lines


def wait_for_mark(app, directory, job, mark):
    watched = directory / app.output if app.output else job.out
    limit = time.monotonic() + MARK_LIMIT
    while not (watched.exists() and re.search("^" + re.escape(mark), watched.read_text(errors="replace"), re.M)):
        if job.ended():
            raise Failed(f"{job.name} ended with {job.wait(1)} before `{mark.strip()}` appeared")
        if time.monotonic() > limit:
            raise Failed(f"{job.name}: `{mark.strip()}` did not appear in {MARK_LIMIT} s")
        time.sleep(0.02)


def run_case(mana, work, case, expected):
    name, mpis = CASES[case]
    app = APPS[name]
    directory = fresh_directory(work / case, app)
    checkpoints = directory / "ckpt"
    command = [shutil.which(app.command[0]), *app.command[1:]]
    incarnations, request = [Job(mana.launch(mpis[0], RANKS, checkpoints, command, app.options), directory, "run0", env=dict(app.env))], None
    try:
        for i, (mark, mpi) in enumerate(zip(app.marks, mpis[1:])):
            wait_for_mark(app, directory, incarnations[-1], mark)
            request = Job(mana.checkpoint(checkpoints, kill=True), directory, f"checkpoint{i}")
            code = request.wait(CHECKPOINT_LIMIT)
            if code != 0:
                raise Failed(f"mana checkpoint --kill: exit code {code}")
            incarnations[-1].wait(END_LIMIT)
            incarnations.append(Job(mana.restart(mpi, RANKS, checkpoints), directory, f"run{i + 1}", cwd="/"))
        code = incarnations[-1].wait(RUN_LIMIT)
        if code != 0:
            raise Failed(f"{incarnations[-1].name}: exit code {code}")
        found = app.result("\n".join(job.text() for job in incarnations), directory)
        if found != expected:
            first = next((pair for pair in zip(expected, found) if pair[0] != pair[1]), ("", ""))
            raise Failed(f"{len(expected)} native lines, {len(found)} found; first difference\n  native {first[0]}\n  found  {first[1]}")
    except Failed as failure:
        for job in incarnations:
            if not job.ended():
                job.kill()
        tails = [job.tail() for job in incarnations[-2:] + ([request] if request else [])]
        raise Failed("\n".join([str(failure), *tails])) from None
    finally:
        jobs.end_strays()
    shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="real programs through checkpoints and restarts")
    parser.add_argument("--prefix", default=ROOT / "build" / "prefix")
    parser.add_argument("--work", default=ROOT / "build" / "tests" / "app-runs")
    parser.add_argument("--native", action="store_true", help="only the native runs")
    parser.add_argument("case", nargs="*", help="or how some of them begin: " + ", ".join(CASES))
    options = parser.parse_args()
    for word in options.case:
        if not any(case.startswith(word) for case in CASES):
            parser.error(f"no case begins with {word}; there are: {', '.join(CASES)}")
    jobs.become_reaper()
    mana, work = Mana(options.prefix), pathlib.Path(options.work).resolve()
    cases = [case for case in CASES if not options.case or case.startswith(tuple(options.case))]
    passed = failed = skipped = 0
    expected = {}
    for case in cases:
        name = CASES[case][0]
        if not APPS[name].is_installed():
            skipped += 1
            print(f"skip {case}: {APPS[name].needs or APPS[name].command[0]} is not installed", flush=True)
            continue
        start = time.monotonic()
        try:
            if name not in expected:
                expected[name] = native_result(work, name)
            if not options.native:
                run_case(mana, work, case, expected[name])
            passed += 1
            print(f"ok {case}  {time.monotonic() - start:.1f} s", flush=True)
        except Failed as failure:
            failed += 1
            print(f"not ok {case}\n  " + str(failure).replace("\n", "\n  "), flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
