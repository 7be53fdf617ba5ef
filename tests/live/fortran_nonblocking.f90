! SPDX-License-Identifier: Apache-2.0
! Shows: nonblocking collectives of Fortran, in flight at the cut.
! live: ranks=3 cuts=all
program fortran_nonblocking
  use mpi_f08
  implicit none
  include 'lib/live_declare.inc'
  type(MPI_Request) :: requests(4)
  type(MPI_Status) :: status
  integer, asynchronous :: sums(4), everywhere(5), gathered(6), mine(4), parts(2), turned(3), sent(3)
  integer :: ierr, i

  call live_start(3)
  mine = (/ 1, 2, 3, 4 /) * (live_rank + 1)
  everywhere = merge((/ 5, 4, 3, 2, 1 /), 0, live_rank == 1)
  parts = (/ live_rank, 10 * live_rank /)
  sent = 10 * live_rank + (/ 0, 1, 2 /)
  call MPI_Iallreduce(mine, sums, 4, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD, requests(1))
  call MPI_Ibcast(everywhere, 5, MPI_INTEGER, 1, MPI_COMM_WORLD, requests(2))
  call MPI_Iallgather(parts, 2, MPI_INTEGER, gathered, 2, MPI_INTEGER, MPI_COMM_WORLD, requests(3))
  call MPI_Ialltoall(sent, 1, MPI_INTEGER, turned, 1, MPI_INTEGER, MPI_COMM_WORLD, requests(4))

  call live_cut(0)

  call MPI_Wait(requests(3), status)
  call live_check(requests(3) == MPI_REQUEST_NULL, 'request is null')
  call MPI_Waitall(4, requests, MPI_STATUSES_IGNORE)
  call live_check(all(sums == (/ 1, 2, 3, 4 /) * live_size * (live_size + 1) / 2), 'sums')
  call live_check(all(everywhere == (/ 5, 4, 3, 2, 1 /)), 'broadcast')
  call live_check(all(gathered == (/ 0, 0, 1, 10, 2, 20 /)), 'gathered')
  call live_check(all(turned == (/ 0, 10, 20 /) + live_rank), 'turned')
  mine = live_rank
  call MPI_Iallreduce(MPI_IN_PLACE, mine, 4, MPI_INTEGER, MPI_MAX, MPI_COMM_WORLD, requests(1))
  call MPI_Ibarrier(MPI_COMM_WORLD, requests(2))
  call MPI_Waitall(2, requests, MPI_STATUSES_IGNORE)
  call live_check(all(mine == live_size - 1), 'maximum in place')
  do i = 1, 4
    call live_mix(sums(i))
  end do
  call live_end()
contains
  include 'lib/live.inc'
end program
