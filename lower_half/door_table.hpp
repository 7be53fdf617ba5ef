// SPDX-License-Identifier: Apache-2.0
// The doors once more, as jumps in a table below the window: within reach of a direct call from the first gigabyte of the window, where
// the program's libraries lie, and with the lower half close by (near_main.cpp). An indirect branch costs 7 ns on processors that don't
// predict them (restricted speculation, common in clouds).
#pragma once

namespace mana::lower {

/// Lays the table for the gate's entries. Images hold calls into it, so every lower half must have it: ends the rank with a message if it can't.
/// Doors that are too far off are reached through the gate.
void lay_door_table();

}  // namespace mana::lower
