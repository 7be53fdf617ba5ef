! SPDX-License-Identifier: Apache-2.0
! Shows: Fortran's special variables are known by their addresses: MPI_BOTTOM with absolute addresses (made before the cut),
! MPI_IN_PLACE, MPI_UNWEIGHTED, MPI_WEIGHTS_EMPTY, MPI_STATUS(ES)_IGNORE; and buffered sends of Fortran.
! live: ranks=4 cuts=all
program fortran_sentinels
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  integer :: ierr, scattered, graph, adjacent, next, previous, i, indegree, outdegree, sources(2), weights(2), targets(2), size
  integer, volatile :: first(3), last(2)
  integer :: got(5), table(8), counts(4), displs(4), types(4), bytes(4)
  integer(MPI_ADDRESS_KIND) :: places(2)
  integer, target :: buffer(1000)
  logical :: weighted

  call live_start(4)
  next = mod(live_rank + 1, live_size)
  previous = mod(live_rank + live_size - 1, live_size)
  call MPI_Get_address(first, places(1), ierr)
  call MPI_Get_address(last, places(2), ierr)
  call MPI_Type_create_hindexed(2, (/ 3, 2 /), places, MPI_INTEGER, scattered, ierr)
  call MPI_Type_commit(scattered, ierr)
  call MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, (/ previous /), MPI_UNWEIGHTED, 1, (/ next /), MPI_UNWEIGHTED, &
    MPI_INFO_NULL, .false., graph, ierr)
  if (live_rank == 0) then
    call MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 0, sources, MPI_WEIGHTS_EMPTY, 1, (/ 1 /), (/ 7 /), MPI_INFO_NULL, .false., adjacent, ierr)
  else if (live_rank == 1) then
    call MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, (/ 0 /), (/ 7 /), 0, targets, MPI_WEIGHTS_EMPTY, MPI_INFO_NULL, .false., adjacent, ierr)
  else
    call MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 0, sources, MPI_WEIGHTS_EMPTY, 0, targets, MPI_WEIGHTS_EMPTY, MPI_INFO_NULL, .false., adjacent, ierr)
  end if
  call MPI_Buffer_attach(buffer, 4000, ierr)

  call live_cut(0)

  first = (/ 1, 2, 3 /) + 10 * live_rank
  last = (/ 4, 5 /) + 10 * live_rank
  call MPI_Bsend(MPI_BOTTOM, 1, scattered, next, 5, MPI_COMM_WORLD, ierr)
  call MPI_Recv(got, 5, MPI_INTEGER, previous, 5, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierr)
  call live_check(all(got == (/ 1, 2, 3, 4, 5 /) + 10 * previous), 'sent from absolute addresses')
  call MPI_Send(got, 5, MPI_INTEGER, next, 6, MPI_COMM_WORLD, ierr)
  call MPI_Recv(MPI_BOTTOM, 1, scattered, previous, 6, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierr)
  i = mod(live_rank + live_size - 2, live_size)
  call live_check(all(first == (/ 1, 2, 3 /) + 10 * i) .and. all(last == (/ 4, 5 /) + 10 * i), 'received at absolute addresses')
  size = 0
  call MPI_Buffer_detach(buffer, size, ierr)
  call live_check(size == 4000, 'detached')
  do i = 1, 3
    call live_mix(first(i))
  end do

  call MPI_Dist_graph_neighbors_count(graph, indegree, outdegree, weighted, ierr)
  call live_check(indegree == 1 .and. outdegree == 1 .and. .not. weighted, 'unweighted graph')
  call MPI_Dist_graph_neighbors(graph, 1, sources, MPI_UNWEIGHTED, 1, targets, MPI_UNWEIGHTED, ierr)
  call live_check(sources(1) == previous .and. targets(1) == next, 'neighbors')
  call MPI_Neighbor_allgather(live_rank, 1, MPI_INTEGER, i, 1, MPI_INTEGER, graph, ierr)
  call live_check(i == previous, 'neighbor allgather')
  call MPI_Dist_graph_neighbors_count(adjacent, indegree, outdegree, weighted, ierr)
  call live_check(weighted .and. indegree == merge(1, 0, live_rank == 1) .and. outdegree == merge(1, 0, live_rank == 0), 'weighted graph')
  weights = 0
  call MPI_Dist_graph_neighbors(adjacent, indegree, sources, weights, outdegree, targets, weights(2:), ierr)
  if (live_rank == 0) call live_check(weights(2) == 7 .and. targets(1) == 1, 'weight')

  table = 0
  table(live_rank + 1) = 5 * live_rank + 1
  call MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, table, 1, MPI_INTEGER, MPI_COMM_WORLD, ierr)
  call live_check(all(table(1:4) == (/ 1, 6, 11, 16 /)), 'allgather in place')
  if (live_rank == 0) then
    call MPI_Scatter(table, 1, MPI_INTEGER, MPI_IN_PLACE, 1, MPI_INTEGER, 0, MPI_COMM_WORLD, ierr)
  else
    call MPI_Scatter(table, 1, MPI_INTEGER, i, 1, MPI_INTEGER, 0, MPI_COMM_WORLD, ierr)
    call live_check(i == 5 * live_rank + 1, 'scatter in place')
  end if
  counts = 1
  displs = (/ 0, 4, 8, 12 /)
  types = MPI_INTEGER
  bytes = displs
  do i = 1, 4
    table(i) = 10 * live_rank + i - 1
  end do
  call MPI_Alltoallw(MPI_IN_PLACE, counts, displs, types, table, counts, bytes, types, MPI_COMM_WORLD, ierr)
  call live_check(all(table(1:4) == (/ 0, 10, 20, 30 /) + live_rank), 'alltoallw in place')
  call MPI_Sendrecv_replace(table, 4, MPI_INTEGER, next, 1, previous, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierr)
  call live_check(table(1) == previous, 'replaced')
  call live_mix(table(4))
  call MPI_Type_free(scattered, ierr)
  call MPI_Comm_free(graph, ierr)
  call MPI_Comm_free(adjacent, ierr)
  call live_end()
contains
  include 'lib/live.inc'
end program
