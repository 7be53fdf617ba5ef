# SPDX-License-Identifier: Apache-2.0
"""PETSc through petsc4py: heat on a square in implicit steps, each a Krylov solution of a distributed sparse system, on a
distributed grid with ghost points.

Prints `step N` after each step and from rank 0 the temperature's norms, digit by digit.
"""
import glob
import sys
import time

sys.path += glob.glob("/usr/lib/petscdir/*/x86_64-linux-gnu-real/lib/python3/dist-packages")
from petsc4py import PETSc  # noqa: E402

STEPS, SIDE, STRETCH = 40, 60, 0.2

grid = PETSc.DMDA().create([SIDE, SIDE], stencil_width=1)
matrix = grid.createMatrix()
row, column = PETSc.Mat.Stencil(), PETSc.Mat.Stencil()
(x0, x1), (y0, y1) = grid.getRanges()
for j in range(y0, y1):
    for i in range(x0, x1):
        row.index = (i, j)
        neighbours = [(a, b) for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if 0 <= a < SIDE and 0 <= b < SIDE]
        for column.index in neighbours:
            matrix.setValueStencil(row, column, -STRETCH)
        matrix.setValueStencil(row, row, 1 + 4 * STRETCH)
matrix.assemble()

temperature, source = grid.createGlobalVec(), grid.createGlobalVec()
with grid.getVecArray(temperature) as values:
    for j in range(y0, y1):
        for i in range(x0, x1):
            values[i, j] = (i * 7 + j * 13) % 31 / 31
solver = PETSc.KSP().create()
solver.setOperators(matrix)
solver.setType("cg")
solver.getPC().setType("bjacobi")
solver.setTolerances(rtol=1e-10)
for step in range(STEPS):
    temperature.copy(source)
    source.shift(1e-3 * (step % 3))
    solver.solve(source, temperature)
    PETSc.Sys.Print(f"result {step} {solver.getIterationNumber()} {temperature.norm()!r} {temperature.max()[1]!r}", flush=True)
    PETSc.Sys.Print(f"step {step}", flush=True)
    time.sleep(0.1)  # slow enough to be cut at a step
