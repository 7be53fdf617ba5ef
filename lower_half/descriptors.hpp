// SPDX-License-Identifier: Apache-2.0
// Both halves share one descriptor table. Which descriptors are the program's, how its regular files are noted in the image
// and opened again, and how the lower half keeps out of the way.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

namespace mana::lower {

/// Every descriptor open in this process.
std::set<int> open_descriptors();

/// Moves a descriptor of the lower half to a high number, out of the program's way; returns the new number (or the old one).
int keep_high(int fd);

/// What /proc/self/fd says of it: a path, or a kind and number.
std::string link_of(int fd);

/// True for duplicates of one open file.
bool share_one_description(int a, int b);

/// Opened by the program, and not one of ours.
bool is_program_descriptor(int fd);

/// At launch: everything open now was inherited and belongs to the program, but the launcher's and our own.
void note_launch_descriptors();

/// A rank with MPI: children that are followed do not get what its launcher left open in it. Before the program has opened anything.
void keep_launchers_descriptors();

/// After the real MPI has come up: every descriptor that is open now and was not in `before` belongs to the lower half.
void note_lower_descriptors(const std::set<int>& before);

/// A descriptor that the lower half has just opened or closed, outside of the real MPI. Any thread of the lower half.
void note_lower_descriptor(int fd, bool opened = true);

/// The program's open files for the image: [{fd, path, flags, offset, same_as, launched}]. Others are listed with "lost": their kind.
nlohmann::json describe_descriptors();

/// Restart, before the real MPI comes up: occupies the image's numbers; the launcher's own descriptors are moved away first
/// and their environment variables adjusted.
void reserve_descriptors(const nlohmann::json& described);

/// Restart, after memory is back: opens the files again at their numbers and positions. Ends the rank with one line when one is gone.
void reopen_descriptors(const nlohmann::json& described);

/// Restart, when all threads have their kernel threads: the files that name processes and threads by id.
void reopen_late_descriptors(const nlohmann::json& described);

}  // namespace mana::lower
