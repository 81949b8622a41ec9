# shellcheck shell=bash
# How the scripts beside this folder speak and act: progress and errors on standard error, results on standard output,
# every change through `run`, so that --dry-run can say it instead of doing it. Sourced, never started.
#
# Exit codes: 0 done, 1 it failed, 2 wrong usage (nothing was done).

# Read by the scripts that source this file.
# shellcheck disable=SC2034
repository_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dry_run=false
assume_yes=false

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# Wrong usage: what is wrong, and where to read more.
refuse() {
  say "$(basename "$0"): $*"
  say "Try: $(basename "$0") --help"
  exit 2
}

# value OPTION "$@": the word after an option, which must be there.
value() {
  if [ "$#" -lt 3 ] || [ -z "$3" ]; then refuse "$1 takes a value"; fi
  printf '%s\n' "$3"
}

# Programs that must be on the PATH. A dry run does without them.
need() {
  local program missing=()
  for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  if $dry_run; then
    say "not here, and needed for the real run: ${missing[*]}"
  else
    die "needed and not on the PATH: ${missing[*]}"
  fi
}

# What changes anything goes through here.
run() {
  if $dry_run; then
    printf 'would run:'
    printf ' %q' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# Asks a person, unless --yes was given. `confirm QUESTION [WORD]`: WORD is what must be typed, else yes.
confirm() {
  local question=$1 word=${2:-yes} answer
  if $assume_yes; then return; fi
  if $dry_run; then
    printf 'would ask: %s\n' "$question"
    return
  fi
  if ! [ -t 0 ]; then die "nobody can be asked here ($question): give --yes"; fi
  read -r -p "$question Type $word to go on: " answer
  if [ "$answer" != "$word" ]; then die "stopped: nothing more is changed"; fi
}

# wait_until SECONDS WHAT COMMAND…: tries until the command succeeds.
wait_until() {
  local seconds=$1 what=$2 limit
  shift 2
  if $dry_run; then
    printf 'would wait %s s at most for %s\n' "$seconds" "$what"
    return
  fi
  limit=$((SECONDS + seconds))
  until "$@"; do
    if [ "$SECONDS" -ge "$limit" ]; then
      say "$what: not within $seconds s"
      return 1
    fi
    sleep 2
  done
}

# A whole number from 0 on.
number() {
  case $2 in
    '' | *[!0-9]*) refuse "$1 takes a whole number, not \"$2\"" ;;
  esac
  printf '%s\n' "$2"
}
