# SPDX-License-Identifier: Apache-2.0
"""mpi4py: pickled objects, numpy arrays, derived types, windows, requests kept over many steps, and a second thread that
talks to its neighbours' on a communicator of its own while the first one works.

Prints `step N` after each step and at last, from rank 0, a digest of what every rank has seen.
"""
import hashlib
import pickle
import threading
import time

from mpi4py import MPI
import numpy

STEPS = 60

world = MPI.COMM_WORLD
rank, size = world.rank, world.size
right, left = (rank + 1) % size, (rank - 1) % size
seen = hashlib.sha256()


def note(thing):
    seen.update(thing.tobytes() if isinstance(thing, numpy.ndarray) else pickle.dumps(thing, protocol=4))


class Chatter(threading.Thread):
    """Sends its neighbour's thread what it has heard, one round a step; ends at the message None."""

    def __init__(self, comm, rounds):
        super().__init__()
        self.comm, self.rounds, self.heard = comm, rounds, []

    def run(self):
        for turn in range(self.rounds):
            word = {"turn": turn, "from": rank, "last": self.heard[-1:] and self.heard[-1]["turn"]}
            self.heard.append(self.comm.sendrecv(word, right, 7, source=left, recvtag=7))


def exchange_objects(step):
    sent = {"step": step, "rank": rank, "array": numpy.arange(step + 3) * (rank + 1), "text": "x" * (step * 200)}
    request = world.isend(sent, right, tag=step)
    got = world.recv(source=left, tag=step)
    request.wait()
    note([got["step"], got["rank"], got["array"].tolist(), len(got["text"])])
    note(world.allgather((rank, step)))
    note(world.bcast({"root": step % size} if rank == step % size else None, root=step % size))


def exchange_arrays(step, state, column):
    numpy.sqrt(state * state + step, out=state)
    total = numpy.zeros(1)
    world.Allreduce(state.sum(), total)
    matrix, other = numpy.full((6, 5), 10.0 * rank + step), numpy.zeros((6, 5))
    world.Sendrecv([matrix, 1, column], right, recvbuf=[other, 1, column], source=left)
    note(other)
    note(total)
    return state / total[0] * 1000


def main():
    chatter = Chatter(world.Dup(), 4 * STEPS) if MPI.Query_thread() == MPI.THREAD_MULTIPLE else None
    halves = world.Split(rank % 2, rank)
    column = MPI.DOUBLE.Create_vector(6, 1, 5).Commit()
    window = MPI.Win.Allocate(8 * STEPS, disp_unit=8, comm=world)
    kept_out, kept_in = numpy.zeros(4, "i4"), numpy.zeros(4, "i4")
    kept = [world.Send_init(kept_out, right, 99), world.Recv_init(kept_in, left, 99)]
    largest = MPI.Op.Create(lambda a, b, _: numpy.copyto(numpy.frombuffer(b, "f8"), numpy.maximum(numpy.frombuffer(a, "f8"), numpy.frombuffer(b, "f8"))))
    state = numpy.arange(200) + 1000.0 * rank + 1
    if chatter:
        chatter.start()
    for step in range(STEPS):
        exchange_objects(step)
        state = exchange_arrays(step, state, column)
        kept_out[:] = [step, rank, step * rank, -step]
        MPI.Prequest.Startall(kept)
        MPI.Request.Waitall(kept)
        note(kept_in)
        window.Lock(right)
        window.Put([numpy.array([float(step + rank)]), MPI.DOUBLE], right, target=step)
        window.Unlock(right)
        top = numpy.zeros(1)
        world.Allreduce(numpy.array([state.max()]), top, op=largest)
        note(top)
        note(halves.allreduce(step + rank, op=MPI.SUM))
        if rank == 0:
            print(f"step {step}", flush=True)
        time.sleep(0.1)  # slow enough to be cut at a step
    if chatter:
        chatter.join()
        note(chatter.heard)
    world.Barrier()
    window.Lock(rank)
    note(numpy.frombuffer(window.tomemory(), "f8"))
    window.Unlock(rank)
    note(state)
    for rank_seen in world.gather(seen.hexdigest(), root=0) or []:
        print("result", rank_seen, flush=True)
    if rank == 0:
        print("result threads", chatter is not None, size, flush=True)
        print("result heard", len(chatter.heard) if chatter else 0, flush=True)
        print("result state", repr(float(state.sum())), repr(float(state.max())), flush=True)
    for thing in (column, largest, window, halves, *kept):
        thing.Free()


main()
