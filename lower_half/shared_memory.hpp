// SPDX-License-Identifier: Apache-2.0
// Memory that is mapped shared without a lasting file behind it: memfds, POSIX and SysV shared memory, shared anonymous memory.
// Each such object has a key (device:inode), the same in every rank of its node. A restart makes one file for a key, which every
// rank of the node and every mapping and descriptor of it uses, so that the memory is shared again.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/image.hpp"

namespace mana::lower {

/// Key of an object by its device and inode.
std::string object_key(std::uint64_t device, std::uint64_t inode);

/// Every shared object among the mappings: [{key, name, bytes, starts}]. An error names a mapping that can't be kept (a
/// device's).
Result<nlohmann::json> describe_shared_objects(const std::vector<Mapping>& maps, std::vector<RegionDescription>& regions);

/// True if the object with this key is mapped in this process.
bool is_mapped_object(const std::string& key);

/// The objects of a restarting rank.
class SharedObjects {
 public:
  /// `token`: the same in all ranks of the restarting job, and fresh. `among_processes`: a memfd, too, is found by others of the node.
  SharedObjects(const nlohmann::json& described, std::string token, bool among_processes);
  /// The open file of the object that a region maps, -1: none.
  int of_region(std::uint64_t start) const;
  /// All ranks have filled their memory: objects with a name take it, the others are only reachable through their mappings.
  void publish();

 private:
  struct Made {
    std::string key, name, temporary;
    std::vector<std::uint64_t> starts;
    int fd;
  };
  std::vector<Made> made_;
};

/// The open file of an object that this restart has made, -1: none. For descriptors of it.
int made_object(const std::string& key);

}  // namespace mana::lower
