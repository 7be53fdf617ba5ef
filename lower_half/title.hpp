// SPDX-License-Identifier: Apache-2.0
// What ps, top and pgrep show of a rank: the program, not mana's lower half.
#pragma once

namespace mana::lower {

/// Names the calling main thread after the program, as exec does. At a launch; after a restart threads have the names of the image.
void name_main_thread();

/// /proc/PID/cmdline becomes the program's argument strings in the window, so that a program that overwrites them is seen to. Without effect where
/// the kernel does not allow it (PR_SET_MM_MAP, CONFIG_CHECKPOINT_RESTORE).
void show_program_arguments();

}  // namespace mana::lower
