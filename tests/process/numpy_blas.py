# SPDX-License-Identifier: Apache-2.0
# Shows: numpy over OpenBLAS with its threads, before and after.
# process: cuts=1 packages=python3-numpy,libopenblas0-pthread
# state: Programs | numpy with the threads of OpenBLAS | kept
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "3"
import numpy

directory = os.environ.get("CUT_DIR")
a = numpy.arange(160000, dtype=numpy.float64).reshape(400, 400) % 17
before = a @ a
while directory and not os.path.exists(directory + "/go.0"):
    if not os.path.exists(directory + "/at.0"):
        open(directory + "/at.0", "w").close()
    time.sleep(0.01)
after = a @ a
print("OUT", float(after.sum()), bool((before == after).all()))
print("PASS")
