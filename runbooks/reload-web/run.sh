#!/bin/bash
set -euo pipefail
# Reloads the configured php-fpm gracefully, and looks whether new workers came and the application is healthy.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/fpm.sh
source ../lib/keep-first.sh

main() {
  local before=healthy
  begin
  choose_user "${SSM_User:?}"
  find_fpm "${SSM_FpmUnit:?}" || refuse "$FPM_WHY"
  check_fpm || refuse "$FPM_WHY"
  # A health command that fails already says nothing about the reload.
  is_healthy "${SSM_HealthCommand:?}" || before=failing
  if is_dry_run; then tell_plan "$before"; fi
  keep_first
  reload_fpm "${SSM_DatabasePorts:?}" || fail "$FPM_WHY"
  tell_fpm "$SSM_DatabasePorts"
  judge "$before"
}

tell_plan() {
  say "php-fpm $FPM_UNIT (pid $FPM_PID) would be reloaded: workers $(few "$(fpm_workers)")connections $(connections_of "$FPM_PID" "${SSM_DatabasePorts:?}")"
  tell_health "$1"
  done_well
}

tell_health() {
  if [[ $SSM_HealthCommand == none ]]; then
    say 'no health command is configured (healthCommand), so only the workers were looked at'
  else
    say "health command: $1"
  fi
}

judge() {
  local tries
  for tries in 1 2 3; do
    if is_healthy "$SSM_HealthCommand"; then
      tell_health healthy
      done_well
    fi
    if ((tries < 3)); then sleep 2; fi
  done
  if [[ $1 == failing ]]; then fail 'php-fpm was reloaded, and the health command fails as it did before'; fi
  fail 'php-fpm was reloaded, and the health command fails since; before it was well'
}

main "$@"
