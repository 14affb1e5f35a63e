# shellcheck shell=bash
# Reads /proc. Processes come and go meanwhile, so everything here may answer "not there".

# processes_with FILE REGEX: pids of which /proc/PID/FILE has a record (they end in NUL) that matches. If it looks for too
# long, no time is left afterwards (is_time_up), and these are not all.
processes_with() {
  local pid
  while IFS=/ read -r _ _ pid _; do feed "$pid"; done < <(outside 999 grep -slzaE -e "$2" /proc/[0-9]*/"$1")
}

# variable_of PID NAME: the value that the process was started with.
variable_of() {
  local record
  record=$(outside 5 grep -zsa -m 1 -e "^$2=" "/proc/$1/environ" | tr -d '\0') || return 1
  printf '%s' "${record#*=}"
}

# first_word PID: FIRST_WORD, what it calls itself; without starting a program, because there may be thousands.
first_word() {
  FIRST_WORD=
  { IFS= read -r -d '' FIRST_WORD <"/proc/$1/cmdline"; } 2>/dev/null || [[ -n $FIRST_WORD ]]
}

# command_line PID: its words with a space behind each.
command_line() { outside 5 cat -- "/proc/$1/cmdline" 2>/dev/null | tr '\0' ' ' || true; }

# stat_field PID NUMBER: a field of /proc/PID/stat as proc(5) numbers them, from the third on. The name before them
# may hold spaces and brackets.
stat_field() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -r -a fields < <(feed "${stat##*) }")
  printf '%s' "${fields[$2 - 3]:-}"
}

process_state() { stat_field "$1" 3; }
process_parent() { stat_field "$1" 4; }
# A pid with its start time is one process and no later one with the same pid.
process_mark() { stat_field "$1" 22; }

is_running() {
  local state
  state=$(process_state "$1") || return 1
  [[ $state != [ZX] ]]
}

process_owner() { outside 5 stat -c %u -- "/proc/$1"; }

# A process of a container has files and users of its own, even where its paths look like ours.
is_in_container() {
  local its ours
  its=$(readlink "/proc/$1/ns/pid" 2>/dev/null) || return 1
  ours=$(readlink /proc/self/ns/pid)
  [[ $its != "$ours" ]]
}

# catches PID SIGNAL_NUMBER: whether the process has a handler for it. Without one it dies at once.
catches() {
  local mask
  mask=$(outside 5 sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 1
  read_bits "$mask" && (((NUMBER >> ($2 - 1)) & 1))
}

# is_same_process PID MARK: still the process of which MARK was taken.
is_same_process() {
  local mark
  [[ -n $2 ]] && mark=$(process_mark "$1") && [[ $mark == "$2" ]] && is_running "$1"
}
