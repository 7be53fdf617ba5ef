// SPDX-License-Identifier: Apache-2.0
// A restart, seen from one rank.
#pragma once

namespace mana::lower {

/// Brings up the real MPI if the image had one, maps the image, restores process state and threads. Never returns.
[[noreturn]] void restart_from_image();

}  // namespace mana::lower
