# SPDX-License-Identifier: Apache-2.0
# Shows: the tutorial's program, print, sleep, increment, goes on where it was.
# process: cuts=1
# state: Programs | python3: interpreter, open files, sleeping | kept
import os
import time

directory = os.environ.get("CUT_DIR")
for i in range(20):
    print("OUT", i, flush=True)
    if i == 5 and directory:
        while not os.path.exists(directory + "/go.0"):
            if not os.path.exists(directory + "/at.0"):
                open(directory + "/at.0", "w").close()
            time.sleep(0.01)
    time.sleep(0.005)
print("PASS")
