// SPDX-License-Identifier: Apache-2.0
// Shows: what is asked of the environment and of info objects answers as before: MPI_Info_get_string, _create_env,
// MPI_Get_hw_resource_info; and MPI_Pcontrol, removed error classes, codes and strings.
// live: ranks=2 cuts=all abi
#include "lib/newer.h"

static int failed(int code) { return code != MPI_SUCCESS; }

static void expect_value(MPI_Info info, const char* key, const char* value) {
  char text[64] = "";
  int flag = 0, room = sizeof text;
  if (live_has(MPI_Info_get_string)) {
    MPI_Info_get_string(info, key, &room, text, &flag);
    LIVE_CHECK(flag && room == (int)strlen(value) + 1);
  } else {
    MPI_Info_get(info, key, sizeof text - 1, text, &flag);
  }
  LIVE_CHECK(flag && strcmp(text, value) == 0);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int class = 0, code = 0, other = 0, length = 0, keys = 0;
  char text[MPI_MAX_ERROR_STRING];
  MPI_Info info, environment = MPI_INFO_NULL, hardware = MPI_INFO_NULL;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Info_create(&info);
  MPI_Info_set(info, "colour", "green");
  if (live_has(MPI_Info_create_env)) MPI_Info_create_env(argc, argv, &environment);
  if (live_has(MPI_Get_hw_resource_info)) MPI_Get_hw_resource_info(&hardware);
  MPI_Add_error_class(&class);
  MPI_Add_error_code(class, &code);
  MPI_Add_error_string(code, "out of cheese");
  MPI_Pcontrol(1);
  live_cut(0);
  MPI_Pcontrol(0);
  expect_value(info, "colour", "green");
  if (environment != MPI_INFO_NULL) LIVE_CHECK(MPI_Info_get_nkeys(environment, &keys) == MPI_SUCCESS && keys >= 0);
  if (hardware != MPI_INFO_NULL) LIVE_CHECK(MPI_Info_get_nkeys(hardware, &keys) == MPI_SUCCESS && keys >= 0);
  MPI_Error_string(code, text, &length);
  LIVE_CHECK(strcmp(text, "out of cheese") == 0);
  MPI_Error_class(code, &other);
  LIVE_CHECK(other == class);
  if (live_has(MPI_Remove_error_class)) {
    LIVE_CHECK(failed(MPI_Remove_error_class(class)));  // its code still is there
    LIVE_CHECK(MPI_Remove_error_string(code) == MPI_SUCCESS && failed(MPI_Remove_error_string(code)));
    LIVE_CHECK(MPI_Remove_error_code(code) == MPI_SUCCESS && failed(MPI_Remove_error_code(code)));
    LIVE_CHECK(MPI_Remove_error_class(class) == MPI_SUCCESS);
  }
  MPI_Info_free(&info);
  if (environment != MPI_INFO_NULL) MPI_Info_free(&environment);
  if (hardware != MPI_INFO_NULL) MPI_Info_free(&hardware);
  live_mix_int(length);
  return live_end();
}
