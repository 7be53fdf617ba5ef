// SPDX-License-Identifier: Apache-2.0
// inotify: the kernel numbers watches and tells nobody their paths; the resident code has noted them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace mana::lower {

/// `watches`: the numbers that the descriptor's fdinfo tells.
nlohmann::json describe_watches(int fd, const std::vector<int>& watches);
/// A new inotify descriptor with the same watches under the same numbers; -1 with errno if there can be none.
int remake_watches(const nlohmann::json& entry);

}  // namespace mana::lower
