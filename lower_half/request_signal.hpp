// SPDX-License-Identifier: Apache-2.0
// The signal by which a user or a batch system asks for a checkpoint.
#pragma once

namespace mana::lower {

/// Installs the handler. It runs on any thread with either half's FS base: it borrows the lower one.
void install_request_signal(int signal);

/// True once if the signal came before the job was joined.
bool take_early_request();

}  // namespace mana::lower
