# SPDX-License-Identifier: Apache-2.0
# Shows: Python threads that wait on each other by queue, lock and time-out.
# process: cuts=1
# state: Programs | python3: threads, queues, locks with time-outs | kept
import os
import queue
import threading
import time

directory = os.environ.get("CUT_DIR")
work, done = queue.Queue(), queue.Queue()
ticks = 0
running = True


def square():
    while (n := work.get()) is not None:
        done.put(n * n)


def tick():
    global ticks
    while running:
        time.sleep(0.002)
        ticks += 1


threads = [threading.Thread(target=square) for _ in range(3)] + [threading.Thread(target=tick)]
for thread in threads:
    thread.start()
for n in range(50):
    work.put(n)
while directory and not os.path.exists(directory + "/go.0"):
    if not os.path.exists(directory + "/at.0"):
        open(directory + "/at.0", "w").close()
    time.sleep(0.01)
before = ticks
for n in range(50, 100):
    work.put(n)
for _ in range(3):
    work.put(None)
print("OUT", sum(done.get() for _ in range(100)))
time.sleep(0.1)
running = False
for thread in threads:
    thread.join()
print("PASS" if ticks > before else "ticker stands still")
