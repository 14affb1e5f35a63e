#!/bin/bash
set -euo pipefail
# Lets the configured PM2 processes finish their jobs, restarts them as their owner, and says of each whether it stayed up.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/pm2.sh
source ../lib/orphans.sh
source ../lib/laravel.sh
source ../lib/workers.sh
source ../lib/keep-first.sh

main() {
  local status=0
  begin
  choose_user "${SSM_User:?}"
  find_pm2 "${SSM_Pm2Home:?}" "${SSM_Pm2Cli:?}" || status=$?
  if ((status == 3)); then name_orphans "$SSM_Pm2Home"; fi
  if ((status != 0)); then end_without_pm2 "$status"; fi
  if [[ ${SSM_Kind:?} == laravel ]]; then use_application "${SSM_Directory:?}" "${SSM_Php:?}" || say "Laravel: $APP_WHY"; fi
  choose_workers "${SSM_Processes:?}" "$SSM_Kind" "${SSM_DrainSignal:?}" "${SSM_DatabasePorts:?}" || refuse "$WORK_WHY"
  # They are not restarted by any PM2, and what they hold stays held: that has to be known.
  name_orphans "$SSM_Pm2Home"
  check_choice
  tell_missing_names
  check_file
  plan_drain
  if [[ -n $CACHE_WHY ]]; then refuse "$CACHE_WHY"; fi
  if [[ -n $APP_DOWN ]]; then say "$APP_DOWN: its queue workers wait meanwhile"; fi
  if is_dry_run; then tell_plan; fi
  keep_first
  end_orphans
  act
}

check_choice() {
  if ((${#ROW_NAME[@]} == 0)); then
    fail "PM2 has no process named ${SSM_Processes//,/ or }, so nothing was restarted; it has: ${OTHER_NAMES:-none}"
  fi
  if ((${#OLD_PID[@]} == 0)); then
    nothing_to_do "all ${#ROW_NAME[@]} matching processes are stopped, and a stopped process is not started"
  fi
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
  done < <(printf '%s,' "$WORKERS_NAMES")
}

is_reload() { [[ ${SSM_Reload:?} == yes ]]; }

# Names that the file would also start although somebody has stopped them are left out.
RELOAD_NAMES=

check_file() {
  local id name
  for name in ${SSM_Processes//,/ }; do
    for id in "${!ROW_NAME[@]}"; do
      if [[ ${ROW_NAME[id]} == "$name" && ${ROW_STATE[id]} == stopped ]]; then continue 2; fi
    done
    RELOAD_NAMES+=${RELOAD_NAMES:+,}$name
  done
  if [[ ${SSM_EcosystemFile:?} == none ]]; then
    if is_reload; then refuse 'the configuration names no ecosystem file (ecosystemFile)'; fi
    return 0
  fi
  if ! read_ecosystem "$SSM_EcosystemFile" "$RELOAD_NAMES"; then
    if is_reload; then refuse "$FILE_WHY"; fi
    say "$FILE_WHY"
  fi
  if ! is_reload; then tell_differences 'not read now; Reload=yes applies it'; fi
}

tell_plan() {
  local id
  for id in "${!OLD_PID[@]}"; do
    say "${ROW_NAME[id]}[$id]: pid ${OLD_PID[id]}, ${ROW_STATE[id]}, connections ${HELD[id]}, $(plan_of "$id")"
    report_process "${ROW_NAME[id]}" "$id" "${OLD_PID[id]}" "${OLD_PID[id]}" "${ROW_RESTARTS[id]}" "${ROW_UP[id]}" "${ROW_STATE[id]}"
  done
  if is_reload; then say "$SSM_EcosystemFile would be read"; fi
  done_well
}

plan_of() {
  local children kill_ms=${ROW_KILL_MS[$1]}
  if [[ ${DRAIN_BY[$1]} == reload ]]; then
    printf 'would be reloaded: the next one starts, then this one gets %s ms to leave' "$kill_ms"
  elif [[ ${DRAIN_BY[$1]} != nothing && ${SSM_DrainSeconds:?} != 0 ]]; then
    printf 'would get %s s to finish its job (%s), then be restarted' "$SSM_DrainSeconds" "${DRAIN_BY[$1]}"
  else
    printf 'would be restarted, with %s ms to leave' "$kill_ms"
    read -r -a children < <(with_children "${OLD_PID[$1]}" 0 && echo)
    # PM2 signals the whole tree unless its treekill is off.
    if ((${#children[@]} > 1)); then printf ', and its %s child processes with it' $((${#children[@]} - 1)); fi
  fi
}

# Asked first, so that they can finish while the others are drained.
end_orphans() {
  local at
  [[ ${SSM_Orphans:?} == end ]] || return 0
  for at in "${!ORPHAN_PID[@]}"; do
    is_wanted "${ORPHAN_NAME[at]}" || continue
    if is_same_process "${ORPHAN_PID[at]}" "${ORPHAN_MARK[at]}"; then signal_as_user SIGTERM "${ORPHAN_PID[at]}" || true; fi
  done
}

is_wanted() { [[ ,$SSM_Processes, == *",$1,"* ]]; }

act() {
  local status=0
  drain_workers "${SSM_DrainSeconds:?}" || fail "$WORK_WHY"
  if is_reload; then
    reload_file
  else
    restart_left || fail "$WORK_WHY"
  fi
  watch_workers || status=1
  tell_workers
  tell_old_release
  tell_orphans || status=1
  if ((status != 0)); then fail "$WORK_WHY"; fi
  done_well
}

# After the drain, because PM2 restarts hard here.
reload_file() {
  local status=0
  WORKERS_MAY_GROW=yes
  pm2_reload_file "$SSM_EcosystemFile" "$RELOAD_NAMES" || status=$?
  if took_too_long "$status"; then fail 'PM2 did not answer while it read the file; it may be half done, look at the host'; fi
  if ((status != 0)); then fail "PM2 could not start from $SSM_EcosystemFile (it ended with $status); look at the host"; fi
  read_ecosystem "$SSM_EcosystemFile" "$RELOAD_NAMES" || say "$FILE_WHY"
  tell_differences 'arguments that were taken out of the file stay: delete and start'
}

tell_orphans() {
  local at left=()
  [[ $SSM_Orphans == end ]] || return 0
  for at in "${!ORPHAN_PID[@]}"; do
    is_wanted "${ORPHAN_NAME[at]}" || continue
    if is_same_process "${ORPHAN_PID[at]}" "${ORPHAN_MARK[at]}"; then
      left+=("${ORPHAN_PID[at]}")
    else
      say "orphan ${ORPHAN_NAME[at]} pid ${ORPHAN_PID[at]}: ended"
    fi
  done
  if ((${#left[@]} == 0)); then return 0; fi
  WORK_WHY="${WORK_WHY:+$WORK_WHY; }orphans did not end: pids ${left[*]}"
  return 1
}

# PM2 keeps the path that a process was started with: behind a link such as "current" that is the old release.
tell_old_release() {
  local id its
  [[ -n ${APP_DIR:-} ]] || return 0
  for id in "${!OLD_PID[@]}"; do
    its=$(readlink -- "/proc/${ROW_PID[id]:-0}/cwd" 2>/dev/null) || continue
    if [[ $its != "$APP_DIR" && ${its%/*} == "${APP_DIR%/*}" ]]; then
      say "the workers run in $its and the application is $APP_DIR now: delete and start them"
      return 0
    fi
  done
}

main "$@"
