// SPDX-License-Identifier: Apache-2.0
// A live object of every class that has handles, for programs that turn handles into integers and back.
#include "live.h"

struct objects {
  MPI_Comm comm;
  MPI_Group group;
  MPI_Datatype type;
  MPI_Op op;  ///< adds ints
  MPI_Errhandler handler;
  MPI_Info info;
  MPI_Win win;
  MPI_Request request;  ///< receives `value` from the peer, tag 3, on `comm`
  int value;
  long memory[2];
};

static void add_ints(void* in, void* inout, int* count, MPI_Datatype* type) {
  (void)type;
  for (int i = 0; i < *count; i++) ((int*)inout)[i] += ((int*)in)[i];
}

static void on_error(MPI_Comm* comm, int* code, ...) { (void)comm, (void)code; }

static void make_objects(struct objects* o, int peer) {
  MPI_Comm_dup(MPI_COMM_WORLD, &o->comm);
  MPI_Comm_group(o->comm, &o->group);
  MPI_Type_contiguous(2, MPI_INT, &o->type);
  MPI_Type_commit(&o->type);
  MPI_Op_create(add_ints, 1, &o->op);
  MPI_Comm_create_errhandler(on_error, &o->handler);
  MPI_Info_create(&o->info);
  MPI_Win_create(o->memory, sizeof o->memory, sizeof(long), MPI_INFO_NULL, o->comm, &o->win);
  MPI_Irecv(&o->value, 1, MPI_INT, peer, 3, o->comm, &o->request);
}

/// All but the request, which is complete.
static void free_objects(struct objects* o) {
  MPI_Win_free(&o->win);
  MPI_Info_free(&o->info);
  MPI_Errhandler_free(&o->handler);
  MPI_Op_free(&o->op);
  MPI_Type_free(&o->type);
  MPI_Group_free(&o->group);
  MPI_Comm_free(&o->comm);
}
