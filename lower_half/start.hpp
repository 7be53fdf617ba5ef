// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The whole life of the lower half: launch or restart by its options; never returns.
extern "C" [[gnu::visibility("default"), noreturn]] void mana_lower_main(int argc, char** argv);
