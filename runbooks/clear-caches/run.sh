#!/bin/bash
set -euo pipefail
# Clears a cache as the application's user, looks whether it is gone, because artisan's exit codes do not say, and then
# lets workers and web take it up: in this order, because the other way round they start with the old one.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/pm2.sh
source ../lib/laravel.sh
source ../lib/workers.sh
source ../lib/fpm.sh
source ../lib/keep-first.sh

HEALTH_BEFORE=healthy

main() {
  begin
  choose_user "${SSM_User:?}"
  if [[ ${SSM_Kind:?} == node ]]; then
    clear_node
  else
    clear_laravel
  fi
  judge_health
  done_well
}

# --- Node ---

clear_node() {
  local command words status=0
  command=$(command_named "${SSM_What:?}") ||
    refuse "the configuration has no cache command $SSM_What; it has: $(command_names)"
  read -r -a words < <(feed "$command")
  APP_DIR=$(real_path "${SSM_Directory:?}") || refuse "the application's directory $SSM_Directory is not there"
  user_has -x "${words[0]}" || refuse "$RUN_USER cannot run ${words[0]}"
  look_at_health
  if is_dry_run; then
    say "$SSM_What: ${words[0]} would be run as $RUN_USER"
    done_well
  fi
  keep_first
  there_as_user "$APP_DIR" 60 "${words[@]}" || status=$?
  if took_too_long "$status"; then stopped "$SSM_What: ${words[0]} did not end within 60 s"; fi
  if ((status != 0)); then fail "$SSM_What: ${words[0]} ended with $status"; fi
  say "$SSM_What: ${words[0]} ended with 0"
}

command_named() {
  local one
  while IFS= read -r -d ';' one; do
    if [[ $one == "$1="* ]]; then
      printf '%s' "${one#*=}"
      return 0
    fi
  done < <(printf '%s;' "${SSM_Commands:?}")
  return 1
}

command_names() {
  local one names=
  while IFS= read -r -d ';' one; do names+="${names:+, }${one%%=*}"; done < <(printf '%s;' "$SSM_Commands")
  printf '%s' "$names"
}

# --- Laravel ---

clear_laravel() {
  local boots=yes
  [[ $SSM_What =~ ^(config|route|view|cache|optimize)$ ]] ||
    refuse "there is no cache $SSM_What; Laravel has config, route, view, cache and optimize"
  use_application "$SSM_Directory" "${SSM_Php:?}" || refuse "$APP_WHY"
  # With a broken cached configuration it cannot boot, and artisan cannot clear it.
  boot_app || boots=no
  if [[ $boots == no ]] && ! is_config_to_go; then refuse "$APP_WHY"; fi
  # Looked for now, because a clear that nobody can be told of would be half done.
  if needs_workers; then
    if [[ -n $CACHE_WHY ]]; then refuse "$CACHE_WHY"; fi
    find_workers
  fi
  if needs_web; then find_web; fi
  look_at_health
  check_what_is_left
  if is_dry_run; then tell_plan; fi
  keep_first
  clear_now "$boots"
  verify_boot
  if needs_workers; then tell_workers_to_leave; fi
  if needs_web; then reload_web; fi
}

needs_workers() { [[ $SSM_What =~ ^(config|route|optimize)$ ]]; }
needs_web() { [[ $SSM_What =~ ^(config|route|view|optimize)$ && ${SSM_FpmUnit:?} != none ]]; }
is_config_to_go() { [[ $SSM_What =~ ^(config|optimize)$ ]] && is_there "$(path_of config)"; }
is_there() { user_has -e "$1"; }

# path_of NAME: as the application says, or where Laravel has it.
path_of() {
  local default=''
  if [[ $1 == config ]]; then default=$APP_DIR/bootstrap/cache/config.php; fi
  printf '%s' "${APP_PATH[$1]:-$default}"
}

# Clearing nothing tells nobody anything; and without its cached configuration an application reads .env, or silently
# takes the framework's defaults, where jobs are not queued and the database is another one.
check_what_is_left() {
  if [[ $SSM_What == config ]] && ! is_there "$(path_of config)"; then
    nothing_to_do 'there is no cached configuration'
  fi
  if [[ $SSM_What == route ]] && ! is_there "$(path_of routes)"; then nothing_to_do 'there are no cached routes'; fi
  if is_config_to_go && ! user_has -r "$APP_DIR/.env"; then
    refuse "$RUN_USER cannot read .env, so without its cached configuration the application would run on defaults"
  fi
}

find_workers() {
  find_pm2 "${SSM_Pm2Home:?}" "${SSM_Pm2Cli:?}" || end_without_pm2 $?
  choose_workers "${SSM_Processes:?}" laravel "${SSM_DrainSignal:?}" "${SSM_DatabasePorts:?}" || refuse "$WORK_WHY"
  plan_drain
}

find_web() {
  find_fpm "$SSM_FpmUnit" || refuse "$FPM_WHY"
  check_fpm || refuse "$FPM_WHY"
}

tell_plan() {
  local id
  say "$SSM_What would be cleared as $RUN_USER in $APP_DIR"
  if needs_workers; then
    for id in "${!OLD_PID[@]}"; do say "${SEEN_NAME[id]}[$id]: pid ${OLD_PID[id]} would be asked to leave (${DRAIN_BY[id]})"; done
  fi
  if needs_web; then say "php-fpm $FPM_UNIT (pid $FPM_PID) would be reloaded"; fi
  done_well
}

# clear_now BOOTS
clear_now() {
  local begun status=0 output='' path
  # Read before, because afterwards the application may say otherwise. Files made in the same second are not judged.
  read_number "$(date +%s)" 99999999999
  begun=$((NUMBER - 1))
  path=$(path_of config)
  if [[ $1 == no ]]; then
    as_user 5 rm -f -- "$path" || true
    if is_there "$path"; then fail "$path could not be removed by $RUN_USER: $(whose "$path")"; fi
    say 'config: the broken cached configuration was removed by hand'
    boot_app || fail "the broken cached configuration was removed, and still $APP_WHY"
    if [[ $SSM_What == config ]]; then return 0; fi
  fi
  output=$(artisan 60 "$SSM_What:clear" 2>&1 | heard 60) || status=$?
  note "$output"
  if took_too_long "$status"; then stopped "artisan $SSM_What:clear did not end within 60 s"; fi
  verify_cleared "$begun" "$status" "$output"
}

# verify_cleared BEGUN STATUS OUTPUT: what should be gone is gone. Exit codes and "cleared!" prove nothing.
verify_cleared() {
  local left=()
  if [[ $SSM_What =~ ^(config|optimize)$ ]]; then add_if_there config; fi
  if [[ $SSM_What =~ ^(route|optimize)$ ]]; then add_if_there routes; fi
  if [[ $SSM_What == optimize ]]; then add_if_there events; fi
  if [[ $SSM_What =~ ^(view|optimize)$ ]]; then add_old_files views 1 "$1"; fi
  if [[ $SSM_What =~ ^(cache|optimize)$ && $APP_CACHE == file ]]; then add_old_files data 2 "$1"; fi
  if ((${#left[@]} > 0)); then fail "artisan $SSM_What:clear ended with $2 and cleared not all: ${left[0]} is still there: $(whose "${left[0]}")"; fi
  if (($2 != 0)) || [[ $3 == *[Ff]ailed* ]]; then fail "artisan $SSM_What:clear ended with $2 and says that it failed"; fi
  say "$SSM_What: cleared, looked after"
}

add_if_there() {
  local path
  path=$(path_of "$1")
  if [[ -n $path ]] && is_there "$path"; then left+=("$path"); fi
}

# add_old_files NAME DEPTH BEGUN: from that depth on, because Laravel's cache clears folders and leaves files beside them.
# What is younger than the clearing was made by somebody else since.
add_old_files() {
  local path old
  path=$(path_of "$1")
  [[ -n $path ]] && is_there "$path" || return 0
  old=$(ask_user 20 find "$path" -mindepth "$2" -type f ! -name '.*' ! -newermt "@$3" -print -quit) || true
  if [[ -n $old ]]; then left+=("$old"); fi
}

# whose PATH: why somebody could not remove it.
whose() {
  local folder=${1%/*}
  ask_user 5 stat -c '%U owns it (mode %a)' -- "$1" 2>/dev/null || printf 'it cannot be looked at'
  ask_user 5 stat -c ', %U owns its folder (mode %a)' -- "$folder" 2>/dev/null || true
}

verify_boot() {
  boot_app || fail "$SSM_What was cleared, and now $APP_WHY; workers and web were not told"
  [[ $APP_CONNECTION == yes ]] ||
    fail "$SSM_What was cleared, and now the application has no database connection configured; workers and web were not told"
}

# Only asked, never cut: this is no restart. Who cannot be asked goes on with what it has.
tell_workers_to_leave() {
  local id late=0
  if ((${#OLD_PID[@]} == 0)); then return 0; fi
  plan_drain
  drain_workers "${SSM_DrainSeconds:?}" || fail "$SSM_What was cleared; $WORK_WHY"
  for id in "${!OLD_PID[@]}"; do
    if [[ -n ${DRAINED[id]:-} ]]; then continue; fi
    say "${SEEN_NAME[id]}[$id]: pid ${OLD_PID[id]} goes on with what it has loaded; restart-workers makes it read anew"
    late=$((late + 1))
    unset "OLD_PID[id]"
  done
  if ((${#OLD_PID[@]} == 0)); then return 0; fi
  watch_workers || fail "$SSM_What was cleared; $WORK_WHY"
  say "${#OLD_PID[@]} processes took it up, $late did not yet"
}

reload_web() {
  reload_fpm "$SSM_DatabasePorts" || fail "$SSM_What was cleared; $FPM_WHY"
  tell_fpm "$SSM_DatabasePorts"
}

# --- health ---

look_at_health() {
  if ! is_healthy "${SSM_HealthCommand:?}"; then HEALTH_BEFORE=failing; fi
}

judge_health() {
  [[ $SSM_HealthCommand != none ]] || return 0
  if is_healthy "$SSM_HealthCommand" || { sleep 2 && is_healthy "$SSM_HealthCommand"; }; then
    say 'health command: healthy'
  elif [[ $HEALTH_BEFORE == failing ]]; then
    say 'health command: fails as it did before'
  else
    fail "$SSM_What was cleared, and the health command fails since; before it was well"
  fi
}

main "$@"
