#!/usr/bin/env bash
# What a user can get wrong ends in one line that says what to do and in the right exit code, on
# one, two and three ranks, without a hang and without files left behind: places that cannot be written,
# paths, absurd numbers, memory and launchers.
#
#   scripts/check-limits.sh [PROGRAM]      default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/scripts/refusals.sh"

# Places that cannot be written. Root may write anywhere but where there is no place at all.
: >file
everywhere 74 'file' --data photos "${tiny[@]}" --output file/run
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod 555 locked
    everywhere 74 'locked' --data photos "${tiny[@]}" --output locked/run
fi
everywhere 74 'file/table.csv' evaluate run --predictions file/table.csv
everywhere 74 'file/out.safetensors' export run --torch file/out.safetensors
everywhere 74 'file/out.onnx' export run --onnx file/out.onnx
everywhere 74 'file/map.jpg' predict run photos/test --heat-map file/map.jpg
mkfifo pipe
refused 74 'pipe is no regular file' 2 export run --onnx pipe
refused 74 'pipe is no regular file' 2 export run --torch pipe
[ -p pipe ] || { failures=$((failures + 1)); echo "FAILED: export replaced a pipe"; }

# Results that cannot be written, by standard output or by a flag.
through=(sh -c 'exec "$0" "$@" >/dev/full')
full='cannot write to standard output: No space left'
for count in 1 2 3; do
    refused 74 "$full" "$count" evaluate run --json
    refused 74 "$full" "$count" predict run "$(find photos/test -name '*.jpg' | sed -n 1p)"
done
for command in 'evaluate run' 'evaluate run --verbose' 'dataset describe photos' 'export run --torch w' 'export run --onnx w.onnx' \
    'dataset synthesize D --landmarks 2 --photos 2 --test-photos 0 --image-size 32' 'report run' \
    'doctor' 'bench exchange --megabytes 1 --repetitions 1' 'train --help'; do
    # shellcheck disable=SC2086
    refused 74 "$full" 1 $command
done
cp -r photos spoiled
echo text >"$(find spoiled/train -name '*.jpg' | sed -n 1p)"
refused 74 "$full" 2 dataset check spoiled
refused 74 "$full" 2 --data photos "${tiny[@]}" --output done
[ -e done/checkpoints/latest ] || { failures=$((failures + 1)); echo "FAILED: no checkpoint of a run whose last words are lost"; }
through=(sh -c 'exec "$0" "$@" >&-')
refused 74 'cannot write to standard output' 1 evaluate run
through=()
ln -s /dev/full link
everywhere 74 'link: No space left' evaluate run --predictions link
refused 74 '/dev/full: No space left' 1 evaluate run --sheet /dev/full
refused 74 'link is no regular file' 2 export run --torch link
refused 74 '/dev/full: No space left' 2 predict run photos/test --heat-map /dev/full
refused 74 'file' 1 dataset describe photos --pictures file/below
refused 74 'trace link is not' 2 --data photos "${tiny[@]}" --output traced --trace link

# What a flag names is written through, and stays what it is.
stays() {
    checks=$((checks + 1))
    [ "$1" "$2" ] && return
    failures=$((failures + 1))
    echo "FAILED: $2 is no longer what it was (test $1)"
}
stays -L link
if mknod null c 1 3 2>/dev/null; then
    launch 2 evaluate run --predictions null >out 2>err
    stays -c null
fi
(timeout 60 cat pipe >piped) &
launch 1 evaluate run --predictions pipe >out 2>err || { cat err >&2; fail "evaluate fails with a pipe"; }
wait $! || fail "the reader of a pipe ended with code $?"
stays -p pipe
grep -q '^id,landmark_id' piped || { failures=$((failures + 1)); echo "FAILED: nothing came through a pipe"; }
launch 1 evaluate run --predictions /dev/stdout >both 2>err
grep -q '^id,landmark_id' both && grep -q '^top-1' both \
    || { failures=$((failures + 1)); echo "FAILED: a table and figures on standard output"; }

# Paths of any bytes and shapes.
works 1 dataset synthesize A --landmarks 2 --photos 16 --test-photos 0 --image-size 32
works 1 dataset split A s
works 1 dataset split ./A/ deep/er/
works 1 export run --torch v
(cd run && through=() && launch 1 export checkpoints/latest --torch w && launch 1 evaluate . --data ../photos) \
    >out 2>err || { failures=$((failures + 1)); echo "FAILED: paths within a run folder"; }
latin=$(printf 'Caf\351 \303\251 ')
mkdir -p "$latin/$latin" "$latin/b"
find A/train -name '*.jpg' | sort | sed -n 1,8p | while read -r photo; do
    cp "$photo" "$latin/$latin/$(printf '\377')$(basename "$photo")"
done
find A/train -name '*.jpg' | sort | sed -n '9,$p' | while read -r photo; do cp "$photo" "$latin/b/"; done
for count in 1 2; do
    works "$count" --data "$latin" "${tiny[@]}" --batch 4 --slices 2 --output "$latin$count"
    works "$count" evaluate "$latin$count" --predictions "$latin.csv"
    works "$count" predict "$latin$count" "$latin/$latin"
done
grep -q 'Caf\\xE9' out || { failures=$((failures + 1)); echo "FAILED: bytes of a name are not told"; }
works 1 dataset split "$latin" "$latin.split"
printf 'text' >"$latin/b/two
lines.jpg"
refused 65 'two.x0Alines.jpg: ' 1 predict "${latin}1" "$latin/b/two
lines.jpg"

# Absurd numbers are refused with the flag's name, before anything is reckoned with them.
absurd() {
    local values=$1 flag
    shift
    for flag in "$@"; do
        for value in $values; do refused 64 "--$flag" 1 --data photos "--$flag=$value" --output new; done
    done
}
absurd '9223372036854775807 -9223372036854775808 9223372036854775808 nan 1e400' \
    batch epochs steps slices image-size threads reference-batch keep evaluate-every
absurd 'nan inf -inf 1e400 -1 1e39' learning-rate clip weight-decay epsilon inverse-time-decay \
    step-epochs step-factor warmup-epochs momentum hold-out label-smoothing
absurd '-1 18446744073709551616 nan' seed
refused 64 '--output is empty' 1 --data photos "${tiny[@]}" --output ''
printf '{"seed": -1}' >seed.json
everywhere 64 "setting 'seed'" --config seed.json --data photos --output new
for value in 9223372036854775808 -9e99 0.5; do
    printf '{"batch": %s}' "$value" >number.json
    refused 64 "setting 'batch'" 1 --config number.json --data photos --output new
done
refused 64 '--batch' 2 evaluate run --batch 9223372036854775807
refused 64 '--top' 1 predict run photos --top 0
refused 64 '--image-size' 1 predict run photos --image-size 9223372036854775807
refused 64 '50000000' 1 dataset synthesize E --photos 9223372036854775807
refused 64 'held out' 1 dataset split A F --hold-out nan
refused 64 '--megabytes' 1 bench exchange --megabytes 9223372036854775807
refused 64 '--warmup' 1 bench step --warmup 9223372036854775807
refused 64 '--classes' 1 bench evaluate --classes 9223372036854775807

# Memory and threads that are not to be had.
everywhere 71 'of memory, and' --data photos --model vgg16 --image-size 224 --batch 1048572 --output new
refused 71 'of memory, and' 2 bench exchange --megabytes 1000000
through=(bash -c 'ulimit -v 1000000; exec "$0" "$@"')
everywhere 71 'ulimit -v leaves it' bench step --model vgg16 --batch 6 --image-size 32
for count in 1 3; do
    refused 71 'the system refuses .* of memory' "$count" bench layers --model vgg16 --batch 64 --repetitions 1
done
through=()
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    for limit in 1 2; do
        through=(setpriv --reuid=54321 --clear-groups prlimit --nproc=$limit)
        if "${through[@]}" "$program" --version >/dev/null 2>&1; then
            refused 71 'refuses another thread' 1 --data photos "${tiny[@]}" --threads 3 --dry-run
        fi
    done
    through=()
fi

# Launchers that Open MPI does not know would start as many runs as processes.
for variables in 'SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0' 'PMI_SIZE=2 PMI_RANK=0' \
    'MPI_LOCALNRANKS=3 MPI_LOCALRANKID=0' 'MV2_COMM_WORLD_SIZE=2 MV2_COMM_WORLD_RANK=0'; do
    # shellcheck disable=SC2206
    through=(env $variables)
    refused 64 "${variables%%=*} says that [234] processes" 1 dataset describe photos
done
through=(env SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=3)
launch 1 dataset describe photos >out 2>err && { failures=$((failures + 1)); echo "FAILED: a fourth run alone"; }
[ ! -s err ] || { failures=$((failures + 1)); echo "FAILED: each process speaks"; }
through=(env SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0 LANDMARK_ALONE=1)
works 1 dataset describe photos
through=(env SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_PROCID=0)
works 1 dataset describe photos
through=(env SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=0)
works 2 dataset describe photos
through=()

# A rehearsal looks at the weights, draws nothing and writes nothing.
echo 'no checkpoint at all' >text.safetensors
refused 65 'text.safetensors' 1 --data photos "${tiny[@]}" --weights text.safetensors --dry-run --output new
works 2 "${tiny[@]}" --dry-run --output rehearsed
grep -q '^time .*about .* an estimate' err && [ ! -e rehearsed ] \
    || { failures=$((failures + 1)); echo "FAILED: a rehearsal writes, or tells no time"; }

# Words that fit the machine and the photos.
through=(taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')")
works 2 doctor
grep -q '^ *note *cores.*2 ranks take turns on 1 processor' out \
    || { failures=$((failures + 1)); echo "FAILED: two ranks on one processor are called fine"; }
through=()
cp -r photos broken
find broken/test -name '*.jpg' | sort | sed -n '1,11p' | while read -r photo; do echo text >"$photo"; done
works 2 evaluate run --data broken
[ "$(grep -c 'cannot read' err)" -eq 10 ] && grep -q 'and 1 more cannot be read' err \
    || { failures=$((failures + 1)); echo "FAILED: bad photos of an evaluation are not summed up"; }
mkdir -p 'sheet/=1+1' sheet/b && cp "$latin/b/"*.jpg sheet/b && cp "$latin/b/"[0-9a-f]*.jpg 'sheet/=1+1'
rm -f sheet/*/two*
launch 1 --data sheet "${tiny[@]}" --batch 4 --output formulas >out 2>err
works 1 evaluate formulas --predictions table.csv --spreadsheet-safe
grep -q "^'=1+1/" table.csv || { failures=$((failures + 1)); echo "FAILED: a formula in a table"; }

verdict "limits"
