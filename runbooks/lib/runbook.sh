# shellcheck shell=bash
# What every runbook shares: one result line, four endings, state that outlives the script, time limits.
# The result contract is in README.md beside this file.

source ../lib/read.sh

# How many lines and processes a result may carry, and how long each may be: all of it stays below 4,000 bytes.
readonly PERHAPS_FULL='perhaps the disk is full' LINES_MAX=10 REASON_CHARS_MAX=280 PROCESSES_MAX=10
# A script that reports no processes may set it to 195.
LINE_CHARS_MAX=145
# SPARE_SECONDS are kept free at the end of the document's time, so that the script ends by itself before the agent kills it.
readonly SPARE_SECONDS=8 STATE_DAYS_MAX=30 DETAILS_KB_MAX=4096

RESULT_LINES=()
RESULT_ROWS=()
# Behind all that was said.
LAST_LINE=
# For machines: the newest copy of the application's configuration on this host (config-store.sh), or what of it runs (diagnose).
RESULT_MORE=
# Whether a failure may have changed something: maybe from may_change on.
TOUCHED=no
# Where the agent reads the result; everything else that is printed goes to DETAILS by way of RELAY.
RESULT_FD=1
RELAY=
DETAILS=
LEDGER=
ENDED=
FAILED_LINE=unknown

# --- the result ---

# json_text TEXT CHARS_MAX: a JSON string. Whatever is not printable ASCII becomes "?", and quotes and backslashes
# become others, so nothing breaks out of it and nothing grows by being escaped.
json_text() {
  local text=${1//[^ -~]/?}
  text=${text//\"/\'}
  text=${text//\\//}
  printf '"%s"' "${text:0:$2}"
}

# feed TEXT: as lines, for whoever reads them.
feed() { printf '%s\n' "$1"; }

# note TEXT: for the details alone. Where the disk is full it is lost, and nothing else with it.
note() { feed "$1" || true; }

# say TEXT: one line for the person who clicked. Later ones than the tenth are only kept in the details.
say() {
  note "$1"
  if ((${#RESULT_LINES[@]} < LINES_MAX)); then RESULT_LINES+=("$(json_text "$1" "$LINE_CHARS_MAX")"); fi
}

# report_process NAME PM_ID OLD_PID NEW_PID RESTARTS UP_SECONDS STATE
report_process() {
  ((${#RESULT_ROWS[@]} < PROCESSES_MAX)) || return 0
  RESULT_ROWS+=("$(printf '{"name":%s,"pmId":%s,"oldPid":%s,"newPid":%s,"restarts":%s,"upSeconds":%s,"state":%s}' \
    "$(json_text "$1" 64)" "${@:2:5}" "$(json_text "$7" 20)")")
}

joined() {
  local IFS=,
  printf '%s' "$*"
}

is_dry_run() { [[ ${SSM_DryRun:?} == yes ]]; }

# finish ENDING EXIT_STATUS REASON: writes the result to the ledger, prints it and leaves.
finish() {
  local dry=false changed=no result
  if is_dry_run; then
    dry=true
  elif [[ $1 == 'done' && -n ${RUNBELL_SNAPSHOT:-} ]]; then
    changed=yes
  elif [[ $1 == failed ]]; then
    changed=$TOUCHED
  fi
  if [[ -n $LAST_LINE ]]; then
    RESULT_LINES=(${RESULT_LINES[@]+"${RESULT_LINES[@]:0:LINES_MAX-1}"})
    say "$LAST_LINE"
  fi
  printf -v result '{"ending":"%s","reason":%s,"lines":[%s],"processes":[%s]%s,"changed":"%s","dryRun":%s}' "$1" \
    "$(json_text "$3" "$REASON_CHARS_MAX")" "$(joined ${RESULT_LINES[@]+"${RESULT_LINES[@]}"})" \
    "$(joined ${RESULT_ROWS[@]+"${RESULT_ROWS[@]}"})" "$RESULT_MORE" "$changed" "$dry"
  ENDED=$2
  if [[ -n $LEDGER ]]; then
    # A result that could not be kept is still told; a second delivery then finds only that this one began.
    { printf '%s\n%s\n' "$2" "$result" >"$LEDGER.new" && mv -f -- "$LEDGER.new" "$LEDGER.result"; } || true
  fi
  feed "$result" >&"$RESULT_FD"
  until_kept
  exit "$2"
}

done_well() { finish 'done' 0 ''; }
nothing_to_do() { finish nothingToDo 0 "$1"; }
# Only before anything was changed.
refuse() { finish refused 20 "$1; nothing was changed"; }
fail() { finish failed 30 "$1"; }
stopped() { fail "$1; what it had done until then stays done"; }
# Call it before the first change: a failure says from then on that something may have been changed.
may_change() { TOUCHED=maybe; }

# Whatever stops the script, the agent sees one of our own statuses: 137, 168, 169 and 194 mean other things to it.
on_exit() {
  local status=${1:-$?}
  trap - EXIT
  if [[ -n $ENDED ]]; then exit "$ENDED"; fi
  if is_time_up; then stopped "its time was up before its end (line $FAILED_LINE)"; fi
  stopped "the script stopped unexpectedly at line $FAILED_LINE (status $status)"
}

# --- time ---

# For the way back, while a script is on its way there.
RESERVED_SECONDS=0

# tick: NOW, in seconds since the machine started, and CENTIS, in hundredths: bash's own SECONDS leap when somebody sets
# the machine's clock.
tick() {
  local NUMBER uptime
  read -r uptime _ </proc/uptime
  read_number "${uptime/./}" 999999999999
  CENTIS=$NUMBER NOW=$((NUMBER / 100))
}
tick
STARTED=$NOW

# seconds_left KEEP: SECONDS_LEFT of the document's time when KEEP seconds are kept for later; never less than 0.
seconds_left() {
  tick
  SECONDS_LEFT=$((RUNBELL_TIMEOUT_SECONDS - SPARE_SECONDS - RESERVED_SECONDS - NOW + STARTED - $1))
  if ((SECONDS_LEFT < 0)); then SECONDS_LEFT=0; fi
}

is_time_up() {
  seconds_left 0
  ((SECONDS_LEFT == 0))
}

# What the next program of the host reads.
INPUT=/dev/null

# limit SECONDS: SECONDS_LEFT is no more than these.
limit() {
  seconds_left 0
  if (($1 < SECONDS_LEFT)); then SECONDS_LEFT=$1; fi
}

# outside SECONDS COMMAND...: runs a program of the host with a time limit and no descriptor of ours, so that nothing it
# leaves behind holds the lock or the agent's pipe. Status 124: it took too long, which neither a program that ends so by
# itself nor one that somebody else killed has done.
outside() {
  local seconds status=0 begun
  limit "$1"
  begun=$CENTIS seconds=$SECONDS_LEFT
  if ((seconds < 1)); then return 124; fi
  timeout --kill-after=3 "$seconds" "${@:2}" <"$INPUT" 8>&- 9>&- || status=$?
  if ((status == 124 || status == 137)); then
    tick
    if ((CENTIS - begun >= seconds * 100)); then status=124; elif ((status == 124)); then status=1; fi
  fi
  return "$status"
}

took_too_long() { (($1 == 124)); }

# bounded BYTES SECONDS: so much of what comes in, and no longer than a program of SECONDS has, with the time to kill it:
# it may have left its output to one that stays.
bounded() {
  limit "$2"
  timeout --foreground "$((SECONDS_LEFT + 4))" head -c "$1"
}

# heard SECONDS: of what a stranger's program says, so much that it can be read.
heard() { bounded 65536 "$1" | tr -d '\0'; }

# --- state: ledger, lock, details ---

state_folder() {
  if [[ -n ${RUNBELL_STATE_DIR:-} ]]; then
    printf '%s' "$RUNBELL_STATE_DIR"
  elif ((EUID == 0)); then
    printf '/var/lib/runbell'
  elif [[ -n ${XDG_STATE_HOME:-} ]]; then
    printf '%s/runbell' "$XDG_STATE_HOME"
  else
    printf '/tmp/runbell-%s' "$EUID"
  fi
}

# is_out_of_reach PATH: nobody but root and us can change it or put something else in its place. In a folder such as /tmp
# everybody may write, and nobody may rename what is another's.
is_out_of_reach() {
  local at=$1 paths=(/) text
  [[ $(outside 5 realpath -e -- "${at:-/}") == "${at:-/}" ]] || return 1
  while [[ $at == /?* ]]; do paths+=("$at") at=${at%/*}; done
  text=$(outside 5 stat -c '%u %A' -- "${paths[@]}") && ! grep -qvE "^(0|$EUID) (.....[^w]..[^w].|d........[tT])$" < <(feed "$text")
}

# Ours alone, and a real directory: somebody else may have put a name into /tmp before us.
own_folder() {
  mkdir -p -- "$1" 2>/dev/null || return 1
  [[ -d $1 && ! -L $1 && -O $1 ]] && chmod 700 -- "$1" 2>/dev/null
}

# begin: call it first. From here on a run id acts at most once, and one run at a time works on an application.
begin() {
  set -E
  trap on_exit EXIT
  trap 'FAILED_LINE=$LINENO' ERR
  trap 'stopped "the run was told to stop"' HUP INT TERM
  check_programs
  local state folder
  state=$(state_folder)
  # Root neither writes nor reads there what another may have put into its place.
  if ((EUID == 0)) && ! is_out_of_reach "${state%/*}"; then refuse "others than root may write in ${state%/*}"; fi
  # A dry run changes nothing, not even our own state.
  if is_dry_run; then
    keep_details /dev/null
    return 0
  fi
  for folder in '' /ledger /locks /details; do
    if ! own_folder "$state$folder"; then
      go_without "$state$folder cannot be used to keep Runbell's state"
      return 0
    fi
  done
  open_ledger "$state"
  outside 10 find "$state/ledger" "$state/details" -type f -mtime "+$STATE_DAYS_MAX" -delete || true
}

# Without flock nobody would be alone, and the small programs of a busybox know other words.
check_programs() {
  local one lacks='' status=0
  for one in awk find flock getent grep head realpath runuser sed sha256sum sort stat tee timeout tr; do
    if ! command -v "$one" >/dev/null; then lacks+=" $one"; fi
  done
  if [[ -n $lacks ]]; then refuse "this host lacks the programs$lacks"; fi
  timeout --kill-after=1 9 find / -maxdepth 0 -printf '' >/dev/null 2>&1 || status=$?
  if ((status != 0 && status != 124)); then refuse "timeout or find of this host is not GNU's"; fi
}

# go_without WHY: who only looks may also look where nothing can be written; who changes something must know its ledger.
go_without() {
  if [[ -n ${RUNBELL_SNAPSHOT:-} ]]; then refuse "$1"; fi
  LAST_LINE="$1, so there are no details"
  keep_details /dev/null
}

# The entry of this run. A machine that plays several hosts keeps one for each.
open_ledger() {
  local entry=$RUNBELL_RUNBOOK.${SSM_RunId:?} host=${AWS_SSM_INSTANCE_ID:-} at
  if [[ $host =~ ^[a-z0-9-]{1,40}$ ]]; then entry+=.$host; fi
  at=$1/ledger/$entry
  answer_again "$at"
  lock_application "$1/locks/${SSM_ApplicationId:?}" "$at"
  answer_again "$at"
  if [[ -e $at.begun ]]; then
    may_change
    fail "an earlier delivery of this run was cut off: it may or may not have acted, and this one did nothing"
  fi
  LEDGER=$at
  if ! { : >"$LEDGER.begun" && printf 'x' >"$LEDGER.new"; } 2>/dev/null; then
    rm -f -- "$LEDGER.begun"
    LEDGER=
    go_without "$1 cannot be written, $PERHAPS_FULL"
    return 0
  fi
  keep_details "$1/details/$entry.log"
}

# keep_details FILE: from here on only the result goes to the agent, who waits for whatever holds its pipe. No program of
# a user gets the file itself, which it could empty or fill: what is printed goes through a pipe, and past its bound nowhere.
# What a terminal would take for its own becomes "?" at the end.
keep_details() {
  exec 8>&1
  if [[ $1 == /dev/null ]]; then
    exec >/dev/null 2>&1
  else
    exec > >(keep_output "$1") 2>&1
    # An old bash does not say.
    RELAY=${!-} DETAILS=$1
  fi
  RESULT_FD=8
}

keep_output() {
  trap '' XFSZ
  ulimit -f "$DETAILS_KB_MAX"
  exec tee -a -- "$1" >/dev/null 2>&1 8>&- 9>&-
}

# A program that stays may hold the pipe for ever, so its end is not waited for long, and nothing of ours stays with it.
until_kept() {
  exec >/dev/null 2>&1
  [[ -n $RELAY ]] || return 0
  for _ in {1..20}; do
    kill -0 "$RELAY" || break
    sleep 0.05
  done
  kill "$RELAY" || true
  { tr -c '\t\n -~' '?' <"$DETAILS" >"$DETAILS.new" && mv -f -- "$DETAILS.new" "$DETAILS"; } || true
}

# The same run delivered twice: the second delivery answers what the first one did.
answer_again() {
  local status result
  { read -r status && read -r result; } 2>/dev/null <"$1.result" || return 0
  [[ $status =~ ^(0|20|30)$ ]] || return 0
  ENDED=$status
  feed "$result" >&"$RESULT_FD"
  exit "$status"
}

# The kernel lets go of the lock however this script ends. The first wait is longer than its holder needs to write
# down its run id; the same run still at work is waited for, and then answered with its result. Runbell's own looks
# (beside-) hold it for a moment, and no person's run is refused for them.
lock_application() {
  local lock=$1 entry=$2 holder keep=0
  exec 9>>"$lock"
  if ! flock -w 2 9; then
    read -r holder <"$lock" || holder=unknown
    if [[ $holder == beside-* ]]; then keep=20; elif [[ $holder != "${SSM_RunId:?}" ]]; then busy "$entry" "$holder"; fi
    seconds_left "$keep"
    flock -w "$SECONDS_LEFT" 9 || busy "$entry" "$holder"
  fi
  # On a full disk nobody learns who holds it; it is held all the same.
  { feed "$SSM_RunId" >"$lock"; } 2>/dev/null || true
}

busy() {
  if [[ -e $1.begun ]]; then may_change && fail "an earlier delivery of this run has not ended; this one did nothing"; fi
  # Kept, because a later delivery of this run must not act after it was told that nothing happened.
  LEDGER=$1
  refuse "run $2 is at work on application $SSM_ApplicationId"
}
