! SPDX-License-Identifier: Apache-2.0
! Shows: indices that count from one (waitany, testany, waitsome, testsome), persistent requests and cancel, alive at the cut.
! live: ranks=2 cuts=all
program fortran_requests
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  integer, parameter :: n = 5
  integer :: ierr, other, requests(n), statuses(MPI_STATUS_SIZE, n), status(MPI_STATUS_SIZE), indices(n), outcount, index, i, k, done, round
  integer :: values(n), persistent(2), sent, received
  logical :: flag, seen(n)

  call live_start(2)
  other = 1 - live_rank
  values = 0
  do i = 1, n
    call MPI_Irecv(values(i), 1, MPI_INTEGER, other, i, MPI_COMM_WORLD, requests(i), ierr)
  end do
  call MPI_Send_init(sent, 1, MPI_INTEGER, other, 90, MPI_COMM_WORLD, persistent(1), ierr)
  call MPI_Recv_init(received, 1, MPI_INTEGER, other, 90, MPI_COMM_WORLD, persistent(2), ierr)
  sent = 10 * live_rank
  call MPI_Startall(2, persistent, ierr)

  call live_cut(0)

  ! Only the third has a message: its index is 3.
  call MPI_Send(3000 + live_rank, 1, MPI_INTEGER, other, 3, MPI_COMM_WORLD, ierr)
  call MPI_Waitany(n, requests, index, status, ierr)
  call live_check(index == 3 .and. status(MPI_TAG) == 3 .and. requests(3) == MPI_REQUEST_NULL .and. values(3) == 3000 + other, 'waitany')
  call MPI_Testany(n, requests, index, flag, status, ierr)
  call live_check(.not. flag, 'testany without a message')
  call MPI_Barrier(MPI_COMM_WORLD, ierr)
  call MPI_Send(1000 + live_rank, 1, MPI_INTEGER, other, 1, MPI_COMM_WORLD, ierr)
  flag = .false.
  do while (.not. flag)
    call MPI_Testany(n, requests, index, flag, status, ierr)
  end do
  call live_check(index == 1 .and. status(MPI_SOURCE) == other .and. values(1) == 1000 + other, 'testany')
  call MPI_Barrier(MPI_COMM_WORLD, ierr)
  call MPI_Send(5000 + live_rank, 1, MPI_INTEGER, other, 5, MPI_COMM_WORLD, ierr)
  call MPI_Waitsome(n, requests, outcount, indices, statuses, ierr)
  call live_check(outcount == 1 .and. indices(1) == 5 .and. statuses(MPI_TAG, 1) == 5, 'waitsome')
  call MPI_Barrier(MPI_COMM_WORLD, ierr)
  call MPI_Send(2000 + live_rank, 1, MPI_INTEGER, other, 2, MPI_COMM_WORLD, ierr)
  call MPI_Send(4000 + live_rank, 1, MPI_INTEGER, other, 4, MPI_COMM_WORLD, ierr)
  done = 0
  seen = .false.
  do while (done < 2)
    call MPI_Testsome(n, requests, outcount, indices, MPI_STATUSES_IGNORE, ierr)
    do k = 1, outcount
      seen(indices(k)) = .true.
      done = done + 1
    end do
  end do
  call live_check(all(seen .eqv. (/ .false., .true., .false., .true., .false. /)), 'testsome')
  call MPI_Testsome(n, requests, outcount, indices, MPI_STATUSES_IGNORE, ierr)
  call live_check(outcount == MPI_UNDEFINED, 'testsome of null requests')
  call MPI_Waitany(n, requests, index, MPI_STATUS_IGNORE, ierr)
  call live_check(index < 0, 'waitany of null requests')
  do i = 1, n
    call live_check(values(i) == 1000 * i + other, 'values')
    call live_mix(values(i))
  end do

  do round = 1, 3
    call MPI_Waitall(2, persistent, statuses, ierr)
    call live_check(received == 10 * other + round - 1 .and. persistent(1) /= MPI_REQUEST_NULL, 'persistent')
    call live_check(statuses(MPI_SOURCE, 2) == other .and. statuses(MPI_TAG, 2) == 90, 'status of the persistent receive')
    call live_mix(received)
    sent = 10 * live_rank + round
    if (round < 3) call MPI_Startall(2, persistent, ierr)
  end do
  do i = 1, 2
    call MPI_Request_free(persistent(i), ierr)
    call live_check(persistent(i) == MPI_REQUEST_NULL, 'persistent request freed')
  end do
  call MPI_Irecv(received, 1, MPI_INTEGER, other, 91, MPI_COMM_WORLD, index, ierr)
  call MPI_Cancel(index, ierr)
  call MPI_Wait(index, status, ierr)
  call MPI_Test_cancelled(status, flag, ierr)
  call live_check(flag, 'cancelled')
  call live_end()
contains
  include 'lib/live.inc'
end program
