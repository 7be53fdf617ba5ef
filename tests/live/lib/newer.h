// SPDX-License-Identifier: Apache-2.0
// Functions of MPI 4.0, 4.1 and 5.0 for programs that are also built with older mpi.h and run natively: weak names, null where the
// library lacks them. A program asks live_has() and does the same another way, so that its result is the same everywhere.
#ifndef MANA_TESTS_NEWER_H
#define MANA_TESTS_NEWER_H

#include "live.h"

#define live_has(function) ((intptr_t)&function != 0)

#define LIVE_WEAK_INNER(text) _Pragma(#text)
#define LIVE_WEAK(function) LIVE_WEAK_INNER(weak function)

LIVE_WEAK(MPI_Isendrecv)
LIVE_WEAK(MPI_Isendrecv_replace)
LIVE_WEAK(MPI_Comm_idup_with_info)
LIVE_WEAK(MPI_Info_get_string)
LIVE_WEAK(MPI_Info_create_env)
LIVE_WEAK(MPI_Request_get_status_all)
LIVE_WEAK(MPI_Request_get_status_any)
LIVE_WEAK(MPI_Request_get_status_some)
LIVE_WEAK(MPI_Type_get_value_index)
LIVE_WEAK(MPI_Remove_error_class)
LIVE_WEAK(MPI_Remove_error_code)
LIVE_WEAK(MPI_Remove_error_string)
LIVE_WEAK(MPI_Get_hw_resource_info)
LIVE_WEAK(MPI_Status_get_source)
LIVE_WEAK(MPI_Status_get_tag)
LIVE_WEAK(MPI_Status_get_error)
LIVE_WEAK(MPI_Status_set_source)
LIVE_WEAK(MPI_Status_set_tag)
LIVE_WEAK(MPI_Status_set_error)

int MPI_Isendrecv(const void*, int, MPI_Datatype, int, int, void*, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request*);
int MPI_Isendrecv_replace(void*, int, MPI_Datatype, int, int, int, int, MPI_Comm, MPI_Request*);
int MPI_Comm_idup_with_info(MPI_Comm, MPI_Info, MPI_Comm*, MPI_Request*);
int MPI_Info_get_string(MPI_Info, const char*, int*, char*, int*);
int MPI_Info_create_env(int, char*[], MPI_Info*);
int MPI_Type_get_value_index(MPI_Datatype, MPI_Datatype, MPI_Datatype*);
int MPI_Remove_error_class(int);
int MPI_Remove_error_code(int);
int MPI_Remove_error_string(int);
int MPI_Get_hw_resource_info(MPI_Info*);
int MPI_Status_set_source(MPI_Status*, int);
int MPI_Status_set_tag(MPI_Status*, int);
int MPI_Status_set_error(MPI_Status*, int);
#if defined(OPEN_MPI) || defined(MPICH_VERSION)
int MPI_Request_get_status_all(int, const MPI_Request[], int*, MPI_Status[]);
int MPI_Request_get_status_any(int, const MPI_Request[], int*, int*, MPI_Status*);
int MPI_Request_get_status_some(int, const MPI_Request[], int*, int[], MPI_Status[]);
int MPI_Status_get_source(const MPI_Status*, int*);
int MPI_Status_get_tag(const MPI_Status*, int*);
int MPI_Status_get_error(const MPI_Status*, int*);
#endif

#endif
