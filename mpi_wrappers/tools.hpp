// SPDX-License-Identifier: Apache-2.0
// The tool information interface (MPI 4.1 §15.3) of a job whose real MPI may change at any restart: it works, and offers no
// variables, categories, events or sources, which MPI leaves to the implementation. Those of the real MPI are set by its
// environment (MPICH_*, OMPI_MCA_*), which every launch and restart passes on.
//
// Error codes: MPI_T_ERR_* of the ABI's generated values.
#pragma once

#include <cstdint>

namespace mana::shell {

enum class ToolError : int {
  not_initialized = t_err_not_initialized,
  invalid_index = t_err_invalid_index,
  invalid_handle = t_err_invalid_handle,
  invalid_name = t_err_invalid_name,
  invalid_session = t_err_invalid_session
};

inline int tool_users = 0;
inline std::int64_t tool_sessions = 0;

inline int tool_error(ToolError error) { return static_cast<int>(error); }
/// The end of a call that has found no fault but perhaps `error`.
inline int tool_end(ToolError error) { return tool_error(tool_users == 0 ? ToolError::not_initialized : error); }
inline int tool_success() { return tool_users == 0 ? tool_error(ToolError::not_initialized) : 0; }

/// Says that there is nothing of a kind.
inline int tool_none(void* count) {
  if (tool_users != 0 && count != nullptr) *static_cast<int*>(count) = 0;
  return tool_success();
}
inline int tool_no_name() { return tool_end(ToolError::invalid_name); }

namespace local {

inline int t_init_thread(int required, void* provided) {
  ++tool_users;
  if (provided != nullptr) *static_cast<int*>(provided) = required;
  return 0;
}
inline int t_finalize() {
  if (tool_users == 0) return tool_error(ToolError::not_initialized);
  --tool_users;
  return 0;
}

inline int t_cvar_get_num(void* count) { return tool_none(count); }
inline int t_pvar_get_num(void* count) { return tool_none(count); }
inline int t_category_get_num(void* count) { return tool_none(count); }
inline int t_event_get_num(void* count) { return tool_none(count); }
inline int t_source_get_num(void* count) { return tool_none(count); }
inline int t_category_changed(void* update_number) { return tool_none(update_number); }

/// A session has no content; it is known by its number.
inline int t_pvar_session_create(void* session) {
  if (tool_users == 0) return tool_error(ToolError::not_initialized);
  *static_cast<std::int64_t*>(session) = ++tool_sessions;
  return 0;
}
inline bool is_tool_session(const void* session) {
  auto number = reinterpret_cast<std::intptr_t>(session);
  return number > 0 && number <= tool_sessions;
}
inline int t_pvar_session_free(void* session) {
  if (!is_tool_session(*static_cast<void**>(session))) return tool_end(ToolError::invalid_session);
  *static_cast<void**>(session) = nullptr;
  return tool_success();
}

/// MPI_T_PVAR_ALL_HANDLES is the only handle there is: of none.
inline int tool_all_handles(const void* session, const void* handle) {
  if (!is_tool_session(session)) return tool_end(ToolError::invalid_session);
  return handle == all_tool_handles() ? tool_success() : tool_end(ToolError::invalid_handle);
}
inline int t_pvar_start(void* session, void* handle) { return tool_all_handles(session, handle); }
inline int t_pvar_stop(void* session, void* handle) { return tool_all_handles(session, handle); }
inline int t_pvar_reset(void* session, void* handle) { return tool_all_handles(session, handle); }

#define MANA_TOOL(name, end)    \
  template <class... Arguments> \
  int t_##name(Arguments...) {  \
    return end;                 \
  }
#define MANA_NO_INDEX(name) MANA_TOOL(name, tool_end(ToolError::invalid_index))
#define MANA_NO_HANDLE(name) MANA_TOOL(name, tool_end(ToolError::invalid_handle))
#define MANA_NO_NAME(name) MANA_TOOL(name, tool_no_name())
MANA_NO_INDEX(category_get_categories)
MANA_NO_INDEX(category_get_cvars)
MANA_NO_INDEX(category_get_events)
MANA_NO_INDEX(category_get_info)
MANA_NO_INDEX(category_get_num_events)
MANA_NO_INDEX(category_get_pvars)
MANA_NO_INDEX(cvar_get_info)
MANA_NO_INDEX(cvar_handle_alloc)
MANA_NO_INDEX(event_get_info)
MANA_NO_INDEX(event_handle_alloc)
MANA_NO_INDEX(pvar_get_info)
MANA_NO_INDEX(pvar_handle_alloc)
MANA_NO_INDEX(source_get_info)
MANA_NO_INDEX(source_get_timestamp)
MANA_NO_NAME(category_get_index)
MANA_NO_NAME(cvar_get_index)
MANA_NO_NAME(event_get_index)
MANA_NO_NAME(pvar_get_index)
MANA_NO_HANDLE(cvar_handle_free)
MANA_NO_HANDLE(cvar_read)
MANA_NO_HANDLE(cvar_write)
MANA_NO_HANDLE(enum_get_info)
MANA_NO_HANDLE(enum_get_item)
MANA_NO_HANDLE(event_callback_get_info)
MANA_NO_HANDLE(event_callback_set_info)
MANA_NO_HANDLE(event_copy)
MANA_NO_HANDLE(event_get_source)
MANA_NO_HANDLE(event_get_timestamp)
MANA_NO_HANDLE(event_handle_free)
MANA_NO_HANDLE(event_handle_get_info)
MANA_NO_HANDLE(event_handle_set_info)
MANA_NO_HANDLE(event_read)
MANA_NO_HANDLE(event_register_callback)
MANA_NO_HANDLE(event_set_dropped_handler)
MANA_NO_HANDLE(pvar_handle_free)
MANA_NO_HANDLE(pvar_read)
MANA_NO_HANDLE(pvar_readreset)
MANA_NO_HANDLE(pvar_write)
#undef MANA_NO_NAME
#undef MANA_NO_HANDLE
#undef MANA_NO_INDEX
#undef MANA_TOOL

}  // namespace local
}  // namespace mana::shell
