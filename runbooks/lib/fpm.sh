# shellcheck shell=bash
# The php-fpm service of an application. Its master replaces itself on SIGUSR2, and keeps its pid.

# FPM_SECONDS: how long workers may take to finish their requests and new ones to come.
readonly FPM_SECONDS=40 FPM_TITLE='^php-fpm: master process \((/[A-Za-z0-9_@.+/-]{1,300})\)'

# From find_fpm: FPM_UNIT, FPM_PID, FPM_MARK, FPM_PROGRAM, FPM_CONFIG, FPM_OWNER; from reload_fpm: FPM_OLD, FPM_HELD, FPM_NEW.
FPM_ON_DEMAND=no
# shellcheck disable=SC2034 # The scripts read it.
FPM_WHY=''

has_systemd() { [[ -d /run/systemd/system ]]; }

# find_fpm UNIT: after choose_user; sets FPM_PID and FPM_CONFIG. Status 1: FPM_WHY says why it cannot be reloaded.
# shellcheck disable=SC2034 # The scripts read the problem.
find_fpm() {
  local pids=()
  FPM_UNIT=$1
  FPM_WHY="php-fpm ($1) does not run"
  if has_systemd; then
    pids=("$(outside 10 systemctl show --property MainPID --value -- "$1")") || return 1
  else
    mapfile -t pids < <(masters_of "$1")
  fi
  if ((${#pids[@]} > 1)); then
    FPM_WHY="several php-fpm masters could be $1: pids ${pids[*]}"
    return 1
  fi
  [[ ${pids[0]:-} =~ ^[1-9][0-9]{0,9}$ ]] || return 1
  FPM_WHY="the main process of $1 (pid ${pids[0]}) is not a php-fpm master"
  FPM_PID=${pids[0]} FPM_MARK=$(process_mark "${pids[0]}") && first_word "$FPM_PID" && [[ $FIRST_WORD =~ $FPM_TITLE ]] || return 1
  FPM_CONFIG=${BASH_REMATCH[1]}
  # Whoever starts a program that becomes root chooses what it calls itself, but not which one it is.
  FPM_PROGRAM=$(readlink -- "/proc/$FPM_PID/exe") && FPM_PROGRAM=${FPM_PROGRAM% (deleted)} && [[ ${FPM_PROGRAM##*/} == *fpm* ]] || return 1
  FPM_OWNER=$(process_owner "$FPM_PID") || return 1
  FPM_WHY="php-fpm (pid $FPM_PID) belongs to user id $FPM_OWNER, so this script may not reload it"
  [[ $FPM_OWNER == "$RUN_UID" || $FPM_OWNER == "$EUID" ]]
}

# as_master SECONDS COMMAND...: as the master's owner: who calls himself one must not have root run his program.
as_master() { if [[ $FPM_OWNER == "$RUN_UID" ]]; then as_user "$@"; else outside "$@"; fi; }

# masters_of UNIT: without systemd those whose configuration is called so or lies in a folder of that name; "php8.2-fpm"
# is also /etc/php/8.2/fpm. Another master is somebody else's, even where it is the only one.
masters_of() {
  local pid distribution='//'
  if [[ $1 =~ ^php([0-9]+\.[0-9]+)-fpm$ ]]; then distribution="/php/${BASH_REMATCH[1]}/fpm/"; fi
  for pid in $(processes_with cmdline '^php-fpm: master process'); do
    if is_in_container "$pid" || ! is_running "$pid"; then continue; fi
    if first_word "$pid" && [[ $FIRST_WORD == *"/$1/"* || $FIRST_WORD == *"/$1.conf)"* || $FIRST_WORD == *"$distribution"* ]]; then
      feed "$pid"
    fi
  done
}

# fpm_workers: pids of the master's workers.
fpm_workers() {
  local pid
  for pid in $(with_children "$FPM_PID" 4); do
    if [[ $pid != "$FPM_PID" ]] && first_word "$pid" && [[ $FIRST_WORD == 'php-fpm: pool '* ]]; then printf '%s ' "$pid"; fi
  done
}

# check_fpm: a reload with a configuration that does not parse would end php-fpm. The configuration can hold passwords,
# so none of it is kept.
# shellcheck disable=SC2034 # The scripts read the problem.
check_fpm() {
  local text status=0
  text=$(as_master 20 "$FPM_PROGRAM" -tt --fpm-config "$FPM_CONFIG" 2>&1 | heard 20) || status=$?
  FPM_WHY="php-fpm's own test of $FPM_CONFIG fails (status $status), and a reload would end it"
  ((status == 0)) || return 1
  if [[ $text =~ pm\ =\ ondemand ]]; then FPM_ON_DEMAND=yes; fi
  if [[ $text =~ process_control_timeout\ =\ 0 ]]; then
    say 'php-fpm: process_control_timeout is 0, so a reload may cut requests that are at work'
  fi
}

# reload_fpm PORTS: status 1: FPM_WHY says what is the case.
# shellcheck disable=SC2016,SC2034 # The inner shell expands it; the scripts read the problem.
reload_fpm() {
  local status=0 end it="php-fpm ($FPM_UNIT, pid $FPM_PID)"
  FPM_OLD=$(fpm_workers) FPM_HELD=$(connections_of "$FPM_PID" "$1")
  FPM_WHY="$it ended before it was told to reload"
  is_same_process "$FPM_PID" "$FPM_MARK" || return 1
  if has_systemd; then outside 30 systemctl reload -- "$FPM_UNIT" || status=$?; else as_master 5 sh -c 'kill -USR2 "$1"' sh "$FPM_PID" || status=$?; fi
  FPM_WHY="$it could not be told to reload (status $status)"
  ((status == 0)) || return 1
  tick
  end=$((NOW + FPM_SECONDS))
  while tick && ((NOW < end)); do
    sleep 0.5
    FPM_WHY="$it ended when it was told to reload: the web is down, start it"
    is_same_process "$FPM_PID" "$FPM_MARK" || return 1
    FPM_NEW=$(fpm_workers)
    # A pool on demand has no workers until somebody asks.
    if ! is_any_in "$FPM_OLD" "$FPM_NEW" && [[ -n $FPM_NEW || $FPM_ON_DEMAND == yes ]]; then return 0; fi
  done
  FPM_WHY="$it: after $FPM_SECONDS s old workers are still there or no new ones came"
  return 1
}

is_any_in() {
  local one
  for one in $1; do
    if [[ " $2 " == *" $one "* ]]; then return 0; fi
  done
  return 1
}

# tell_fpm PORTS
tell_fpm() {
  say "php-fpm $FPM_UNIT (pid $FPM_PID): workers $(few "$FPM_OLD")-> $(few "$FPM_NEW")connections $FPM_HELD -> $(connections_of "$FPM_PID" "$1")"
}

# few PIDS: a line has room for some.
few() {
  local pids
  read -r -a pids < <(feed "$1")
  if ((${#pids[@]} == 0)); then printf 'none '; else printf '%s ' "${pids[@]:0:4}"; fi
  if ((${#pids[@]} > 4)); then printf '(%s in all) ' ${#pids[@]}; fi
}

# is_healthy COMMAND: the configured command, as the application's user and without a shell. Status 0 where none is
# configured.
is_healthy() {
  local words
  [[ $1 != none ]] || return 0
  read -r -a words < <(feed "$1")
  as_user 20 "${words[@]}" >/dev/null
}
