# shellcheck shell=bash
# The configured PM2 processes: which they are, how they finish their jobs, restart what is left, watch. None of these
# ends the script: on a failure WORK_WHY says what is the case. Needs find_pm2 before.

# One look proves nothing: a process that dies after a second looks healthy most of the time. AFTER_DRAIN_SECONDS are kept
# for hard restarts and the watch after workers had their time to finish.
readonly WATCH_SECONDS=6 AFTER_DRAIN_SECONDS=60

# shellcheck disable=SC2034 # The scripts read it.
WORK_WHY=''
# yes: the ecosystem file may have brought processes that did not run before.
WORKERS_MAY_GROW=no

# choose_workers NAMES KIND SIGNAL PORTS: reads PM2's list. SIGNAL is that of Node workers, or none; PORTS are those of
# the database. Who stopped a process had a reason, so it stays stopped. Status 1: there is no list.
choose_workers() {
  local id
  WORKERS_NAMES=$1 WORKERS_KIND=$2 WORKERS_SIGNAL=$3 WORKERS_PORTS=$4
  # By pm_id: what is to be restarted, how it is asked to finish, and what came of it.
  OLD_PID=() OLD_MARK=() SEEN_NAME=() HELD=() PROBLEM=() LEFT=() DRAINED=() DRAIN_BY=()
  list_workers || return 1
  if [[ -n $SHARED_NAME ]]; then
    WORK_WHY="PM2 has $SHARED_NAME in several namespaces, perhaps of several applications: rename one"
    return 1
  fi
  look_again || return 1
  for id in "${!ROW_NAME[@]}"; do
    if [[ ${ROW_STATE[id]} == stopped ]]; then
      say "${ROW_NAME[id]}[$id]: was stopped by somebody and stays stopped"
      continue
    fi
    SEEN_NAME[id]=${ROW_NAME[id]} OLD_PID[id]=${ROW_PID[id]} HELD[id]=$(connections_of "${ROW_PID[id]}" "$4")
    OLD_MARK[id]=$(process_mark "${ROW_PID[id]}") || OLD_MARK[id]=
    if [[ ${ROW_WATCH[id]} == yes ]]; then say "${ROW_NAME[id]}[$id]: PM2's watch is on: every change of a file restarts it and cuts its job"; fi
  done
}

# PM2 calls a process stopped for a moment also between a crash and the next start: only who is so twice, without a
# restart in between, was stopped by somebody.
look_again() {
  local id restarts=()
  [[ " ${ROW_STATE[*]-} " == *' stopped '* ]] || return 0
  for id in "${!ROW_STATE[@]}"; do
    if [[ ${ROW_STATE[id]} == stopped ]]; then restarts[id]=${ROW_RESTARTS[id]}; fi
  done
  sleep 2
  list_workers || return 1
  for id in "${!ROW_STATE[@]}"; do
    if [[ ${ROW_STATE[id]} == stopped && ${restarts[id]:-} != "${ROW_RESTARTS[id]}" ]]; then ROW_STATE[id]=crashing; fi
  done
}

list_workers() {
  pm2_list "$WORKERS_NAMES" || { WORK_WHY=$PM2_WHY && return 1; }
}

# plan_drain: fills DRAIN_BY for each worker. For Laravel it boots the application, if use_application was called.
#   queueRestart  queue workers of a file cache: the mark reaches this host alone
#   a signal      whoever has a handler for it; whoever has none would die at once, its job with it
#   reload        cluster mode: PM2 starts the next one, then stops the old one, which has kill_timeout to finish
#   nothing       the others, which are restarted by PM2
plan_drain() {
  local id words
  if [[ $WORKERS_KIND == laravel && -n ${APP_DIR:-} ]]; then boot_app || say "Laravel: $APP_WHY"; fi
  for id in "${!OLD_PID[@]}"; do
    DRAIN_BY[id]=nothing
    if [[ ${ROW_MODE[id]} == cluster ]]; then
      DRAIN_BY[id]=reload
    elif [[ $WORKERS_KIND == node ]]; then
      if read_number "$(kill -l "$WORKERS_SIGNAL")" 64 && catches "${OLD_PID[id]}" "$NUMBER"; then DRAIN_BY[id]=$WORKERS_SIGNAL; fi
    else
      words=$(command_line "${OLD_PID[id]}")
      DRAIN_BY[id]=$(drain_of_laravel "${OLD_PID[id]}" "$words")
    fi
  done
}

# PHP itself catches SIGTERM, and dies of it. A queue worker that finishes its job on it, by pcntl, has one for SIGCONT (18) too.
can_drain() { catches "$1" 18; }

drain_of_laravel() {
  local is_queue=no has_handler=no
  if [[ $2 == *' queue:work '* ]]; then is_queue=yes; fi
  if [[ $is_queue == yes || $2 == *' horizon '* ]]; then
    # Horizon's master hands SIGTERM on to its workers and waits for them; the mark would reach them without it.
    if can_drain "$1"; then has_handler=yes; fi
  elif [[ $2 =~ \ (schedule:work|queue:listen)\  ]]; then
    # It holds no job: what it has started goes on when it alone is ended, and PM2's own stop would end both.
    has_handler=yes
  # SIGTERM is 15.
  elif catches "$1" 15; then
    has_handler=yes
  fi
  if [[ $is_queue == yes && $APP_CACHE == file ]]; then
    printf queueRestart
  elif [[ $has_handler == yes ]]; then
    printf SIGTERM
  elif [[ $is_queue == yes && $APP_CACHE =~ ^(redis|memcached|database|dynamodb)$ ]]; then
    # Without pcntl there is no other way, although the mark reaches the workers of every host that shares the cache.
    printf queueRestart
  else
    printf nothing
  fi
}

# drain_workers SECONDS: asks, and waits until the old processes have left or time is up.
drain_workers() {
  local id seconds begun
  read_number "$1" 600 || true
  seconds=$NUMBER
  ((seconds > 0)) || return 0
  seconds_left "$AFTER_DRAIN_SECONDS"
  if ((seconds > SECONDS_LEFT)); then seconds=$SECONDS_LEFT; fi
  ask_to_leave
  tick
  begun=$NOW
  while tick && ((NOW < begun + seconds)) && any_draining; do
    # A worker of an older release looks at another cache: the signal reaches it all the same.
    if ((NOW >= begun + (seconds + 1) / 2)); then signal_queue; fi
    sleep 0.3
  done
  for id in "${!OLD_PID[@]}"; do
    if is_asked "$id" && ! is_old_there "$id"; then LEFT[id]=yes; fi
  done
  until_noticed || return 1
  for id in "${!OLD_PID[@]}"; do
    if ! is_old_there "$id" && [[ ${ROW_STATE[id]:-} == online && ${ROW_PID[id]} != "${OLD_PID[id]}" ]]; then DRAINED[id]=yes; fi
  done
}

# PM2 notices the end of a process later than we do: restarted before, the next one would be cut for the one that left. One
# with a restart_delay keeps the old pid meanwhile and cannot be restarted; it comes by itself.
until_noticed() {
  local id try
  for try in {1..30}; do
    sleep 1
    list_workers || return 1
    seconds_left 20
    if ((SECONDS_LEFT == 0)); then return 0; fi
    for id in "${!LEFT[@]}"; do
      if is_waiting "$id"; then continue 2; fi
      if ((try < 5)) && [[ ${ROW_PID[id]:-} == "${OLD_PID[id]}" || ${ROW_STATE[id]:-} == launching ]]; then continue 2; fi
    done
    return 0
  done
}

is_waiting() { [[ ${ROW_STATE[$1]:-} == waiting-restart ]]; }

is_asked() { [[ ${DRAIN_BY[$1]:-nothing} =~ ^(queueRestart|SIG) ]]; }

ask_to_leave() {
  local id how
  if [[ " ${DRAIN_BY[*]} " == *' queueRestart '* ]] && ! queue_restart; then
    say 'queue:restart did not work here; workers are asked by SIGTERM'
    for id in "${!DRAIN_BY[@]}"; do
      if [[ ${DRAIN_BY[id]} != queueRestart ]]; then continue; fi
      how=nothing
      if can_drain "${OLD_PID[id]}"; then how=SIGTERM; fi
      DRAIN_BY[id]=$how
    done
  fi
  for id in "${!DRAIN_BY[@]}"; do
    if [[ ${DRAIN_BY[id]} == SIG* ]] && is_old_there "$id"; then signal_as_user "${DRAIN_BY[id]}" "${OLD_PID[id]}" || true; fi
  done
}

signal_queue() {
  local id
  for id in "${!DRAIN_BY[@]}"; do
    if [[ ${DRAIN_BY[id]} == queueRestart ]] && is_old_there "$id" && can_drain "${OLD_PID[id]}"; then
      signal_as_user SIGTERM "${OLD_PID[id]}" || true
      DRAIN_BY[id]=SIGTERM
    fi
  done
}

is_old_there() { is_same_process "${OLD_PID[$1]}" "${OLD_MARK[$1]}"; }

any_draining() {
  local id
  for id in "${!OLD_PID[@]}"; do
    if is_asked "$id" && is_old_there "$id"; then return 0; fi
  done
  return 1
}

# restart_left: whoever has not left is restarted by PM2, one after the other.
restart_left() {
  local id status
  for id in "${!OLD_PID[@]}"; do
    if [[ -n ${DRAINED[id]:-} ]]; then continue; fi
    if [[ -z ${ROW_NAME[id]:-} ]]; then
      PROBLEM[id]='is gone from PM2'
      continue
    fi
    if is_waiting "$id"; then
      PROBLEM[id]='waits until PM2 starts it again (restart_delay)'
      continue
    fi
    status=0
    seconds_left 10
    if ((SECONDS_LEFT == 0)); then
      WORK_WHY="time is up before ${ROW_NAME[id]}[$id] and those after it were restarted; run it again"
      return 1
    fi
    pm2_restart "$id" || status=$?
    if took_too_long "$status"; then
      WORK_WHY="PM2 did not answer while it restarted ${ROW_NAME[id]}[$id]; it may be half done, look at the host"
      return 1
    fi
    if ((status != 0)); then PROBLEM[id]="could not be restarted (pm2 ended with $status)"; fi
  done
}

# watch_workers: status 1 when one of them did not come up and stay up.
# shellcheck disable=SC2034 # The scripts read the problem.
watch_workers() {
  local id pids=() restarts=() bad=()
  list_workers || return 1
  if [[ $WORKERS_MAY_GROW == yes ]]; then
    for id in "${!ROW_NAME[@]}"; do
      if [[ -z ${OLD_PID[id]:-} && ${ROW_STATE[id]} != stopped ]]; then SEEN_NAME[id]=${ROW_NAME[id]} OLD_PID[id]=0 HELD[id]=0; fi
    done
  fi
  for id in "${!OLD_PID[@]}"; do
    pids[id]=${ROW_PID[id]:-0} restarts[id]=${ROW_RESTARTS[id]:-0}
  done
  sleep "$WATCH_SECONDS"
  list_workers || return 1
  for id in "${!OLD_PID[@]}"; do
    judge_worker "$id" "${pids[id]}" "${restarts[id]}"
    if [[ -n ${PROBLEM[id]:-} ]]; then bad+=("${SEEN_NAME[id]}[$id]"); fi
  done
  if ((${#bad[@]} == 0)); then return 0; fi
  WORK_WHY="${#bad[@]} of ${#OLD_PID[@]} processes did not come up and stay up: ${bad[*]}"
  return 1
}

# judge_worker ID PID RESTARTS: against the state at the beginning of the watch.
judge_worker() {
  local id=$1 again
  if [[ -n ${PROBLEM[id]:-} ]]; then return 0; fi
  again=$((${ROW_RESTARTS[id]:-0} - $3))
  if [[ -z ${ROW_NAME[id]:-} ]]; then
    PROBLEM[id]='is gone from PM2'
  elif [[ ${ROW_STATE[id]} == errored ]]; then
    PROBLEM[id]='crashed at every start until PM2 gave up (errored)'
  elif ((again > 0)) || [[ ${ROW_PID[id]} != "$2" ]]; then
    PROBLEM[id]="did not stay up: PM2 restarted it $again times more within $WATCH_SECONDS s (now ${ROW_STATE[id]})"
  elif [[ ${ROW_STATE[id]} != online ]]; then
    PROBLEM[id]="did not come up: PM2 calls it ${ROW_STATE[id]}"
  elif [[ ${ROW_PID[id]} == "${OLD_PID[id]}" ]]; then
    PROBLEM[id]='still has its old pid: it was not restarted'
  fi
}

# tell_workers: the bad ones first, because a result has room for ten lines.
tell_workers() {
  local id how now
  for id in "${!OLD_PID[@]}"; do
    if [[ -n ${PROBLEM[id]:-} ]]; then
      say "${SEEN_NAME[id]}[$id]: ${PROBLEM[id]}"
      tell_process "$id" down
    fi
  done
  for id in "${!OLD_PID[@]}"; do
    if [[ -n ${PROBLEM[id]:-} ]]; then continue; fi
    how='' now=$(connections_of "${ROW_PID[id]}" "$WORKERS_PORTS")
    if [[ -n ${LEFT[id]:-} ]]; then
      how='drained, '
    elif [[ ${DRAIN_BY[id]:-nothing} == reload ]]; then
      how='reloaded, '
    elif [[ ${DRAIN_BY[id]:-nothing} != nothing ]]; then
      how='cut, '
    fi
    say "${SEEN_NAME[id]}[$id]: ${how}pid ${OLD_PID[id]} -> ${ROW_PID[id]}, up ${ROW_UP[id]} s, connections ${HELD[id]} -> $now"
    tell_process "$id" up
  done
}

tell_process() {
  local id=$1
  report_process "${SEEN_NAME[id]}" "$id" "${OLD_PID[id]}" "${ROW_PID[id]:-0}" "${ROW_RESTARTS[id]:-0}" "${ROW_UP[id]:-0}" "$2"
}
