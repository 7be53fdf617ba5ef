// SPDX-License-Identifier: Apache-2.0
// 0, 1 and 2 as whoever has started this process gave them. They may wander: a shell that redirects one moves it to another number and back,
// by which it looks like a descriptor of the program's own. Wherever one is at a checkpoint, a restart puts the restart's own there.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace mana::lower {

/// At launch; of a regular file a descriptor is kept, by which others of it are known.
void note_launch_streams();

/// Which of the three `fd` is, -1: none of them. Terminals and devices are described by themselves.
int launch_stream(int fd);

/// A restart, before the program's descriptors take their places, and when they have.
void hold_launch_streams();
void release_launch_streams();

/// Puts the restart's own at the number of an entry {fd, launched, cloexec}.
void place_launch_stream(const nlohmann::json& entry);

}  // namespace mana::lower
