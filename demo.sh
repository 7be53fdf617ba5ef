#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole story in three minutes: a wave simulation is run once without interruption; then it is launched over
# MPICH, checkpointed in its middle, killed with SIGKILL, and restarted over Open MPI to its end. Same result, bit for bit.
#
#     ./demo.sh [POINTS STEPS]
. "$(dirname "$0")/tests/setup.sh"
points=${1:-640} steps=${2:-2000}
half=$((steps / 2))
root=$PWD
bin=$root/build/prefix/bin
app=$root/build/demo/wave2d.mpich
work=$root/build/demo-run
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# One line of progress in two is enough here.
thin_out() {
  local line
  while IFS= read -r line; do
    [[ $line =~ ^step\ *[0-9]*[13579]00\  ]] || echo "    $line"
  done
}
checksum() { grep -ah '^checksum' "$@" | tail -1; }

# descendants PID: the pid and everything below it.
descendants() {
  local child
  echo "$1"
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do descendants "$child"; done
}

say "1. Packages and build"
need_packages "${build_packages[@]}"
build_all
echo "    built into build/prefix"
rm -rf "$work"
mkdir -p "$work/native" "$work/ours"
run_options=(-n "$points" -s "$steps" -d 2)

say "2. The program by itself: an ordinary MPI program, compiled with mpicc of MPICH, 4 ranks"
start=$SECONDS
mpirun.openmpi --version >/dev/null || die "no Open MPI"
(cd "$work/native" && timeout 120 mpiexec.hydra -n 4 "$app" "${run_options[@]}" </dev/null) | tee "$work/native.log" | thin_out
[ -n "$(checksum "$work/native.log")" ] || die "the uninterrupted run did not end"
echo "    $((SECONDS - start)) s without interruption: $(checksum "$work/native.log")"

say "3. The same binary under mana_launch, over MPICH"
cd "$work/ours" || exit 1
mpiexec.hydra -n 4 "$bin/mana_launch" --ckptdir "$work/ckpt" -- "$app" "${run_options[@]}" </dev/null >"$work/first.log" 2>&1 &
job=$!
disown $job
trap 'for p in $(descendants $job); do kill -9 "$p" 2>/dev/null; done' EXIT
tail -n +1 -f "$work/first.log" --pid=$job | thin_out &
for _ in $(seq 1200); do
  grep -aq "^step *$half " "$work/first.log" && break
  [ -d /proc/$job ] || { cat "$work/first.log"; die "the job ended early"; }
  sleep 0.05
done

say "4. A checkpoint in the middle, while it computes"
start=$(date +%s%N)
timeout 60 "$bin/mana" checkpoint "$work/ckpt" || die "the checkpoint failed"
echo "    taken in $((($(date +%s%N) - start) / 1000000)) ms"
"$bin/mana" list "$work/ckpt" | sed 's/^/    /'

say "5. kill -9 of the launcher and all ranks"
pids=$(descendants $job)
for p in $pids; do kill -9 "$p" 2>/dev/null; done
for p in $pids; do while [ -d "/proc/$p" ]; do sleep 0.05; done; done
trap - EXIT
echo "    killed: $(echo $pids)"
echo "    last sign of life: $(grep -a '^step' "$work/first.log" | tail -1)"

say "6. Restart from the checkpoint, over Open MPI, from another directory"
cd / || exit 1
timeout 120 mpirun.openmpi --oversubscribe --bind-to none -n 4 "$bin/mana_restart" "$work/ckpt" </dev/null 2>&1 |
  tee "$work/second.log" | thin_out

say "7. The field before the kill and at the end, and the checksums"
cd "$work" || exit 1
for step in $half "$steps"; do
  field=$(printf 'ours/field-%06d.raw' "$step")
  "$root/demo/picture.py" "$field" --width 64 --png "$work/field-$step.png" || die "no field $field"
done
before=$(checksum "$work/native.log") after=$(checksum "$work/second.log")
echo
echo "    uninterrupted, MPICH:                      $before"
echo "    MPICH, killed, restarted over Open MPI:    ${after:-none}"
if [ -n "$after" ] && [ "$before" = "$after" ]; then
  say "Same result, bit for bit."
else
  die "the results differ"
fi
