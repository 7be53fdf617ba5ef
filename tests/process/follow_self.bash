# SPDX-License-Identifier: Apache-2.0
# Shows: with --children follow the program itself may execute another one after a restart; its id stays.
# process: cuts=2 options=--children=follow
# state: Children | with --children follow: the launched program executes another one after a restart | kept: it is what the next checkpoint saves, under the same id
at_the_cut() {
  [ -n "$CUT_DIR" ] || return
  until [ -e "$CUT_DIR/go.$1" ]; do
    [ -e "$CUT_DIR/at.$1" ] || : >"$CUT_DIR/at.$1"
    read -r -t 0.01 <>/dev/null || sleep 0.01
  done
}
if [ $# = 0 ]; then
  at_the_cut 0
  exec bash "$0" $$
fi
[ $$ = "$1" ] || exit 1
at_the_cut 1
[ $$ = "$1" ] || exit 2
bash -c '[ $PPID = $0 ]' "$1" || exit 3
echo PASS
