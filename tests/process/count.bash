# SPDX-License-Identifier: Apache-2.0
# Shows: a shell between its commands; each command is a child that comes and goes.
# process: cuts=1
# state: Programs | bash, between and after child processes | kept
declare -A seen
for i in 1 2 3 4 5; do
  seen[$i]=$(expr $i \* $i)
  if [ "$i" = 3 ] && [ -n "$CUT_DIR" ]; then
    until [ -e "$CUT_DIR/go.0" ]; do
      [ -e "$CUT_DIR/at.0" ] || : >"$CUT_DIR/at.0"
      read -r -t 0.01 <>/dev/null || true
    done
  fi
  echo "OUT $i ${seen[$i]}"
done
echo "OUT $(echo a b | wc -w) ${#seen[@]}"
echo PASS
