// SPDX-License-Identifier: Apache-2.0
// Frames, fields and secrets.
#include "coordinator/protocol.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

namespace mana {
namespace {

constexpr std::size_t max_text_field = 4096;
constexpr int max_depth = 6;

/// CBOR may nest as deep as a frame is long, and a document's destructor recurses: nothing deeper than max_depth is built.
class ShallowParser : public nlohmann::detail::json_sax_dom_parser<Message> {
 public:
  explicit ShallowParser(Message& root) : json_sax_dom_parser(root, false) {}
  bool start_object(std::size_t elements) { return may_hold(elements) && json_sax_dom_parser::start_object(elements); }
  bool start_array(std::size_t elements) { return may_hold(elements) && json_sax_dom_parser::start_array(elements); }
  bool end_object() { return --depth_ >= 0 && json_sax_dom_parser::end_object(); }
  bool end_array() { return --depth_ >= 0 && json_sax_dom_parser::end_array(); }

 private:
  /// The base class throws at a count that no container can have.
  bool may_hold(std::size_t elements) { return ++depth_ <= max_depth && (elements == static_cast<std::size_t>(-1) || elements <= max_frame); }

  int depth_ = 0;
};

Message pairs(const TargetList& list) {
  Message flat = Message::array();
  for (const auto& [id, value] : list) {
    flat.push_back(id);
    flat.push_back(value);
  }
  return flat;
}

/// Appends a list of unsigned numbers; none is an empty one. False if it is something else.
bool numbers(const Message& m, const char* name, std::vector<std::uint64_t>& values) {
  const auto list = m.find(name);
  if (list == m.end()) return true;
  if (!list->is_array()) return false;
  for (const Message& value : *list) {
    if (!value.is_number_unsigned()) return false;
    values.push_back(value.get<std::uint64_t>());
  }
  return true;
}

}  // namespace

std::string frame_of(const Message& message) {
  std::string frame(4, 0);
  Message::to_cbor(message, frame);
  const auto length = static_cast<std::uint32_t>(frame.size() - 4);
  memcpy(frame.data(), &length, 4);
  return frame;
}

Result<std::optional<Message>> FrameReader::next() {
  if (buffer_.size() - at_ < 4) return std::optional<Message>();
  std::uint32_t length;
  memcpy(&length, buffer_.data() + at_, 4);
  if (length > limit_) return Error{"a frame of " + std::to_string(length) + " bytes"};
  if (buffer_.size() - at_ - 4 < length) return std::optional<Message>();
  Message message;
  ShallowParser parser(message);
  const char* body = buffer_.data() + at_ + 4;
  if (!Message::sax_parse(body, body + length, &parser, nlohmann::json::input_format_t::cbor)) return Error{"a frame that is not CBOR"};
  at_ += 4 + length;
  if (at_ == buffer_.size() || at_ > (1 << 16)) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  if (!message.is_object() || !message.contains("t") || !message["t"].is_string()) return Error{"a frame that is not a message"};
  return std::optional<Message>(std::move(message));
}

std::string Endpoint::serialize() const {
  return Message{
      {"format", "mana-split job"}, {"version", 1},           {"addresses", addresses}, {"port", port}, {"token", token}, {"job", job}, {"host", host},
      {"relays", relays},           {"lower_mpi", lower_mpi}, {"ranks", ranks}}
      .dump(1, ' ', false, Message::error_handler_t::replace);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const Message m = Message::parse(text, nullptr, false);
  if (!m.is_object() || text_field(m, "format") != "mana-split job" || int_field(m, "version") != 1)
    return Error{"not a job file of this version of mana-split"};
  Endpoint e;
  if (const auto list = m.find("addresses"); list != m.end() && list->is_array())
    for (const Message& address : *list)
      if (address.is_string() && address.get_ref<const std::string&>().size() < 64) e.addresses.push_back(address);
  const std::int64_t port = int_field(m, "port");
  e.token = text_field(m, "token");
  e.job = text_field(m, "job");
  e.host = text_field(m, "host");
  e.relays = text_field(m, "relays");
  e.lower_mpi = text_field(m, "lower_mpi");
  e.ranks = static_cast<int>(int_field(m, "ranks"));
  if (e.addresses.empty() || port < 1 || port > 65535 || e.token.size() != 32) return Error{"job file without address or token"};
  e.port = static_cast<std::uint16_t>(port);
  return e;
}

std::string random_token() {
  unsigned char bytes[16];
  for (std::size_t got = 0; got < sizeof bytes;) {
    const ssize_t more = getrandom(bytes + got, sizeof bytes - got, 0);
    if (more > 0) got += static_cast<std::size_t>(more);
  }
  std::string token;
  for (const unsigned char byte : bytes) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

bool same_token(std::string_view a, std::string_view b) {
  volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i) difference = static_cast<unsigned char>(difference | (b[i] ^ (i < a.size() ? a[i] : 0)));
  return difference == 0 && !b.empty();
}

Message encode_report(const RankReport& r, const RankReport* last) {
  Message m = {{"t", "report"}, {"threads", r.threads}};
  if (r.place != 0) m["place"] = r.place;
  if (r.sent != 0) m["sent"] = r.sent;
  if (r.received != 0) m["received"] = r.received;
  if (r.at_line) m["line"] = true;
  if (r.stopped) m["stopped"] = true;
  if (r.remakes_mpi) m["remakes"] = true;
  if (r.threads_parked != 0) m["parked"] = r.threads_parked;
  if (!r.call.empty()) m["call"] = r.call;
  if (r.call_communicator) m["comm"] = r.call_communicator;
  if (!r.parked_on.empty()) m["on"] = r.parked_on;
  if (!r.unsupported.empty()) m["unsupported"] = r.unsupported;
  if (last == nullptr) {
    m["entered"] = pairs(r.entered);
    return m;
  }
  if (last->entered == r.entered) return m;
  auto before = last->entered, now = r.entered;
  std::sort(before.begin(), before.end());
  std::sort(now.begin(), now.end());
  TargetList changed;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(changed));
  std::vector<std::uint64_t> gone;
  for (const auto& [id, count] : before)
    if (const auto at = std::lower_bound(now.begin(), now.end(), std::pair<std::uint64_t, std::uint64_t>(id, 0)); at == now.end() || at->first != id)
      gone.push_back(id);
  m["changed"] = pairs(changed);
  if (!gone.empty()) m["gone"] = gone;
  return m;
}

bool apply_report(const Message& m, RankReport& r) {
  std::vector<std::uint64_t> entered, changed, gone, on;
  if (!numbers(m, "entered", entered) || !numbers(m, "changed", changed) || !numbers(m, "gone", gone) || !numbers(m, "on", on)) return false;
  if (entered.size() % 2 || changed.size() % 2) return false;
  r.place = static_cast<std::uint32_t>(unsigned_field(m, "place"));
  r.sent = unsigned_field(m, "sent");
  r.received = unsigned_field(m, "received");
  r.at_line = bool_field(m, "line");
  r.stopped = bool_field(m, "stopped");
  r.remakes_mpi = bool_field(m, "remakes");
  r.threads = static_cast<std::uint32_t>(unsigned_field(m, "threads"));
  r.threads_parked = static_cast<std::uint32_t>(unsigned_field(m, "parked"));
  r.call = text_field(m, "call");
  r.call_communicator = unsigned_field(m, "comm");
  r.parked_on = std::move(on);
  r.unsupported = text_field(m, "unsupported");
  if (m.contains("entered")) {
    r.entered.clear();
    changed = std::move(entered);
  }
  std::erase_if(r.entered, [&](const auto& pair) { return std::find(gone.begin(), gone.end(), pair.first) != gone.end(); });
  for (std::size_t i = 0; i < changed.size(); i += 2) {
    const auto known = std::find_if(r.entered.begin(), r.entered.end(), [&](const auto& pair) { return pair.first == changed[i]; });
    if (known != r.entered.end())
      known->second = changed[i + 1];
    else
      r.entered.emplace_back(changed[i], changed[i + 1]);
  }
  return true;
}

Message encode_targets(std::uint64_t request, const TargetList& targets) { return {{"t", "targets"}, {"n", request}, {"list", pairs(targets)}}; }

TargetList decode_targets(const Message& m) {
  std::vector<std::uint64_t> list;
  TargetList targets;
  if (numbers(m, "list", list))
    for (std::size_t i = 0; i + 1 < list.size(); i += 2) targets.emplace_back(list[i], list[i + 1]);
  return targets;
}

Message encode_part(const PartChange& change) {
  const PartSums& s = change.head.sums;
  const std::pair<const char*, int> counts[] = {{"inside", s.inside}, {"unsupported", s.unsupported}, {"stopped", s.stopped}, {"line", s.at_line},
                                                {"late", s.late},     {"outside", s.late_outside}};
  Message m = {{"t", "part"}, {"known", s.known}};
  for (const auto& [name, count] : counts)
    if (count != 0) m[name] = count;
  if (s.sent != 0) m["sent"] = s.sent;
  if (s.received != 0) m["received"] = s.received;
  if (change.head.moved != 0) m["moved"] = change.head.moved;
  if (s.unsupported != 0) {
    m["who"] = change.head.unsupported_rank;
    m["what"] = change.head.unsupported;
  }
  Message changed = Message::array();
  for (const auto& [id, part] : change.changed)
    for (const std::uint64_t value : {id, part.lowest, part.highest, part.held, part.wanted}) changed.push_back(value);
  if (!changed.empty()) m["changed"] = std::move(changed);
  if (!change.gone.empty()) m["gone"] = change.gone;
  return m;
}

std::optional<PartChange> decode_part(const Message& m) {
  PartChange change;
  PartSums& s = change.head.sums;
  const std::pair<const char*, int*> counts[] = {{"known", &s.known},  {"inside", &s.inside}, {"unsupported", &s.unsupported}, {"stopped", &s.stopped},
                                                 {"line", &s.at_line}, {"late", &s.late},     {"outside", &s.late_outside}};
  for (const auto& [name, count] : counts) {
    const std::int64_t value = int_field(m, name, 0);
    if (value < 0 || value > INT32_MAX) return std::nullopt;
    *count = static_cast<int>(value);
  }
  s.sent = unsigned_field(m, "sent");
  s.received = unsigned_field(m, "received");
  change.head.moved = static_cast<std::uint32_t>(unsigned_field(m, "moved"));
  change.head.unsupported_rank = static_cast<int>(int_field(m, "who"));
  change.head.unsupported = text_field(m, "what");
  std::vector<std::uint64_t> changed;
  if (!numbers(m, "changed", changed) || changed.size() % 5 || !numbers(m, "gone", change.gone)) return std::nullopt;
  for (std::size_t i = 0; i < changed.size(); i += 5) change.changed.push_back({changed[i], {changed[i + 1], changed[i + 2], changed[i + 3], changed[i + 4]}});
  return change;
}

Message encode_ranks(std::vector<int> ranks) {
  std::sort(ranks.begin(), ranks.end());
  Message runs = Message::array();
  for (std::size_t i = 0, end; i < ranks.size(); i = end) {
    for (end = i + 1; end < ranks.size() && ranks[end] == ranks[end - 1] + 1;) ++end;
    runs.push_back(ranks[i]);
    runs.push_back(end - i);
  }
  return runs;
}

bool decode_ranks(const Message& m, int size, std::vector<int>& ranks) {
  std::vector<std::uint64_t> runs;
  const auto limit = static_cast<std::uint64_t>(size);
  if (!numbers(m, "ranks", runs) || runs.size() % 2) return false;
  for (std::size_t i = 0; i < runs.size(); i += 2) {
    if (runs[i] >= limit || runs[i + 1] > limit - runs[i] || ranks.size() + runs[i + 1] > limit) return false;
    for (std::uint64_t k = 0; k < runs[i + 1]; ++k) ranks.push_back(static_cast<int>(runs[i] + k));
  }
  return true;
}

Message encode_image(const ImageFacts& facts) {
  Message message = {{"t", "written"}, {"bytes", facts.bytes}, {"data_bytes", facts.data_bytes}, {"hash", facts.header_hash}};
  for (const ChildImage& child : facts.children)
    message["children"].push_back({{"file", child.file}, {"bytes", child.bytes}, {"data_bytes", child.data_bytes}, {"hash", child.header_hash}});
  return message;
}

ImageFacts decode_image(const Message& message) {
  ImageFacts facts;
  facts.bytes = unsigned_field(message, "bytes");
  facts.data_bytes = unsigned_field(message, "data_bytes");
  facts.header_hash = unsigned_field(message, "hash");
  const auto children = message.find("children");
  if (children == message.end() || !children->is_array()) return facts;
  for (const Message& child : *children)
    if (child.is_object())
      facts.children.push_back({text_field(child, "file"), unsigned_field(child, "bytes"), unsigned_field(child, "data_bytes"), unsigned_field(child, "hash")});
  return facts;
}

bool speaks_of_round(std::string_view kind) {
  return kind == "report" || kind == "part" || kind == "parked" || kind == "not_parked" || kind == "written" || kind == "failed";
}

std::string text_field(const Message& m, const char* name, const std::string& fallback) {
  const auto field = m.find(name);
  if (field == m.end() || !field->is_string()) return fallback;
  return field->get_ref<const std::string&>().substr(0, max_text_field);
}

std::int64_t int_field(const Message& m, const char* name, std::int64_t fallback) {
  const auto field = m.find(name);
  if (field == m.end() || !field->is_number_integer()) return fallback;
  return field->get<std::int64_t>();
}

std::uint64_t unsigned_field(const Message& m, const char* name, std::uint64_t fallback) {
  const auto field = m.find(name);
  if (field == m.end() || !field->is_number_unsigned()) return fallback;
  return field->get<std::uint64_t>();
}

bool bool_field(const Message& m, const char* name) {
  const auto field = m.find(name);
  return field != m.end() && field->is_boolean() && field->get<bool>();
}

}  // namespace mana
