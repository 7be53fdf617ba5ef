// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mana {

/// Of this software, as in meson.build.
inline constexpr char mana_version[] = "0.1.0";

}  // namespace mana
