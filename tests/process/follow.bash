# SPDX-License-Identifier: Apache-2.0
# Shows: with --children follow a script goes on in the middle of a pipeline, with a coprocess and jobs in the background.
# process: cuts=1 options=--children=follow
# state: Programs | with --children follow: bash with a pipeline, a coprocess and a job in the background that run at the checkpoint | kept
at_the_cut() {
  [ -n "$CUT_DIR" ] || return
  until [ -e "$CUT_DIR/go.0" ]; do
    [ -e "$CUT_DIR/at.0" ] || : >"$CUT_DIR/at.0"
    read -r -t 0.01 <>/dev/null || sleep 0.01
  done
}
mkfifo fifo
coproc adder { while read -r a b; do echo $((a + b)); done; }
(
  read -r line <fifo
  exit "$line"
) &
job=$!
say() {
  echo "$1 $2" >&"${adder[1]}"
  read -r sum <&"${adder[0]}"
  echo "OUT $sum"
}
say 1 2
{
  seq 1 3
  at_the_cut
  seq 4 6
} | tr '\n' ' ' | {
  read -r all
  echo "OUT $all"
}
say 3 4
echo 7 >fifo
wait $job
echo "OUT job $?"
echo PASS
