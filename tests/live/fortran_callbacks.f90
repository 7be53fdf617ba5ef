! SPDX-License-Identifier: Apache-2.0
! Shows: user functions in Fortran, made before the cut and called after it: operation, attribute callbacks, error handler.
! live: ranks=2 cuts=all
! First argument applied after the second: not commutative.
subroutine compose(in, inout, length, datatype)
  use mpi
  implicit none
  integer :: length, datatype, i
  integer :: in(2, length), inout(2, length)
  if (datatype == MPI_DATATYPE_NULL) stop 9
  do i = 1, length
    inout(2, i) = inout(2, i) + in(2, i) * inout(1, i)
    inout(1, i) = inout(1, i) * in(1, i)
  end do
end subroutine

subroutine copy_attribute(comm, keyval, extra_state, old, new, flag, ierr)
  use mpi
  implicit none
  integer :: comm, keyval, ierr
  integer(MPI_ADDRESS_KIND) :: extra_state, old, new
  logical :: flag
  integer :: copied, deleted, failed, last_error
  common /counters/ copied, deleted, failed, last_error
  copied = copied + 1
  new = old + 1
  flag = .true.
  ierr = MPI_SUCCESS
end subroutine

subroutine delete_attribute(comm, keyval, value, extra_state, ierr)
  use mpi
  implicit none
  integer :: comm, keyval, ierr
  integer(MPI_ADDRESS_KIND) :: value, extra_state
  integer :: copied, deleted, failed, last_error
  common /counters/ copied, deleted, failed, last_error
  deleted = deleted + int(value)
  ierr = MPI_SUCCESS
end subroutine

subroutine on_error(comm, code)
  use mpi
  implicit none
  integer :: comm, code, ierr
  integer :: copied, deleted, failed, last_error
  common /counters/ copied, deleted, failed, last_error
  failed = failed + 1
  call MPI_Error_class(code, last_error, ierr)
end subroutine

program fortran_callbacks
  use mpi
  implicit none
  include 'lib/live_declare.inc'
  integer :: copied, deleted, failed, last_error
  common /counters/ copied, deleted, failed, last_error
  external :: compose, copy_attribute, delete_attribute, on_error
  integer :: ierr, op, type, keyval, dup_keyval, old_keyval, handler, copy, second, mine(2, 3), all_of(2, 3), i, factor, offset, old_value, seen
  integer(MPI_ADDRESS_KIND) :: value, extra_state
  logical :: flag
  character(MPI_MAX_ERROR_STRING) :: text

  copied = 0
  deleted = 0
  failed = 0
  call live_start(2)
  call MPI_Op_create(compose, .false., op, ierr)
  call MPI_Type_contiguous(2, MPI_INTEGER, type, ierr)
  call MPI_Type_commit(type, ierr)
  extra_state = 5
  call MPI_Comm_create_keyval(copy_attribute, delete_attribute, keyval, extra_state, ierr)
  call MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, dup_keyval, extra_state, ierr)
  call MPI_Comm_dup(MPI_COMM_WORLD, copy, ierr)
  value = 2**30 * 4_MPI_ADDRESS_KIND + 7
  call MPI_Comm_set_attr(copy, dup_keyval, value, ierr)
  value = 40
  call MPI_Comm_set_attr(copy, keyval, value, ierr)
  call MPI_Comm_create_errhandler(on_error, handler, ierr)
  call MPI_Comm_set_errhandler(copy, handler, ierr)
  call MPI_Errhandler_free(handler, ierr)
  call live_check(handler == MPI_ERRHANDLER_NULL, 'error handler freed')
  call reduce()

  call live_cut(0)

  call reduce()
  call MPI_Comm_dup(copy, second, ierr)
  call live_check(copied == 1, 'copied once')
  call MPI_Comm_get_attr(second, keyval, value, flag, ierr)
  call live_check(flag .and. value == 41, 'copied value')
  call MPI_Comm_get_attr(second, dup_keyval, value, flag, ierr)
  call live_check(flag .and. value == 2**30 * 4_MPI_ADDRESS_KIND + 7, 'duplicated value')
  value = 50
  call MPI_Comm_set_attr(second, keyval, value, ierr)
  call live_check(deleted == 41, 'old value deleted')
  call MPI_Comm_delete_attr(second, keyval, ierr)
  call live_check(deleted == 91, 'new value deleted')
  call MPI_Comm_get_attr(second, keyval, value, flag, ierr)
  call live_check(.not. flag, 'no value')
  call MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, value, flag, ierr)
  call live_check(flag .and. value >= 32767, 'MPI_TAG_UB')
  call MPI_Attr_get(MPI_COMM_WORLD, MPI_TAG_UB, seen, flag, ierr)
  call live_check(flag .and. seen == int(value), 'MPI_TAG_UB as an INTEGER')

  call MPI_Send(i, -1, MPI_INTEGER, 0, 1, copy, ierr)
  call live_check(ierr /= MPI_SUCCESS .and. failed == 1 .and. last_error == MPI_ERR_COUNT, 'error handler called')
  call MPI_Send(i, 1, MPI_INTEGER, live_size, 1, second, ierr)
  call live_check(failed == 2 .and. last_error == MPI_ERR_RANK, 'inherited error handler called')
  call MPI_Error_string(ierr, text, i, seen)
  call live_check(i > 0 .and. text(i + 1:) == ' ', 'text of the error')
  call MPI_Comm_free(second, ierr)
  call MPI_Comm_free(copy, ierr)
  call live_check(deleted == 131, 'deleted with the communicator')
  call MPI_Comm_free_keyval(keyval, ierr)
  call live_check(keyval == MPI_KEYVAL_INVALID, 'keyval freed')
  call MPI_Op_free(op, ierr)
  call live_check(op == MPI_OP_NULL, 'operation freed')
  call MPI_Type_free(type, ierr)
  call live_mix(deleted)
  call live_end()
contains
  include 'lib/live.inc'

  subroutine reduce()
    mine(1, :) = live_rank + 2
    mine(2, :) = (/ 1, 2, 3 /) + live_rank
    call MPI_Allreduce(mine, all_of, 3, type, op, MPI_COMM_WORLD, ierr)
    factor = 1
    offset = 0
    do i = 0, live_size - 1
      offset = offset * (i + 2) + i + 1
      factor = factor * (i + 2)
    end do
    call live_check(all_of(1, 1) == factor .and. all_of(2, 1) == offset, 'composed')
    do i = 1, 3
      call live_mix(all_of(2, i))
    end do
  end subroutine
end program
