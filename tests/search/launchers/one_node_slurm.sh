#!/usr/bin/env bash
# Runs a command beside a SLURM of one node, this machine, that ends with it; needs Debian's slurm-wlm and munge:
#     tests/search/launchers/one_node_slurm.sh .venv/bin/python experiments/train_gan.py -m launcher=slurm gan.n_critic=2,5
# All files lie in a temporary folder and the ports are free ones, so several can run at once.
set -euo pipefail
export PATH=$PATH:/usr/sbin

folder=$(mktemp -d /tmp/one_node_slurm.XXXXXX)
started=()
finish() {
    # The newest first: slurmd needs its controller to leave in order.
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        kill "${started[i]}" 2>/dev/null || true
        wait "${started[i]}" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

free_ports() {
    python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in held))'
}

# Waits until a command succeeds, or says which part of SLURM did not start and what it logged.
wait_for() {
    local part=$1
    shift
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "$part did not start:" >&2
    cat "$folder/$part.log" >&2
    exit 1
}

node=$(hostname -s)
read -r controller_port node_port < <(free_ports)
mkdir "$folder/state" "$folder/spool"
head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
export SLURM_CONF=$folder/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc)
PartitionName=all Nodes=ALL Default=YES
CONF

munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --seed-file="$folder/munged.seed" >"$folder/munged.log" 2>&1 &
started+=($!)
wait_for munged test -S "$folder/munge.socket"
slurmctld -D >"$folder/slurmctld.log" 2>&1 &
started+=($!)
wait_for slurmctld scontrol ping
slurmd -D -N "$node" >"$folder/slurmd.log" 2>&1 &
started+=($!)
wait_for slurmd bash -c 'sinfo --noheader --format=%t | grep -x idle'

"$@"
