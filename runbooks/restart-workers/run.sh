#!/bin/bash
set -euo pipefail
# Restarts the configured PM2 processes as their owner, and says of each whether it stayed up.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/pm2.sh

# One look proves nothing: a process that dies after a second looks healthy most of the time.
readonly WATCH_SECONDS=6
# Kept for hard restarts and the watch after workers had their time to finish.
readonly AFTER_DRAIN_SECONDS=60

# By pm_id: what is to be restarted, and what came of it.
OLD_PID=()
OLD_MARK=()
SEEN_NAME=()
PROBLEM=()
DRAINED=()

main() {
  begin
  choose_user "${SSM_User:?}"
  find_daemon "${SSM_Pm2Home:?}"
  find_pm2 "${SSM_Pm2Cli:?}"
  read_list refuse
  # They are not restarted by any PM2, and what they hold stays held: that has to be known.
  name_orphans "$SSM_Pm2Home"
  choose_processes
  if is_dry_run; then tell_plan; fi
  if [[ ${SSM_Kind:?} == laravel ]]; then drain; fi
  restart_the_rest
  watch_them
}

# read_list HOW: HOW is refuse while nothing was changed, else fail.
read_list() {
  local status=0
  pm2_list "${SSM_Processes:?}" || status=$?
  if ((status == 124)); then "$1" "the PM2 daemon (pid $DAEMON_PID) did not answer within $PM2_LIST_SECONDS s"; fi
  if ((status != 0)); then "$1" "the PM2 daemon (pid $DAEMON_PID) gave no list of its processes"; fi
}

# Who stopped a process had a reason, so it stays stopped.
choose_processes() {
  local id stopped=0
  if ((${#ROW_NAME[@]} == 0)); then
    fail "PM2 has no process named ${SSM_Processes//,/ or }, so nothing was restarted; it has: ${OTHER_NAMES:-none}"
  fi
  for id in "${!ROW_NAME[@]}"; do
    if [[ ${ROW_STATE[id]} == stopped ]]; then
      say "${ROW_NAME[id]}[$id]: was stopped by somebody and stays stopped"
      stopped=$((stopped + 1))
    else
      SEEN_NAME[id]=${ROW_NAME[id]} OLD_PID[id]=${ROW_PID[id]}
      OLD_MARK[id]=$(process_mark "${ROW_PID[id]}") || OLD_MARK[id]=
    fi
  done
  tell_missing_names
  ((${#OLD_PID[@]} > 0)) || nothing_to_do "all $stopped matching processes are stopped, and a stopped process is not started"
}

# A host may run only some of an application's processes; a misspelled name looks the same, so it is said.
tell_missing_names() {
  local name
  while IFS= read -r -d , name; do
    [[ -n $name ]] || continue
    case " ${ROW_NAME[*]} " in
      *" $name "*) ;;
      *) say "$name: this host's PM2 has no process of that name" ;;
    esac
  done < <(printf '%s,' "$SSM_Processes")
}

tell_plan() {
  local id how='would be restarted'
  if [[ $SSM_Kind == laravel ]]; then how="would get ${SSM_DrainSeconds:?} s to finish its job, then be restarted"; fi
  for id in "${!OLD_PID[@]}"; do
    say "${ROW_NAME[id]}[$id]: pid ${OLD_PID[id]}, ${ROW_STATE[id]}, $how"
    report_process "${ROW_NAME[id]}" "$id" "${OLD_PID[id]}" "${OLD_PID[id]}" "${ROW_RESTARTS[id]}" "${ROW_UP[id]}" "${ROW_STATE[id]}"
  done
  done_well
}

# A Laravel worker finishes its job on SIGTERM and leaves, and PM2 starts another. On PM2's own SIGINT it dies at once.
drain() {
  local id left seconds=${SSM_DrainSeconds:?} end
  if ((seconds == 0)); then return 0; fi
  left=$(seconds_left "$AFTER_DRAIN_SECONDS")
  if ((seconds > left)); then seconds=$left; fi
  for id in "${!OLD_PID[@]}"; do
    # shellcheck disable=SC2016 # The inner shell expands it.
    if is_old_there "$id"; then as_user 5 sh -c 'kill -TERM "$1"' sh "${OLD_PID[id]}" || true; fi
  done
  end=$((SECONDS + seconds))
  while ((SECONDS < end)) && any_old_left; do sleep 0.5; done
  # PM2 notices the end of a process a little later than we do.
  sleep 1
  read_list fail
  for id in "${!OLD_PID[@]}"; do
    if ! is_old_there "$id" && [[ ${ROW_STATE[id]:-} == online && ${ROW_PID[id]} != "${OLD_PID[id]}" ]]; then DRAINED[id]=yes; fi
  done
}

is_old_there() {
  local mark
  [[ -n ${OLD_MARK[$1]} ]] && mark=$(process_mark "${OLD_PID[$1]}") && [[ $mark == "${OLD_MARK[$1]}" ]] &&
    is_running "${OLD_PID[$1]}"
}

any_old_left() {
  local id
  for id in "${!OLD_PID[@]}"; do
    if is_old_there "$id"; then return 0; fi
  done
  return 1
}

restart_the_rest() {
  local id status
  for id in "${!OLD_PID[@]}"; do
    if [[ -n ${DRAINED[id]:-} ]]; then continue; fi
    if [[ -z ${ROW_NAME[id]:-} ]]; then
      PROBLEM[id]='is gone from PM2'
      continue
    fi
    status=0
    pm2_restart "$id" || status=$?
    if took_too_long "$status"; then
      fail "PM2 did not answer while it restarted ${ROW_NAME[id]}[$id]; it may be half done, look at the host"
    fi
    if ((status != 0)); then PROBLEM[id]="could not be restarted (pm2 ended with $status)"; fi
  done
}

watch_them() {
  local id pids=() restarts=() bad=0
  read_list fail
  for id in "${!OLD_PID[@]}"; do
    pids[id]=${ROW_PID[id]:-0}
    restarts[id]=${ROW_RESTARTS[id]:-0}
  done
  sleep "$WATCH_SECONDS"
  read_list fail
  for id in "${!OLD_PID[@]}"; do
    judge "$id" "${pids[id]}" "${restarts[id]}"
    if [[ -n ${PROBLEM[id]:-} ]]; then bad=$((bad + 1)); fi
  done
  tell_results "$bad"
}

# judge ID PID RESTARTS: against the state at the beginning of the watch.
judge() {
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

# The bad ones first: a result has room for ten lines.
tell_results() {
  local id names=() total=${#OLD_PID[@]}
  for id in "${!OLD_PID[@]}"; do
    if [[ -n ${PROBLEM[id]:-} ]]; then
      names+=("${SEEN_NAME[id]}[$id]")
      say "${SEEN_NAME[id]}[$id]: ${PROBLEM[id]}"
      tell_process "$id" down
    fi
  done
  for id in "${!OLD_PID[@]}"; do
    if [[ -z ${PROBLEM[id]:-} ]]; then
      say "${SEEN_NAME[id]}[$id]: ${DRAINED[id]:+drained, }pid ${OLD_PID[id]} -> ${ROW_PID[id]}, up ${ROW_UP[id]} s"
      tell_process "$id" up
    fi
  done
  if (($1 > 0)); then fail "$1 of $total processes did not come up and stay up: ${names[*]}"; fi
  done_well
}

tell_process() {
  local id=$1
  report_process "${SEEN_NAME[id]}" "$id" "${OLD_PID[id]}" "${ROW_PID[id]:-0}" "${ROW_RESTARTS[id]:-0}" "${ROW_UP[id]:-0}" "$2"
}

main "$@"
