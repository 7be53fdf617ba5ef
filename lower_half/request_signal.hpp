// SPDX-License-Identifier: Apache-2.0
// The signal by which a user or a batch system asks for a checkpoint.
#pragma once

namespace mana::lower {

/// Installs the handler. It runs on any thread with either half's FS base: raw system calls only.
void install_request_signal(int signal);

/// A descriptor that becomes readable (8 bytes, eventfd) when a checkpoint has been asked for by signal; made on first use.
int request_event();

}  // namespace mana::lower
