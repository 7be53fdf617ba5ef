#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real Slurm on this machine alone: munged, slurmctld and two slurmds on the loopback, no systemd, no cgroups, no database.
#
#     lab.sh start DIRECTORY      leaves DIRECTORY/slurm.conf; use it with SLURM_CONF
#     lab.sh stop DIRECTORY       ends the daemons by their pid files
#
# Facts of Debian 12's Slurm 22.05 that shape the configuration: several slurmds on one host need NodeHostname, a port
# each and %n in every path, TmpFS too (mpi/pmix makes a directory there); slurmd looks for /sys/fs/cgroup unless
# CgroupPlugin is named; config_overrides lets nodes claim more CPUs than the machine has.
set -euo pipefail

action=${1:?start or stop} lab=$(realpath -m "${2:?directory}")
nodes=2 cpus=4 port=${SLURM_LAB_PORT:-17100} wait_tenths=300
sbin=/usr/sbin
export SLURM_CONF=$lab/slurm.conf

die() {
  echo "lab.sh: $*" >&2
  exit 1
}

# runs PIDFILE PROGRAM: is the process of the pid file alive, and that program?
runs() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [[ $(readlink "/proc/$pid/exe" 2>/dev/null) == */"$2"* ]]
}

# until_true TEXT COMMAND...
until_true() {
  local text=$1 i
  shift
  for ((i = 0; i < wait_tenths; i++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  tail -n 20 "$lab"/log/*.log >&2 || true
  die "$text"
}

write_configuration() {
  local host i
  host=$(hostname -s)
  printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >"$lab/cgroup.conf"
  cat >"$lab/slurm.conf" <<CONF
ClusterName=lab
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$lab/munge/socket,cred_expire=5
StateSaveLocation=$lab/state
SlurmdSpoolDir=$lab/spool/%n
TmpFS=$lab/spool/%n/tmp
SlurmctldPidFile=$lab/slurmctld.pid
SlurmdPidFile=$lab/slurmd-%n.pid
SlurmctldLogFile=$lab/log/slurmctld.log
SlurmdLogFile=$lab/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=pmi2
MpiParams=ports=$((port + 1000))-$((port + 1099))
SrunPortRange=$((port + 2000))-$((port + 2099))
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=3
CompleteWait=0
SchedulerParameters=sched_interval=2,sched_min_interval=200000
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
CONF
  for ((i = 1; i <= nodes; i++)); do
    echo "NodeName=node$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=$cpus RealMemory=1000" >>"$lab/slurm.conf"
  done
  echo "PartitionName=test Nodes=node[1-$nodes] Default=YES DefaultTime=10 MaxTime=INFINITE State=UP" >>"$lab/slurm.conf"
}

nodes_are_up() {
  [ "$(sinfo -h -N -o %T | grep -cE '^(idle|mixed|allocated|completing)$')" -ge $nodes ]
}

start() {
  local i
  [ "$(id -u)" = 0 ] || die "needs root"
  mkdir -p "$lab"/{log,state,spool} && mkdir -p -m 0755 "$lab/munge"
  for ((i = 1; i <= nodes; i++)); do mkdir -p "$lab/spool/node$i/tmp"; done
  write_configuration
  [ -s "$lab/munge/key" ] || (umask 077 && head -c 1024 /dev/urandom >"$lab/munge/key")
  runs "$lab/munge/pid" munged || $sbin/munged --force --socket="$lab/munge/socket" --key-file="$lab/munge/key" \
    --pid-file="$lab/munge/pid" --log-file="$lab/log/munged.log" --seed-file="$lab/munge/seed" 2>>"$lab/log/munged.log"
  runs "$lab/slurmctld.pid" slurmctld || $sbin/slurmctld -f "$SLURM_CONF" >>"$lab/log/slurmctld.log" 2>&1
  until_true "slurmctld does not answer" bash -c "scontrol ping | grep -q UP"
  for ((i = 1; i <= nodes; i++)); do
    runs "$lab/slurmd-node$i.pid" slurmd || $sbin/slurmd -N "node$i" -f "$SLURM_CONF" >>"$lab/log/slurmd-node$i.log" 2>&1
  done
  until_true "the nodes do not come up" nodes_are_up
}

# end PIDFILE PROGRAM
end() {
  local pid i
  runs "$1" "$2" || return 0
  pid=$(cat "$1")
  kill "$pid"
  for ((i = 0; i < 100; i++)); do
    [ -d "/proc/$pid" ] || return 0
    sleep 0.1
  done
  kill -9 "$pid"
}

stop() {
  local i job
  [ -e "$SLURM_CONF" ] || return 0
  if runs "$lab/slurmctld.pid" slurmctld; then
    for job in $(timeout 5 squeue -h -o %A 2>/dev/null | sort -u); do timeout 5 scancel "$job" || true; done
    for ((i = 0; i < 50; i++)); do
      [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break
      sleep 0.1
    done
  fi
  for ((i = 1; i <= nodes; i++)); do end "$lab/slurmd-node$i.pid" slurmd & done
  wait
  end "$lab/slurmctld.pid" slurmctld
  end "$lab/munge/pid" munged
}

case $action in
  start | stop) "$action" ;;
  *) die "no action $action" ;;
esac
