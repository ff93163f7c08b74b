#!/usr/bin/env bash
# Folders of photos as people have them: what is taken for which class, what is judged, and that
# nothing is left out without a word, on one, two and three ranks.
#
#   scripts/check-folders.sh [PROGRAM]     default: $LANDMARK_TRAIN or .build/release/landmark-train
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$(realpath "${1:-${LANDMARK_TRAIN:-$root/.build/release/landmark-train}}")
[ -x "$program" ] || fail "there is no program at $program; build it or name it as argument"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
checks=0

# launch RANKS ARGUMENTS…: one rank is started without mpirun, as a user does.
launch() {
    local count=$1
    shift
    if [ "$count" -eq 1 ]; then
        timeout -k 5 60 "$program" "$@"
    else
        timeout -k 5 60 mpirun --oversubscribe -np "$count" "$program" "$@"
    fi
}

# gives CODE RANKS ARGUMENTS…: runs the program; its output is in `out` and `err` then.
gives() {
    local code=$1 count=$2 got=0
    shift 2
    command="landmark-train $* on $count ranks"
    launch "$count" "$@" >out 2>err || got=$?
    checks=$((checks + 1))
    [ "$got" -eq "$code" ] || wrong "exit code $got instead of $code"
}

wrong() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n  %s\n' "$1" "$command"
    sed -n '1,14s/^/  | /p' out err
}

# says FILE PATTERN: a file of the last run has a line with the extended pattern.
says() {
    checks=$((checks + 1))
    grep -qE -- "$2" "$1" || wrong "no line of '$2' in $1"
}

# silent FILE PATTERN: it has none.
silent() {
    checks=$((checks + 1))
    ! grep -qE -- "$2" "$1" || wrong "a line of '$2' in $1"
}

# is WHAT VALUE WANTED
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || wrong "$1 is '$2' instead of '$3'"
}

# field NAME: a number of the JSON object in `out`, not of those within it.
field() { sed -nE "s/^  \"$1\" *: *([-0-9.e]+),?$/\1/p" out; }

"$program" dataset synthesize drawn --landmarks 4 --photos 40 --test-photos 12 --image-size 48 \
    >/dev/null 2>&1 || fail "cannot draw the photos to check with"
tiny=(--model small --image-size 32 --batch 12 --epochs 1 --slices 3)

# folders TABLE TARGET NAME…: the photos that a table of `drawn` lists, in class folders; landmark k
# in the order of ids gets the k-th name.
folders() {
    local table=$1 target=$2 landmark id name
    shift 2
    for landmark in $(tail -n +2 drawn/train.csv | cut -d, -f2 | sort -n | uniq); do
        name=$1
        shift
        mkdir -p "$target/$name"
        for id in $(grep ",$landmark\$" "drawn/$table.csv" | cut -d, -f1); do
            cp "drawn/$table/${id:0:1}/${id:1:1}/${id:2:1}/$id.jpg" "$target/$name"
        done
    done
}

### Classes are their names.

folders train numbers/train 10 11 12 13
"$program" --data numbers "${tiny[@]}" --output numbered >/dev/null 2>&1 \
    || fail "cannot train on class folders"
# An unknown folder 3 is not class number 3, which is 13.
folders test others/test 10 11 12 3
mkdir others/train && cp -r others/test/10 others/test/11 others/train
for count in 1 2 3; do
    gives 0 "$count" evaluate numbered --data others --json
    strangers=$(ls others/test/3 | wc -l)
    is "photos of unknown landmarks" "$(field unknown)" "$strangers"
    is "photos judged" "$(field images)" "$((12 - strangers))"
    says err "1 of 4 classes are not among the 4 learned: 3; $strangers photos? of unknown"
done
# Ids of a table are no numbers of folders: landmark 0 … 3 are strangers, 12 is a folder.
mkdir table && cp -r drawn/test table/
{
    echo id,landmark_id
    tail -n +2 drawn/test.csv | cut -d, -f1 | awk '{print $1 "," (NR <= 5 ? 12 : NR % 4)}'
} >table/test.csv
gives 0 2 evaluate numbered --data table --json
is "photos of a table judged by a network of folders" "$(field images)" 5
says err '4 of 5 classes are not among the 4 learned: 0, 1, 2, 3;'
# What a landmark is called in answers is what the user calls it.
gives 0 1 predict numbered others/test/10 --json
says out '"landmark_id" : "1[0-3]"'
silent out '"landmark_id" : "?[0-3]"?,?$'
gives 0 1 evaluate numbered --data others --json --predictions answers.csv
says answers.csv '^3/.*,,,1[0-3],1[0-3],'
gives 0 1 report numbered
# Near misses are pointed out.
folders train near/train big_ben petra moai 'taj mahal'
"$program" --data near "${tiny[@]}" --output nearly >/dev/null 2>&1 || fail "cannot train on names"
folders test misses/test Big_Ben petra moai taj_mahal
mkdir misses/train && cp -r misses/test/petra misses/test/moai misses/train
gives 0 3 evaluate nearly --data misses --json
says err 'Big_Ben is not a class; did you mean big_ben\?'
says err 'taj_mahal is not a class; did you mean taj mahal\?'
is "photos of near misses" "$(field unknown)" \
    "$(ls misses/test/Big_Ben misses/test/taj_mahal | grep -c jpg)"
cp -r near twins && cp -r twins/train/big_ben twins/train/Big_Ben
gives 0 1 dataset describe twins
says err 'Big_Ben and big_ben are 2 classes'

### Nothing is left out without a word.

folders train deep a b c d
mkdir -p deep/a/2019/may && mv deep/a/*.jpg deep/a/2019/may
ln -s ../.. deep/a/2019/back
gives 0 2 dataset check deep
says err "^landmark-train: 40 photos opened, 0 "
folders train parts/Train a b c d
folders test parts/valid a b c d
folders test parts/TEST a b c d
mkdir parts/other parts/valid/empty && : >parts/valid/a/notes.txt && : >parts/readme.md
for count in 1 2 3; do
    rm -rf parted
    gives 0 "$count" --data parts "${tiny[@]}" --output parted
    says err '40 to learn from, 12 held out \(its validation photos\), 12 for a test at the end'
    says err 'not used: .*1 folder beside [^ ]*/parts/Train \(other\); 1 file in no class folder \(readme.md\); .*\(empty\); .*1 \.txt'
done
rm -rf parts/valid
gives 0 1 --data parts "${tiny[@]}" --output tested
says err '12 held out \(its test photos\)'
folders train nested/Europe a b c d
cp -r nested/Europe/a nested/Petra
gives 0 1 dataset describe nested
says err 'Europe has no photos of its own but 4 folders of photos \(a, b, c and 1 more\)'
says out 'Landmarks: +2$'

[ "$failures" -eq 0 ] || fail "$failures of $checks checks failed"
echo "$checks things about folders are as they should be"
