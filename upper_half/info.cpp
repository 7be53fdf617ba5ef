// SPDX-License-Identifier: Apache-2.0
// Info calls, MPI 4.1 §10.
#include "upper_half/info.hpp"

#include <algorithm>
#include <cstdio>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

constexpr std::size_t longest_key = 255, longest_value = 1024;

const Text* Info::find(const char* key) const {
  for (const Entry& e : entries)
    if (e.key == key) return &e.value;
  return nullptr;
}

void Info::set(const char* key, const char* value) {
  for (Entry& e : entries) {
    if (e.key != key) continue;
    e.value = value;
    return;
  }
  entries.push_back({Text(key), Text(value)});
}

Info* copy_info(const Info* source) {
  auto* info = create<Info>();
  if (usable(source)) info->entries = source->entries;
  info_slots.put(info);
  return info;
}

void release(Info* info) {
  if (info == nullptr || !drop_reference(info)) return;
  info_slots.remove(info);
  destroy(info);
}

static bool is_valid(const Hint& hint, const char* value) {
  bool logical = std::strcmp(hint.by_default, "false") == 0;
  return !logical || std::strcmp(value, "true") == 0 || std::strcmp(value, "false") == 0;
}

void take_hints(Info** own, const Info* given, Hints kind) {
  if (!usable(given)) return;
  for (const Hint& hint : kind) {
    const Text* value = given->find(hint.key);
    if (value == nullptr || !is_valid(hint, value->c_str())) continue;
    if (*own == nullptr) *own = copy_info(nullptr);
    (*own)->set(hint.key, value->c_str());
  }
}

Info* hints_in_use(const Info* own, Hints kind) {
  Info* info = copy_info(nullptr);
  for (const Hint& hint : kind) {
    const Text* value = own != nullptr ? own->find(hint.key) : nullptr;
    info->set(hint.key, value != nullptr ? value->c_str() : hint.by_default);
  }
  return info;
}

/// MPI 4.1 §11.5.3: what is known of how the program was started, without MPI.
static void add_program_facts(Info* env) {
  char text[4096];
  if (ssize_t n = readlink("/proc/self/exe", text, sizeof text - 1); n > 0) {
    text[n] = 0;
    env->set("command", text);
  }
  if (gethostname(text, sizeof text) == 0) env->set("host", text);
  if (utsname name; uname(&name) == 0) env->set("arch", name.machine);
  if (getcwd(text, sizeof text) != nullptr) env->set("wdir", text);
}

/// And what MPI has told.
void fill_info_env(int thread_level) {
  auto* env = static_cast<Info*>(predefined_objects[mpi::INFO_ENV]);
  add_program_facts(env);
  char text[16];
  std::snprintf(text, sizeof text, "%d", interface().size);
  env->set("maxprocs", text);
  env->set("soft", text);
  env->set("thread_level", thread_level == mpi::THREAD_MULTIPLE     ? "MPI_THREAD_MULTIPLE"
                           : thread_level == mpi::THREAD_SERIALIZED ? "MPI_THREAD_SERIALIZED"
                           : thread_level == mpi::THREAD_FUNNELED   ? "MPI_THREAD_FUNNELED"
                                                                    : "MPI_THREAD_SINGLE");
}

}  // namespace mana::upper

namespace mana::api {
namespace {

int check_key(const char* key) {
  if (key == nullptr) return mpi::ERR_INFO_KEY;
  std::size_t length = std::strlen(key);
  return length == 0 || length > longest_key ? mpi::ERR_INFO_KEY : 0;
}

}  // namespace

int info_create(Info** info) {
  WrapperScope scope;
  *info = copy_info(nullptr);
  return 0;
}

/// The same before, between and after MPI_Init and MPI_Finalize.
int info_create_env(int, char**, Info** info) {
  WrapperScope scope;
  *info = copy_info(nullptr);
  add_program_facts(*info);
  return 0;
}

int info_dup(Info* info, Info** newinfo) {
  if (!usable(info)) return mpi::ERR_INFO;
  WrapperScope scope;
  *newinfo = copy_info(info);
  return 0;
}

int info_free(Info** info) {
  if (!usable(*info) || (*info)->vid == mpi::INFO_ENV) return mpi::ERR_INFO;
  WrapperScope scope;
  release(*info);
  *info = static_cast<Info*>(predefined_objects[mpi::INFO_NULL]);
  return 0;
}

int info_set(Info* info, const char* key, const char* value) {
  if (!usable(info) || info->vid == mpi::INFO_ENV) return mpi::ERR_INFO;
  if (int error = check_key(key); error != 0) return error;
  if (value == nullptr || std::strlen(value) > longest_value) return mpi::ERR_INFO_VALUE;
  WrapperScope scope;
  info->set(key, value);
  return 0;
}

int info_delete(Info* info, const char* key) {
  if (!usable(info) || info->vid == mpi::INFO_ENV) return mpi::ERR_INFO;
  if (int error = check_key(key); error != 0) return error;
  WrapperScope scope;
  auto found = std::find_if(info->entries.begin(), info->entries.end(), [&](const Info::Entry& e) { return e.key == key; });
  if (found == info->entries.end()) return mpi::ERR_INFO_NOKEY;
  info->entries.erase(found);
  return 0;
}

/// `valuelen` doesn't count the end mark: up to valuelen + 1 bytes are written.
int info_get(Info* info, const char* key, int valuelen, char* value, int* flag) {
  if (!usable(info)) return mpi::ERR_INFO;
  if (int error = check_key(key); error != 0) return error;
  if (valuelen < 0) return mpi::ERR_ARG;
  WrapperScope scope;
  const Text* found = info->find(key);
  *flag = found != nullptr;
  if (found != nullptr) copy_text(found->data(), found->size(), value, std::min<std::size_t>(std::size_t(valuelen) + 1, 8192));
  return 0;
}

/// Here `buflen` counts the end mark, on entry and on return (MPI 4.1 §10).
int info_get_string(Info* info, const char* key, int* buflen, char* value, int* flag) {
  if (!usable(info)) return mpi::ERR_INFO;
  if (int error = check_key(key); error != 0) return error;
  if (*buflen < 0) return mpi::ERR_ARG;
  WrapperScope scope;
  const Text* found = info->find(key);
  *flag = found != nullptr;
  if (found == nullptr) return 0;
  if (*buflen > 0) copy_text(found->data(), found->size(), value, std::min<std::size_t>(*buflen, 8192));
  *buflen = static_cast<int>(found->size()) + 1;
  return 0;
}

int info_get_valuelen(Info* info, const char* key, int* valuelen, int* flag) {
  if (!usable(info)) return mpi::ERR_INFO;
  if (int error = check_key(key); error != 0) return error;
  WrapperScope scope;
  const Text* found = info->find(key);
  *flag = found != nullptr;
  if (found != nullptr) *valuelen = static_cast<int>(found->size());
  return 0;
}

int info_get_nkeys(Info* info, int* nkeys) {
  if (!usable(info)) return mpi::ERR_INFO;
  *nkeys = static_cast<int>(info->entries.size());
  return 0;
}

int info_get_nthkey(Info* info, int n, char* key) {
  if (!usable(info)) return mpi::ERR_INFO;
  if (n < 0 || n >= static_cast<int>(info->entries.size())) return mpi::ERR_ARG;
  WrapperScope scope;
  copy_text(info->entries[n].key, key);
  return 0;
}

}  // namespace mana::api
