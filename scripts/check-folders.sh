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

### Tables of contests.

"$program" --data drawn "${tiny[@]}" --output run >/dev/null 2>&1 || fail "cannot train on tables"
# The test photos with none and several landmarks, and what each is for.
mkdir contest && cp -r drawn/test contest/
{
    echo id,landmarks,Usage
    tail -n +2 drawn/test.csv | awk -F, '
        NR == 1 { print $1 ",,Public" }
        NR == 2 { print $1 "," 424242 " " $2 ",Public" }
        NR == 3 { print $1 "," 424242 ",Private" }
        NR > 3 && NR <= 10 { print $0 ",Private" }
        NR > 10 { print $0 ",Ignored" }'
} >truth.csv
for count in 1 2 3; do
    gives 0 "$count" evaluate run --data contest --csv truth.csv --json
    is "photos judged" "$(field images)" 8
    is "photos of unknown landmarks" "$(field unknown)" 1
    is "photos without a landmark" "$(field non_landmark)" 1
    says err '2 photos that the table has as Ignored'
    says out '"usage" : "Private"'
done
gives 0 1 evaluate run --data contest --csv truth.csv --usage private --json
is "photos of private use" "$(field images)" 7
gives 64 2 evaluate run --data contest --csv truth.csv --usage Secret
says err "no photo is used as 'Secret'; the table has Ignored, Private, Public"
# GAP, from the answers: by falling score, right ones over all photos that show a landmark.
gives 0 1 evaluate run --data contest --csv truth.csv --json --predictions told.csv
gap=$(tail -n +2 told.csv | sed -n 's/^\([0-9a-f]*\),[^,]*,[^,]*,\([0-9]*\),.*,\([0-9.]*\),[a-z]*$/\3 \1 \2/p' \
    | sort -k1,1gr -k2,2 | awk '
        FILENAME == "truth.csv" { split($0, part, ","); shown[part[1]] = " " part[2] " "
            if (part[3] != "Ignored" && part[2] ~ /[0-9]/) all++; next }
        { rank++; if (index(shown[$2], " " $3 " ")) { right++; sum += right / rank } }
        END { printf "%.4f", sum / all }' truth.csv -)
is "GAP" "$(printf %.4f "$(field gap)")" "$gap"
# A test table with ids alone is answered, not judged.
sed 's/,.*//' drawn/test.csv >contest/test.csv
gives 65 3 evaluate run --data contest
says err 'test.csv does not say what its photos show .*--submission'
for count in 1 2 3; do
    gives 0 "$count" predict run --csv contest/test.csv --data contest --submission "s$count.csv"
    is "header" "$(head -1 "s$count.csv")" id,landmarks
    is "rows" "$(tail -n +2 "s$count.csv" | grep -cE '^[0-9a-f]{16},[0-9]+ [01]\.[0-9]+$')" 12
    is "order" "$(cut -d, -f1 "s$count.csv")" "$(cut -d, -f1 contest/test.csv)"
    cmp -s s1.csv "s$count.csv" || wrong "another submission than on one rank"
done
# The same from the folder, found however deep.
gives 0 2 predict run contest/test --submission folder.csv
is "submission of a folder" "$(sort folder.csv)" "$(sort s1.csv)"
gives 0 1 evaluate run --submission judged.csv
is "submission of evaluate" "$(sort judged.csv)" "$(sort s1.csv)"
# What cannot be read is left blank, and said.
rm "$(find contest/test -name '*.jpg' | sort | head -1)"
gives 65 2 predict run --csv contest/test.csv --data contest --submission blank.csv
is "blank rows" "$(grep -cE '^[0-9a-f]{16},$' blank.csv)" 1
gives 64 2 predict run --csv contest/test.csv --submission none.csv
says err 'give the folder as --data'

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

### Photos are known by what is in them.

folders train grown big_ben petra moai 'taj mahal'
folders test grown big_ben petra moai 'taj mahal'
for count in 1 2 3; do
    gives 0 "$count" --data grown "${tiny[@]}" --hold-out 0.3 --output "known-$count"
done
for count in 2 3; do
    cmp -s known-1/checkpoints/latest "known-$count/checkpoints/latest" \
        || wrong "other weights on $count ranks than on one"
    is "what is held out on $count ranks" \
        "$(cut -d, -f1-4,6 "known-$count/photos.csv")" "$(cut -d, -f1-4,6 known-1/photos.csv)"
done
held=$(grep -c '^held,' known-1/photos.csv)
gives 0 1 evaluate known-1 --latest --json
is "photos judged" "$(field images)" "$held"
first=$(field top1)
# A class that sorts first comes, a photo of a known class too, and some are renamed.
cp -r grown moved
folders train moved/more big_ben petra moai 'taj mahal'
mv moved/more/petra moved/Acropolis && rm -r moved/more
convert_names() { for file in moved/big_ben/*.jpg; do mv "$file" "moved/big_ben/x$(basename "$file")"; done; }
convert_names
"$program" dataset synthesize strange --landmarks 4 --photos 4 --test-photos 4 --image-size 48 --seed 9 \
    >/dev/null 2>&1 || fail "cannot draw strange photos"
find strange/test -name '*.jpg' | sort | sed -n 1p | while read -r file; do cp "$file" moved/moai/new.jpg; done
for count in 1 2 3; do
    gives 0 "$count" evaluate known-1 --latest --data moved --json
    is "photos judged of the grown folder" "$(field images)" "$held"
    is "top-1 on the grown folder" "$(field top1)" "$first"
    says out '"new" : \{'
done
gives 0 2 evaluate known-1 --data moved --all --json
is "photos of the known classes" "$(field images)" 53
says err 'were learned from, which flatters the figures'
# The run goes on with its own photos, and says so; photos that are gone end it.
sed -i "s#\"data\" : .*#\"data\" : \"$work/moved\",#" known-2/config.json
gives 0 3 --resume known-2 --epochs 2
says err 'photos? (was|were) added since the run began'
is "photos of the resumed run" "$(cut -d, -f1-4,6 known-2/photos.csv)" "$(cut -d, -f1-4,6 known-1/photos.csv)"
gives 0 1 --resume known-1 --epochs 2
cmp -s known-1/checkpoints/latest known-2/checkpoints/latest \
    || wrong "a run whose folder grew ends with other weights"
gone=$(sed -n 's/^learned,\([^,]*\),.*/\1/p' known-3/photos.csv | grep '^petra/' | sed -n 1p)
rm "grown/$gone"
for count in 1 2 3; do
    gives 65 "$count" --resume known-3 --epochs 2
    says err 'rank 0: 1 of the [0-9]+ photos that the run learns from are no longer in .*bring them back'
done
cp moved/Acropolis/"$(basename "$gone")" "grown/$gone"
# Rows in another order are the same photos.
cp -r drawn shuffled
{ echo id,landmark_id; tail -n +2 drawn/train.csv | sort -r; } >shuffled/train.csv
gives 0 1 --data drawn "${tiny[@]}" --output in-order
gives 0 2 --data shuffled "${tiny[@]}" --output out-of-order
cmp -s in-order/checkpoints/latest out-of-order/checkpoints/latest \
    || wrong "the order of rows changes the weights"

### Copies do not flatter.

folders train copied/train big_ben petra moai 'taj mahal'
folders test copied/test big_ben petra moai 'taj mahal'
for name in big_ben petra moai 'taj mahal'; do
    cp "$(find "copied/train/$name" -name '*.jpg' | sort | sed -n 1p)" "copied/test/$name/copy.jpg"
done
cp "$(find copied/train/moai -name '*.jpg' | sort | sed -n 2p)" copied/train/petra/wrong.jpg
for count in 1 3; do
    gives 0 "$count" --data copied "${tiny[@]}" --output "copied-$count"
    says err '4 held-out photos are copies of photos to learn from and not judged'
    says err '1 photo is a copy of one of another landmark; one of the two labels is wrong'
    is "photos held out" "$(grep -c '^held,' "copied-$count/photos.csv")" 12
done
gives 0 1 evaluate copied-1 --json
is "photos judged beside copies" "$(field images)" 12
is "photos left out" "$(field learned)" 4
gives 65 1 dataset check copied
says out '/copy.jpg.?,a copy of a photo to learn from: '
says out '/wrong.jpg,a copy of a photo of another landmark: '
gives 0 1 dataset describe copied
says err '4 held-out photos are copies'
# A run that starts from weights which know its held-out photos says so.
gives 0 1 --data copied "${tiny[@]}" --output first
mkdir again && cp -r copied/train/* again
cp -r copied/test/* again
gives 0 1 --data again "${tiny[@]}" --hold-out 0.4 --weights first --output second
says err 'held-out photos were learned from by the run of '

### What is wrong is found before the first step.

mkdir strangers && cp -r copied/train strangers/train && mkdir -p strangers/test/elsewhere
cp copied/test/moai/copy.jpg strangers/test/elsewhere/a.jpg
printf x >>strangers/test/elsewhere/a.jpg
cp -r copied unreadable && find unreadable/test -name '*.jpg' -exec sh -c 'echo text >"$1"; echo "$1" >>"$1"' - {} \;
for count in 1 2; do
    gives 65 "$count" --data strangers "${tiny[@]}" --output new
    says err 'none of the 1 held-out photos shows one of the 4 landmarks to learn'
    gives 65 "$count" --data unreadable "${tiny[@]}" --output new
    says err 'none of the [0-9]+ held-out photos can be read'
done
[ ! -e new ] || wrong "a run folder left behind"
# A doubled row, and equal names in train/ and test/.
cp -r drawn doubled && tail -n 1 drawn/test.csv >>doubled/test.csv
gives 0 2 --data doubled "${tiny[@]}" --output doubled-run
says err '1 row repeats another and is passed over'
mkdir -p same/train same/test
for name in petra moai; do
    mkdir "same/train/$name" "same/test/$name"
    find "copied/train/$name" -name '*.jpg' | sort | sed -n 1,3p | awk '{print NR " " $0}' \
        | while read -r number file; do cp "$file" "same/train/$name/$number.jpg"; done
    find "copied/test/$name" -name '[!c]*.jpg' | sort | sed -n 1,1p \
        | while read -r file; do cp "$file" "same/test/$name/1.jpg"; done
done
gives 0 2 --data same "${tiny[@]}" --batch 6 --output same-run
gives 0 2 evaluate same-run --all --json --predictions all.csv
is "photos of both folders" "$(field images)" 8
is "ids of both folders" "$(tail -n +2 all.csv | cut -d, -f1 | sort -u | wc -l)" 8
# Missing photos are told at once.
cp -r drawn holes && find holes/train -name '*.jpg' | sort | sed -n 1,12p | xargs rm
for count in 1 2; do
    gives 65 "$count" --data holes "${tiny[@]}" --output new
    says err '12 of 52 photos listed are not there, .*--max-bad-photos'
done
gives 0 1 --data holes "${tiny[@]}" --max-bad-photos 0.5 --output holed
says err '12 photos are listed and not there, left out'

### Ranks that see other photos.

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    # unlike FOLDER ARGUMENTS…: rank 1 has FOLDER in the place of `grown`.
    unlike() {
        local other=$1 got=0
        shift
        command="landmark-train $* where rank 1 has $other"
        timeout -k 5 60 mpirun --oversubscribe -np 1 "$program" "$@" \
            : -np 1 unshare -m sh -c 'mount --bind "$0" grown && exec "$@"' "$other" "$program" "$@" \
            >out 2>err || got=$?
        checks=$((checks + 1))
        [ "$got" -eq 65 ] || wrong "exit code $got instead of 65"
    }
    cp -r grown renamed && mv renamed/moai renamed/zanzibar
    cp -r grown fewer && rm "$(find fewer/petra -name '*.jpg' | sort | sed -n 1p)"
    cp -r grown poorer && rm -r poorer/moai
    cp -r grown edited && printf x >>"$(find edited/petra -name '*.jpg' | sort | sed -n 1p)"
    for other in renamed fewer poorer edited; do
        unlike "$other" --data grown "${tiny[@]}" --slices 2 --output new
        says err "ranks see different photos in .*grown: .* on rank 0|ranks see different photos in .*grown: .* on rank [01] .* and .* on rank"
        is "lines about it" "$(grep -c '^landmark-train: rank' err)" 1
    done
    unlike renamed evaluate known-1 --data grown
    says err "ranks see different photos in .*'.*moai.*' on rank 0 \(.*\), '.*' on rank 1 \("
    [ ! -e new ] || wrong "a run folder left behind"
else
    echo "ranks with different folders are not checked: this needs root and mount namespaces"
fi

[ "$failures" -eq 0 ] || fail "$failures of $checks checks failed"
echo "$checks things about folders are as they should be"
