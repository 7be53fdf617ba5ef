// SPDX-License-Identifier: Apache-2.0
// The send buffers of MPI 4.1 §3.6 for programs that are also built with older mpi.h and run natively: weak names, null where the library
// lacks them.
#ifndef MANA_TESTS_SEND_BUFFERS_H
#define MANA_TESTS_SEND_BUFFERS_H

#include "live.h"

#ifndef MPI_BUFFER_AUTOMATIC
#ifdef OPEN_MPI
#define MPI_BUFFER_AUTOMATIC ((void*)4)
#else
#define MPI_BUFFER_AUTOMATIC ((void*)-2)
#endif
#pragma weak MPI_Buffer_flush
#pragma weak MPI_Buffer_iflush
#pragma weak MPI_Comm_attach_buffer
#pragma weak MPI_Comm_detach_buffer
#pragma weak MPI_Comm_flush_buffer
#pragma weak MPI_Comm_iflush_buffer
int MPI_Buffer_flush(void);
int MPI_Buffer_iflush(MPI_Request*);
int MPI_Comm_attach_buffer(MPI_Comm, void*, int);
int MPI_Comm_detach_buffer(MPI_Comm, void*, int*);
int MPI_Comm_flush_buffer(MPI_Comm);
int MPI_Comm_iflush_buffer(MPI_Comm, MPI_Request*);
#ifndef OPEN_MPI
#pragma weak MPI_Session_attach_buffer
#pragma weak MPI_Session_detach_buffer
#pragma weak MPI_Session_flush_buffer
#pragma weak MPI_Session_iflush_buffer
int MPI_Session_attach_buffer(MPI_Session, void*, int);
int MPI_Session_detach_buffer(MPI_Session, void*, int*);
int MPI_Session_flush_buffer(MPI_Session);
int MPI_Session_iflush_buffer(MPI_Session, MPI_Request*);
#endif
#endif

/// The library has MPI 4.1's send buffers.
LIVE_FUNCTION int have_send_buffers(void) { return (intptr_t)&MPI_Comm_attach_buffer != 0; }

/// A message that no MPI here sends before its receive is posted, so that it stays in its buffer.
enum { long_message = 1 << 18 };
static int long_values[long_message];

/// Room for `messages` of them.
LIVE_FUNCTION int room_for(int messages) { return messages * ((int)sizeof long_values + MPI_BSEND_OVERHEAD); }

LIVE_FUNCTION int bsend_long(int dest, int tag, MPI_Comm comm) {
  for (int i = 0; i < long_message; i++) long_values[i] = i * 7 + tag * 1000 + live_rank;
  return MPI_Bsend(long_values, long_message, MPI_INT, dest, tag, comm);
}

LIVE_FUNCTION void recv_long(int source, int tag, MPI_Comm comm) {
  MPI_Recv(long_values, long_message, MPI_INT, source, tag, comm, MPI_STATUS_IGNORE);
  for (int i = 0; i < long_message; i++) LIVE_CHECK(long_values[i] == i * 7 + tag * 1000 + source);
  live_mix(long_values, sizeof long_values);
}

LIVE_FUNCTION int class_of(int code) {
  int result = -1;
  MPI_Error_class(code, &result);
  return result;
}

#endif
