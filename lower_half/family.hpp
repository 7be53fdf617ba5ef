// SPDX-License-Identifier: Apache-2.0
// --children follow: the processes that a rank has started are part of its checkpoints, each as both halves of its own without MPI.
//
// The rank is the head of its family (coordinator/family.hpp). A child joins it when it forks, in a rank without MPI, and when it executes a
// program. At a checkpoint the head has all members stop and write images of their own beside its own; it borrows their descriptors and describes
// them with its own, so that what members share is described once. At a restart the head makes what was open, and starts the members again,
// who inherit it, each by the process that was its parent.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/image.hpp"
#include "common/result.hpp"
#include "coordinator/protocol.hpp"

namespace mana::lower {

/// True in a process that another one's family has taken in; its agent is not connected to the coordinator.
bool is_member();

// ---- While the program runs

/// The head, as soon as it has an agent: members may join from now on. A failure is said, and children are not followed.
void start_family(const Endpoint& job, int rank);
void end_family();

/// A program that a process of the family has executed: it goes on under the id that others know (Options::ids).
void keep_ids();

/// The family's server as a member of the program's rank `rank` reaches it.
Endpoint family_endpoint(const Endpoint& job, int rank);

/// The members by name, as describe_child() tells it.
std::vector<std::string> family_names();

// ---- A checkpoint, on the agent's thread. All of it does nothing in a process without a family.

void stop_family();
bool family_parked(std::string* why);
/// The head has its members write, and borrows their descriptors; a member lends them.
Result<void> write_family(const std::string& path);
/// The members' images, when they are written; borrowed descriptors are given back in any case.
Result<std::vector<ChildImage>> family_written();
void resume_family();
void end_members(int code);

/// What a member is told by its head besides the words of the agreement.
void hear_family(const Message& words);

/// For the image: {members: [{id, parent, session, group, image}…], id}, images as files beside the rank's; null without a family. `id`: as the program knows the process.
nlohmann::json describe_family();
/// Kernel's ids of the members in the round in progress: they are no children that a checkpoint leaves out.
bool is_followed(int pid);

/// The door through which the resident code forks; the entry takes the address of the child's thread id in libc.
std::int64_t (*fork_door())(void*);

// ---- A restart

/// Head and member, when descriptors are back: starts those members again whose parent this process is; returns when the whole family is
/// there and every process knows the others' new ids. Ends the rank with one line when one does not come.
void bring_family_back(const nlohmann::json& described);
/// Before it joins: the session or process group that it leads.
void lead_groups(const nlohmann::json& described);

}  // namespace mana::lower
