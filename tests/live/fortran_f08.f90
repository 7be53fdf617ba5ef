! SPDX-License-Identifier: Apache-2.0
! Shows: a program with `use mpi_f08`: typed handles and statuses, array sections, nonblocking messages alive at the cut.
! live: ranks=2 cuts=all
program fortran_f08
  use mpi_f08
  implicit none
  include 'lib/live_declare.inc'
  type(MPI_Comm) :: copy, null
  type(MPI_Datatype) :: column
  type(MPI_Request) :: requests(4)
  type(MPI_Status) :: status, statuses(4)
  type(MPI_Group) :: group
  type(MPI_Info) :: info
  type(MPI_Op) :: op
  type(MPI_Message) :: message
  integer :: ierr, other, i, count, grid(6, 6), line(6), numbers(8), length
  character(MPI_MAX_OBJECT_NAME) :: name
  character(MPI_MAX_PROCESSOR_NAME) :: node
  logical :: flag
  real(8) :: clock

  call live_start(2)
  clock = MPI_Wtime()
  other = 1 - live_rank
  call MPI_Get_processor_name(node, length)
  call live_check(length > 0 .and. node(length + 1:) == ' ', 'processor name')
  call MPI_Comm_dup(MPI_COMM_WORLD, copy)
  call live_check(copy /= MPI_COMM_WORLD .and. copy /= MPI_COMM_NULL, 'copied communicator')
  call MPI_Comm_set_name(copy, 'a copy')
  do i = 1, 6
    grid(:, i) = (/ 1, 2, 3, 4, 5, 6 /) + 10 * i + 100 * live_rank
  end do
  call MPI_Type_vector(6, 1, 6, MPI_INTEGER, column)
  call MPI_Type_commit(column)
  numbers = 0
  call MPI_Irecv(line, 6, MPI_INTEGER, other, 1, copy, requests(1))
  call MPI_Irecv(numbers(1:4), 4, MPI_INTEGER, MPI_ANY_SOURCE, 2, copy, requests(2))
  call MPI_Isend(grid(2, 1), 1, column, other, 1, copy, requests(3))
  call MPI_Isend(grid(:, 3), 4, MPI_INTEGER, other, 3, copy, requests(4))

  call live_cut(0)

  call MPI_Send(grid(1, 5), 4, MPI_INTEGER, other, 2, copy)
  call MPI_Mprobe(MPI_ANY_SOURCE, 3, copy, message, status)
  call MPI_Mrecv(numbers(5:8), 4, MPI_INTEGER, message, status, ierr)
  call live_check(status%MPI_SOURCE == other .and. status%MPI_TAG == 3 .and. message == MPI_MESSAGE_NULL, 'status of mrecv')
  call MPI_Waitall(4, requests, statuses)
  call live_check(statuses(1)%MPI_SOURCE == other .and. statuses(1)%MPI_TAG == 1, 'first status')
  call live_check(statuses(2)%MPI_SOURCE == other .and. statuses(2)%MPI_TAG == 2, 'second status')
  call MPI_Get_count(statuses(2), MPI_INTEGER, count)
  call live_check(count == 4, 'count')
  do i = 1, 4
    call live_check(requests(i) == MPI_REQUEST_NULL, 'request is null')
  end do
  call live_check(all(line == (/ 12, 22, 32, 42, 52, 62 /) + 100 * other), 'row')
  call live_check(all(numbers == (/ 51, 52, 53, 54, 31, 32, 33, 34 /) + 100 * other), 'columns')
  do i = 1, 8
    call live_mix(numbers(i))
  end do

  call MPI_Irecv(numbers, 8, MPI_INTEGER, other, 9, copy, requests(1))
  call MPI_Isend(line, 6, MPI_INTEGER, other, 9, copy, requests(2))
  call MPI_Waitall(2, requests(1:2), MPI_STATUSES_IGNORE)
  call live_check(all(numbers(1:6) == (/ 12, 22, 32, 42, 52, 62 /) + 100 * live_rank), 'exchange')
  call MPI_Test(requests(1), flag, MPI_STATUS_IGNORE)
  call live_check(flag, 'test of a null request')
  call MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, copy, flag, status)
  call live_check(.not. flag, 'nothing more to receive')
  call MPI_Allreduce(MPI_IN_PLACE, line, 6, MPI_INTEGER, MPI_SUM, copy)
  call live_check(all(line == 2 * (/ 12, 22, 32, 42, 52, 62 /) + 100), 'sum in place')
  op = MPI_MAX
  call MPI_Reduce(live_rank, i, 1, MPI_INTEGER, op, 0, copy)
  if (live_rank == 0) call live_check(i == live_size - 1, 'maximum')
  call MPI_Comm_get_name(copy, name, length)
  call live_check(name == 'a copy' .and. length == 6, 'name')
  call MPI_Comm_group(copy, group)
  call MPI_Group_size(group, i)
  call live_check(i == live_size, 'group')
  call MPI_Group_free(group)
  call MPI_Info_create(info)
  call MPI_Info_set(info, 'k', 'v')
  call MPI_Info_get(info, 'k', 10, name, flag, ierr)
  call live_check(flag .and. name(1:10) == 'v', 'info')
  call MPI_Info_free(info)
  call live_check(info == MPI_INFO_NULL, 'info is null')
  call MPI_Type_free(column)
  call MPI_Comm_free(copy)
  null = MPI_COMM_NULL
  call live_check(copy == null .and. MPI_Wtime() >= clock, 'freed')
  call live_end()
contains
  include 'lib/live.inc'
end program
