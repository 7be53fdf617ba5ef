# SPDX-License-Identifier: Apache-2.0
# Shows: with --children follow Python's multiprocessing goes on: a pool, a process with a queue, shared values, locks.
# process: cuts=1 options=--children=follow
# state: Programs | with --children follow: python3 multiprocessing (pool, queue, process, lock, shared value, subprocess) | kept
import multiprocessing
import os
import subprocess
import time


def square(n):
    time.sleep(0.005)
    return n * n


def add_up(numbers, total, done):
    while (n := numbers.get()) is not None:
        with total.get_lock():
            total.value += n
        done.put(total.value)


def cut():
    directory = os.environ.get("CUT_DIR")
    while directory and not os.path.exists(directory + "/go.0"):
        if not os.path.exists(directory + "/at.0"):
            open(directory + "/at.0", "w").close()
        time.sleep(0.01)


if __name__ == "__main__":
    numbers, done, total = multiprocessing.Queue(), multiprocessing.Queue(), multiprocessing.Value("q", 0)
    adder = multiprocessing.Process(target=add_up, args=(numbers, total, done))
    adder.start()
    numbers.put(5)
    print("OUT", done.get())
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as copy:
        with multiprocessing.Pool(2) as pool:
            coming = pool.map_async(square, range(100))
            cut()
            print("OUT", sum(coming.get()))
            print("OUT", sum(pool.map(square, range(10))))
        print("OUT", copy.communicate("to cat")[0])
    numbers.put(7)
    print("OUT", done.get())
    numbers.put(None)
    adder.join()
    print("OUT", adder.exitcode, total.value, copy.returncode)
    print("PASS")
