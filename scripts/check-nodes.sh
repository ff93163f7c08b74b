#!/usr/bin/env bash
# The same checkpoint, byte for byte, on several machines as on one, and after a rank of another machine was
# killed. The machines are network namespaces of this one, joined by a virtual cable: processes there have
# names, process numbers and addresses of their own, so that ranks share no memory across. Needs root and
# iproute2; where namespaces cannot be made it says so and ends well.
#
#   scripts/check-nodes.sh [FOLDER]      of landmark-train and distributed-check; default: .build/release
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bin=$(realpath "${1:-$root/.build/release}")
for program in landmark-train distributed-check; do
    [ -x "$bin/$program" ] || fail "there is no program at $bin/$program; build it or name its folder"
done
work=$(mktemp -d)
nodes=("landmark-$$-0" "landmark-$$-1")

clean_up() {
    local node made=()
    for node in "${nodes[@]}"; do
        [ ! -e "/run/netns/$node" ] || made+=("$node")
    done
    for node in ${made[@]+"${made[@]}"}; do
        # A process that ends by itself meanwhile cannot be killed.
        until [ -z "$(ip netns pids "$node")" ]; do
            ip netns pids "$node" | xargs -r kill -9 2>/dev/null || sleep 0.1
        done
    done
    rm -rf "$work"
    for node in ${made[@]+"${made[@]}"}; do
        ip netns delete "$node" || fail "a namespace is left; remove it: ip netns delete $node"
    done
}
trap clean_up EXIT

# The namespaces and the cable; fails where this user may not make them.
make_machines() {
    local index
    for index in 0 1; do
        ip netns add "${nodes[$index]}" || return 1
    done
    ip link add name cable netns "${nodes[0]}" type veth peer name cable netns "${nodes[1]}" \
        || return 1
    for index in 0 1; do
        ip -n "${nodes[$index]}" address add "10.213.0.$((index + 1))/24" dev cable || return 1
        ip -n "${nodes[$index]}" link set cable up || return 1
        ip -n "${nodes[$index]}" link set lo up || return 1
    done
    inside 0 true
}

# inside INDEX COMMAND…: runs a command on a machine. Open MPI names its files by machine and process number, which
# another run of this check has too: they lie in folders of this run's own.
inside() {
    local index=$1
    shift
    ip netns exec "${nodes[$index]}" unshare --uts --pid --fork --kill-child --mount-proc \
        env "TMPDIR=$work" sh -c 'hostname "$0" && mount -t tmpfs shm /dev/shm && exec "$@"' \
        "node-$index" "$@"
}

# skip WHY: what this machine does not have cannot be checked on it.
skip() {
    echo "several machines are not tried: $1"
    exit 0
}

[ "$(id -u)" -eq 0 ] || skip "network namespaces are for root"
command -v ip >/dev/null || skip "there is no ip; install iproute2"
make_machines 2>"$work/log" || skip "no network namespaces here: $(tail -n 1 "$work/log")"

# What mpirun takes for ssh.
cat >"$work/agent" <<AGENT
#!/bin/sh
shift
exec ip netns exec ${nodes[1]} unshare --uts --pid --fork --kill-child --mount-proc \
    env TMPDIR=$work sh -c "hostname node-1 && mount -t tmpfs shm /dev/shm && \$*"
AGENT
chmod +x "$work/agent"

# launch RANKS_OF_0:RANKS_OF_1 PROGRAM ARGUMENTS…
launch() {
    local first=${1%:*} second=${1#*:}
    shift
    inside 0 timeout -k 5 120 mpirun --oversubscribe --bind-to none -np $((first + second)) \
        --host "10.213.0.1:$first,10.213.0.2:$second" \
        --mca plm rsh --mca plm_rsh_agent "$work/agent" \
        --mca oob_tcp_if_include cable --mca btl_tcp_if_include cable \
        -x OMPI_ALLOW_RUN_AS_ROOT -x OMPI_ALLOW_RUN_AS_ROOT_CONFIRM "$@"
}

same() {
    cmp "$(realpath "$1/checkpoints/latest")" "$(realpath "$2/checkpoints/latest")" || fail "$3"
    echo "equal: $3"
}

# The checks' answers are errors where they are not as they should be.
answers() { launch "$1" "$bin/distributed-check" >&2; }

cd "$work"
say "distributed-check on two machines"
for layout in 1:1 2:1; do
    must "distributed-check on $layout ranks" answers "$layout"
    echo "passed: $layout ranks"
done

say "training on two machines"
must "drawing photos" "$bin/landmark-train" dataset synthesize photos --landmarks 5 --photos 120 \
    --test-photos 31 --image-size 64 >/dev/null
settings=(--data photos --model small --image-size 32 --batch 16 --dropout 0.3 --ema 0.9)
# A slice for each rank goes beside the backward pass, a clipped gradient after it, ranks that share a machine
# in its memory and by messages.
for how in "1:1 2" "1:1 4" "2:1 4" "2:2 4" "1:1 2 --clip 1"; do
    read -r layout slices clip <<<"$how"
    name="${layout/:/-}-$slices${clip:+-clipped}"
    run=("${settings[@]}" --slices "$slices" --steps 12)
    # shellcheck disable=SC2206  # flags without blanks
    [ -z "$clip" ] || run+=($clip)
    must "the run on 1 rank" "$bin/landmark-train" "${run[@]}" --output "one-$name" >/dev/null
    must "the run on $layout ranks" \
        launch "$layout" "$bin/landmark-train" "${run[@]}" --output "two-$name" >/dev/null
    same "one-$name" "two-$name" "1 rank and $layout, $slices slices${clip:+, clipped}"
done

say "a rank of another machine is killed"
long=("${settings[@]}" --slices 2 --epochs 15 --checkpoint-every 7 --keep 1)
must "the run without an interruption" "$bin/landmark-train" "${long[@]}" --output whole >/dev/null
launch 1:1 "$bin/landmark-train" "${long[@]}" --output killed >/dev/null 2>log &
launched=$!
until [ -e killed/checkpoints/latest ]; do
    kill -0 "$launched" 2>/dev/null || { cat log >&2; fail "the run to be killed ended by itself"; }
    sleep 0.05
done
for process in $(ip netns pids "${nodes[1]}"); do
    [ "$(cat "/proc/$process/comm" 2>/dev/null)" != landmark-train ] || kill -9 "$process"
done
code=0
wait "$launched" || code=$?
case $code in
    0) fail "a run that lost a rank ended well" ;;
    124) fail "a run that lost a rank hangs" ;;
esac
must "resuming on 1 rank" "$bin/landmark-train" --resume killed >/dev/null
same whole killed "never interrupted, and killed on 1:1 ranks, finished on 1"
