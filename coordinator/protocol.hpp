// SPDX-License-Identifier: Apache-2.0
// What agents, commands and the coordinator say to each other: frames of a 4-byte little-endian length and a CBOR map with
// the message's kind in "t". The first frame of a connection must carry the job's token; until then only a few hundred
// bytes are accepted. Hostile bytes make `FrameReader` or `parse` fail, never more.
//
//   agent   -> hello {token, role:"rank", rank, size, host, pid}    <- welcome | refused {why}
//   agent   -> request {why}                        a signal asked for a checkpoint
//           <- begin {n}  -> report {…changes}      <- targets {n, list}  <- stop  <- all_stopped  <- drained
//   agent   -> parked                               <- write {directory, generation}
//   agent   -> written {bytes, data_bytes, hash, children: [{file, bytes, data_bytes, hash}…]} | failed {why}
//           <- resume {n} | end {code}              -> resumed {n}
//           <- look -> looked {…report, children: [name…]}
//   agent   -> leave
//              report, parked, not_parked, written, failed and resumed name the round in n
//   relay   -> hello {token, role:"relay", host}; it is told what an agent is told, and stall {stall}
//   relay   -> joined {ranks: [{rank, host, pid}…]}, left {ranks}, lost {ranks}, request
//   relay   -> part {…changes}, parked {ranks}, written {ranks: [{rank, bytes, …}…]}, resumed {n, ranks}, looked {ranks: [{rank, …report}…]},
//              failed {rank, why}, not_parked {rank, why}           plain `ranks` are runs: first, count, first, count …
//   command -> hello {token, role:"command"}, then checkpoint {kill} | status
//           <- accepted; done {generation, …} | refused {why}; status {…}
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/image.hpp"
#include "common/result.hpp"
#include "coordinator/merging.hpp"

namespace mana {

using Message = nlohmann::json;

inline constexpr std::size_t max_frame_before_hello = 1024;
inline constexpr std::size_t max_frame = 16 << 20;

/// A frame ready to be sent.
std::string frame_of(const Message& message);

/// Cuts a stream of bytes into messages.
class FrameReader {
 public:
  void set_limit(std::size_t bytes) { limit_ = bytes; }
  void append(const char* bytes, std::size_t count) { buffer_.append(bytes, count); }
  /// The next whole message; nullopt: more bytes are needed; Error: the peer does not speak our protocol.
  Result<std::optional<Message>> next();

 private:
  std::string buffer_;
  std::size_t at_ = 0, limit_ = max_frame_before_hello;
};

/// Where a job's coordinator can be reached, and the secret that opens it.
struct Endpoint {
  std::vector<std::string> addresses;  ///< numeric, the likeliest first
  std::uint16_t port = 0;
  std::string token;   ///< 32 hexadecimal digits: 128 random bits
  std::string job;     ///< id of the batch job, or "HOST:PID"
  std::string host;    ///< where rank 0 runs
  std::string relays;  ///< the random name that the job's relays listen under
  std::string lower_mpi;
  int ranks = 0;

  std::string serialize() const;  ///< JSON
  static Result<Endpoint> parse(std::string_view text);
};

/// 128 bits from the kernel, as hexadecimal digits.
std::string random_token();
/// Takes the same time wherever they differ.
bool same_token(std::string_view a, std::string_view b);

/// `report` as changes against `last` (nullptr: whole).
Message encode_report(const RankReport& report, const RankReport* last);
/// Applies an encoded report; false if it is malformed.
bool apply_report(const Message& message, RankReport& report);

/// (communicator, target) pairs.
using TargetList = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
Message encode_targets(std::uint64_t request, const TargetList& targets);
TargetList decode_targets(const Message& message);

Message encode_part(const PartChange& change);
/// nullopt if it is malformed.
std::optional<PartChange> decode_part(const Message& message);

Message encode_image(const ImageFacts& facts);
/// What a malformed message leaves out is 0.
ImageFacts decode_image(const Message& message);

/// Ascending ranks as runs, and back; false if it is malformed or names a rank that a job of `size` ranks has not.
Message encode_ranks(std::vector<int> ranks);
bool decode_ranks(const Message& message, int size, std::vector<int>& ranks);

/// A word of an agent or a relay that belongs to one round, and names it in "n": ignored when that is over.
bool speaks_of_round(std::string_view kind);

/// Field access that never throws: a value of another kind, or none, gives `fallback`.
std::string text_field(const Message& m, const char* name, const std::string& fallback = "");
std::int64_t int_field(const Message& m, const char* name, std::int64_t fallback = -1);
std::uint64_t unsigned_field(const Message& m, const char* name, std::uint64_t fallback = 0);
bool bool_field(const Message& m, const char* name);

}  // namespace mana
