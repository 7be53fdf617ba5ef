! SPDX-License-Identifier: Apache-2.0
! Shows: user functions of a program with `use mpi_f08`, made before the cut and called after it.
! live: ranks=2 cuts=all
subroutine compose(in, inout, length, datatype)
  use mpi_f08
  use, intrinsic :: iso_c_binding
  implicit none
  type(c_ptr), value :: in, inout
  integer :: length, i
  type(MPI_Datatype) :: datatype
  integer, pointer :: a(:, :), b(:, :)
  call c_f_pointer(in, a, (/ 2, length /))
  call c_f_pointer(inout, b, (/ 2, length /))
  if (datatype == MPI_DATATYPE_NULL) stop 9
  do i = 1, length
    b(2, i) = b(2, i) + a(2, i) * b(1, i)
    b(1, i) = b(1, i) * a(1, i)
  end do
end subroutine

subroutine copy_attribute(comm, keyval, extra_state, old, new, flag, ierr)
  use mpi_f08
  implicit none
  type(MPI_Comm) :: comm
  integer :: keyval, ierr
  integer(MPI_ADDRESS_KIND) :: extra_state, old, new
  logical :: flag
  new = old + 1
  flag = old < 100
  ierr = MPI_SUCCESS
end subroutine

subroutine delete_attribute(comm, keyval, value, extra_state, ierr)
  use mpi_f08
  implicit none
  type(MPI_Comm) :: comm
  integer :: keyval, ierr
  integer(MPI_ADDRESS_KIND) :: value, extra_state
  integer :: deleted, failed
  common /counters/ deleted, failed
  deleted = deleted + int(value)
  ierr = MPI_SUCCESS
end subroutine

subroutine on_error(comm, code)
  use mpi_f08
  implicit none
  type(MPI_Comm) :: comm
  integer :: code, deleted, failed
  common /counters/ deleted, failed
  failed = failed + 1
end subroutine

program fortran_f08_callbacks
  use mpi_f08
  implicit none
  include 'lib/live_declare.inc'
  procedure(MPI_User_function) :: compose
  procedure(MPI_Comm_copy_attr_function) :: copy_attribute
  procedure(MPI_Comm_delete_attr_function) :: delete_attribute
  procedure(MPI_Comm_errhandler_function) :: on_error
  integer :: deleted, failed
  common /counters/ deleted, failed
  type(MPI_Op) :: op
  type(MPI_Datatype) :: type
  type(MPI_Comm) :: copy, second
  type(MPI_Errhandler) :: handler
  integer :: keyval, ierr, i
  integer(MPI_ADDRESS_KIND) :: value, extra_state
  logical :: flag

  deleted = 0
  failed = 0
  call live_start(2)
  call MPI_Op_create(compose, .false., op)
  call MPI_Type_contiguous(2, MPI_INTEGER, type)
  call MPI_Type_commit(type)
  extra_state = 5
  call MPI_Comm_create_keyval(copy_attribute, delete_attribute, keyval, extra_state)
  call MPI_Comm_dup(MPI_COMM_WORLD, copy)
  value = 40
  call MPI_Comm_set_attr(copy, keyval, value)
  call MPI_Comm_create_errhandler(on_error, handler)
  call MPI_Comm_set_errhandler(copy, handler)
  call MPI_Errhandler_free(handler)
  call reduce()

  call live_cut(0)

  call reduce()
  call MPI_Comm_dup(copy, second)
  call MPI_Comm_get_attr(second, keyval, value, flag)
  call live_check(flag .and. value == 41, 'copied value')
  value = 150
  call MPI_Comm_set_attr(second, keyval, value)
  call live_check(deleted == 41, 'old value deleted')
  call MPI_Comm_free(second)
  call live_check(deleted == 191, 'deleted with the communicator')
  value = 150
  call MPI_Comm_set_attr(copy, keyval, value)
  call MPI_Comm_dup(copy, second)
  call MPI_Comm_get_attr(second, keyval, value, flag)
  call live_check(.not. flag, 'not copied')
  call MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, value, flag)
  call live_check(flag .and. value >= 32767, 'MPI_TAG_UB')
  call MPI_Send(i, -1, MPI_INTEGER, 0, 1, second, ierr)
  call live_check(ierr /= MPI_SUCCESS .and. failed == 1, 'error handler called')
  call MPI_Comm_free(second)
  call MPI_Comm_free(copy)
  call MPI_Comm_free_keyval(keyval)
  call MPI_Op_free(op)
  call MPI_Type_free(type)
  call live_mix(deleted)
  call live_end()
contains
  include 'lib/live.inc'

  subroutine reduce()
    integer :: mine(2, 3), all_of(2, 3), factor, offset
    mine(1, :) = live_rank + 2
    mine(2, :) = (/ 1, 2, 3 /) + live_rank
    call MPI_Allreduce(mine, all_of, 3, type, op, MPI_COMM_WORLD)
    factor = 1
    offset = 0
    do i = 0, live_size - 1
      offset = offset * (i + 2) + i + 1
      factor = factor * (i + 2)
    end do
    call live_check(all_of(1, 1) == factor .and. all_of(2, 1) == offset, 'composed')
    call live_mix(all_of(2, 3))
  end subroutine
end program
