// SPDX-License-Identifier: Apache-2.0
#include "lower_half/message_queues.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/arch.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/hex_text.hpp"

namespace mana::lower {
namespace {

using arch::raw_syscall;
using arch::word;
using nlohmann::json;

struct QueueMessage {
  std::string content;
  unsigned priority;
};

/// A second open file of the queue, which never waits and which no notification belongs to; -1: may not be opened so.
int open_beside(const std::string& name, int flags) { return mq_open(name.c_str(), flags | O_NONBLOCK | O_CLOEXEC); }

std::vector<QueueMessage> take_out(int queue, long largest) {
  std::vector<QueueMessage> messages;
  std::string room(static_cast<std::size_t>(largest), '\0');
  unsigned priority = 0;
  for (ssize_t got; (got = mq_receive(queue, room.data(), room.size(), &priority)) >= 0;)
    messages.push_back({room.substr(0, static_cast<std::size_t>(got)), priority});
  return messages;
}

void put_in(int queue, const std::vector<QueueMessage>& messages) {
  for (const QueueMessage& message : messages)
    if (mq_send(queue, message.content.data(), message.content.size(), message.priority) != 0)
      say_line("a message of a message queue is lost: the queue is full");
}

}  // namespace

json describe_message_queue(int fd, const std::string& link) {
  constexpr long queue_file_system = 0x19800202;
  struct statfs where {};
  struct stat facts {};
  mq_attr attributes{};
  if (fstatfs(fd, &where) != 0 || where.f_type != queue_file_system) return nullptr;
  if (fstat(fd, &facts) != 0 || facts.st_nlink == 0 || raw_syscall(SYS_mq_getsetattr, fd, 0, word(&attributes)) != 0)
    return {{"lost", "message queue " + link + ", which has no name any more"}};
  json entry = {{"kind", "mqueue"}, {"path", link}, {"mode", facts.st_mode & 0777}, {"most", attributes.mq_maxmsg}, {"largest", attributes.mq_msgsize}};
  if (attributes.mq_curmsgs == 0) return entry;
  int beside = open_beside(link, O_RDWR);
  if (beside < 0) return {{"lost", "message queue " + link + ", whose messages can't be read"}};
  std::vector<QueueMessage> messages = take_out(beside, attributes.mq_msgsize);
  put_in(beside, messages);
  mq_close(beside);
  for (const QueueMessage& message : messages) entry["messages"].push_back({to_hex(message.content), message.priority});
  return entry;
}

int remake_message_queue(const json& entry) {
  std::string name = entry["path"];
  int access = entry["flags"].get<int>() & O_ACCMODE;
  int made = mq_open(name.c_str(), access | O_CLOEXEC);
  if (made >= 0 || errno != ENOENT) return made;
  mq_attr attributes{};
  attributes.mq_maxmsg = entry["most"];
  attributes.mq_msgsize = entry["largest"];
  int fresh = mq_open(name.c_str(), O_CREAT | O_RDWR | O_NONBLOCK | O_CLOEXEC, entry["mode"].get<unsigned>(), &attributes);
  if (fresh < 0) return fresh;
  std::vector<QueueMessage> messages;
  for (const auto& message : entry.value("messages", json::array())) messages.push_back({from_hex(message[0].get<std::string>()), message[1]});
  put_in(fresh, messages);
  mq_close(fresh);
  return mq_open(name.c_str(), access | O_CLOEXEC);
}

}  // namespace mana::lower
