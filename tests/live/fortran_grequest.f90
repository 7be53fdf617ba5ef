! SPDX-License-Identifier: Apache-2.0
! Shows: a generalized request with Fortran callbacks, active at the cut, is completed and asked after it; they write into the variable given as extra state.
! live: ranks=2 cuts=all
subroutine query(extra_state, status, ierr)
  use mpi
  implicit none
  integer(MPI_ADDRESS_KIND) :: extra_state
  integer :: status(MPI_STATUS_SIZE), ierr
  status(MPI_SOURCE) = int(extra_state)
  status(MPI_TAG) = 7
  call MPI_Status_set_elements(status, MPI_INTEGER, 3, ierr)
  call MPI_Status_set_cancelled(status, .false., ierr)
  ierr = MPI_SUCCESS
end subroutine

subroutine let_go(extra_state, ierr)
  use mpi
  implicit none
  integer(MPI_ADDRESS_KIND) :: extra_state
  integer :: ierr, freed, cancelled
  common /calls/ freed, cancelled
  freed = freed + int(extra_state)
  extra_state = extra_state + 100
  ierr = MPI_SUCCESS
end subroutine

subroutine cancel(extra_state, complete, ierr)
  use mpi
  implicit none
  integer(MPI_ADDRESS_KIND) :: extra_state
  logical :: complete
  integer :: ierr, freed, cancelled
  common /calls/ freed, cancelled
  if (.not. complete) cancelled = cancelled + 1
  ierr = MPI_SUCCESS
end subroutine

program fortran_grequest
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  external :: query, let_go, cancel
  integer :: freed, cancelled
  common /calls/ freed, cancelled
  integer(MPI_ADDRESS_KIND), save, volatile :: extra_state
  integer :: ierr, request, status(MPI_STATUS_SIZE), elements
  logical :: flag

  freed = 0
  cancelled = 0
  call live_start(2)
  extra_state = 40 + live_rank
  call MPI_Grequest_start(query, let_go, cancel, extra_state, request, ierr)

  call live_cut(0)

  call MPI_Test(request, flag, status, ierr)
  call live_check(.not. flag, 'not complete')
  call MPI_Cancel(request, ierr)
  call live_check(cancelled == 1, 'told to cancel')
  call MPI_Grequest_complete(request, ierr)
  call MPI_Wait(request, status, ierr)
  call MPI_Get_count(status, MPI_INTEGER, elements, ierr)
  call live_check(status(MPI_SOURCE) == 40 + live_rank .and. status(MPI_TAG) == 7 .and. elements == 3, 'status')
  call live_check(freed == 40 + live_rank .and. request == MPI_REQUEST_NULL, 'freed')
  call live_check(extra_state == 140 + live_rank, 'the variable given as extra state')
  call live_mix(freed)
  call live_end()
contains
  include 'lib/live.inc'
end program
