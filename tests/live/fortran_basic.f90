! SPDX-License-Identifier: Apache-2.0
! Shows: a program that includes mpif.h: messages with statuses, collectives, names; a message in flight at the cut.
! live: ranks=2 cuts=all
program fortran_basic
  implicit none
  include 'mpif.h'
  include 'lib/live_declare.inc'
  integer :: ierr, other, status(MPI_STATUS_SIZE), count, i, length, inside(4), sums(4)
  double precision :: numbers(10), before
  character(MPI_MAX_PROCESSOR_NAME) :: name
  logical :: flag
  call live_start(2)
  before = MPI_Wtime()
  call MPI_Initialized(flag, ierr)
  call live_check(flag .and. ierr == MPI_SUCCESS, 'initialized')
  call MPI_Get_processor_name(name, length, ierr)
  call live_check(length > 0 .and. name(length + 1:) == ' ', 'processor name is padded with blanks')
  other = 1 - live_rank
  do i = 1, 10
    numbers(i) = i * 1.5d0 + live_rank
  end do
  if (live_rank < 2) call MPI_Send(numbers, 10, MPI_DOUBLE_PRECISION, other, 7, MPI_COMM_WORLD, ierr)
  call live_cut(0)
  if (live_rank < 2) then
    call MPI_Probe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, status, ierr)
    call live_check(status(MPI_SOURCE) == other .and. status(MPI_TAG) == 7, 'probed')
    numbers = 0
    status = -77
    call MPI_Recv(numbers, 10, MPI_DOUBLE_PRECISION, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, status, ierr)
    call live_check(status(MPI_SOURCE) == other .and. status(MPI_TAG) == 7 .and. status(MPI_ERROR) == -77, 'received')
    call MPI_Get_count(status, MPI_DOUBLE_PRECISION, count, ierr)
    call live_check(count == 10, 'count')
    call live_check(all(numbers == (/ (i * 1.5d0 + other, i = 1, 10) /)), 'numbers')
  end if
  do i = 1, 10
    call live_mix(int(numbers(i) * 2))
  end do
  inside = (/ live_rank, 2, 3, 10 * live_rank /)
  call MPI_Allreduce(inside, sums, 4, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD, ierr)
  call live_check(sums(2) == 2 * live_size .and. sums(1) == live_size * (live_size - 1) / 2, 'sums')
  call MPI_Allreduce(MPI_IN_PLACE, inside, 4, MPI_INTEGER, MPI_MAX, MPI_COMM_WORLD, ierr)
  call live_check(inside(1) == live_size - 1 .and. inside(4) == 10 * (live_size - 1), 'maxima')
  inside = sums + live_rank
  call MPI_Bcast(inside, 4, MPI_INTEGER, live_size - 1, MPI_COMM_WORLD, ierr)
  call live_check(inside(1) == sums(1) + live_size - 1, 'broadcast')
  call MPI_Sendrecv(live_rank, 1, MPI_INTEGER, mod(live_rank + 1, live_size), 1, i, 1, MPI_INTEGER, &
    mod(live_rank + live_size - 1, live_size), 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE, ierr)
  call live_check(i == mod(live_rank + live_size - 1, live_size), 'ring')
  call live_mix(i)
  call live_check(MPI_Wtime() >= before .and. MPI_Wtick() > 0, 'clock')
  call live_end()
contains
  include 'lib/live.inc'
end program
