# SPDX-License-Identifier: Apache-2.0
"""Parallel HDF5 through h5py and mpi4py: a file written and extended in steps by all ranks, collectively and independently.

Prints `step N` after each step and at last, from rank 0, the attributes and a digest of every dataset.
"""
import hashlib
import time

from mpi4py import MPI
import numpy
import h5py

STEPS, ROWS, COLUMNS = 60, 40, 300

world = MPI.COMM_WORLD
rank, size = world.rank, world.size
with h5py.File("rows.h5", "w", driver="mpio", comm=world) as file:
    fixed = file.create_dataset("fixed", (STEPS, size, COLUMNS), "f8")
    growing = file.create_dataset("growing", (0, COLUMNS), "i4", maxshape=(None, COLUMNS), chunks=(ROWS, COLUMNS))
    state = numpy.arange(COLUMNS) + 1000.0 * rank
    for step in range(STEPS):
        state = numpy.sqrt(state * state + step)
        total = world.allreduce(float(state.sum()))
        with fixed.collective:
            fixed[step, rank] = state / total
        growing.resize(((step + 1) * ROWS, COLUMNS))  # collective
        mine = slice(step * ROWS + rank * ROWS // size, step * ROWS + (rank + 1) * ROWS // size)
        growing[mine] = numpy.full((mine.stop - mine.start, COLUMNS), step * size + rank, "i4")
        if step % 20 == 10:
            group = file.create_group(f"group{step}")
            group.attrs["total"] = total
            file.flush()
        world.barrier()
        time.sleep(0.03)  # a checkpoint after one line comes before the next one that is waited for
        if rank == 0:
            print(f"step {step}", flush=True)
with h5py.File("rows.h5", "r", driver="mpio", comm=world) as file:
    if rank == 0:
        for name in sorted(file):
            item = file[name]
            what = hashlib.sha256(item[...].tobytes()).hexdigest() if isinstance(item, h5py.Dataset) else repr(item.attrs["total"])
            print("result", name, getattr(item, "shape", ""), what, flush=True)
