// SPDX-License-Identifier: Apache-2.0
// Shows: an hvector type with a stride that is no multiple of its element, in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype type;
  MPI_Type_create_hvector(30, 3, 17, MPI_SHORT, &type);
  MPI_Type_commit(&type);
  type_in_flight(type, 1, 30 * 17);
  MPI_Type_free(&type);
  return live_end();
}
