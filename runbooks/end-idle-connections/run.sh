#!/bin/bash
set -euo pipefail
# Ends database sessions of the application that sleep for too long. Each is looked at again just before: the same
# number, user and client, asleep for longer still.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/laravel.sh
source ../lib/sessions.sh
source ../lib/keep-first.sh

# Kept for the last look.
readonly KEEP_SECONDS=25
WHOSE='' KILL=KILL WAY_SAYS=''
IDS=() USERS=() HOSTS=() AGES=()
ENDED_IDS=()
WOKEN=0 DENIED='' CONNECTED=''

main() {
  begin
  choose_user "${SSM_User:?}"
  if [[ ${SSM_Kind:?} == laravel ]] && ! use_application "${SSM_Directory:?}" "${SSM_Php:?}"; then refuse "$APP_WHY"; fi
  choose_login "${SSM_LoginFile:?}" "$SSM_Kind" || refuse "$LOGIN_WHY"
  choose_whose
  choose_way
  say "with $LOGIN_SAYS$WAY_SAYS"
  find_sessions
  if ((${#IDS[@]} == 0)); then nothing_to_do "no session of the application sleeps for more than ${SSM_IdleSeconds:?} s"; fi
  if is_dry_run; then tell_plan; fi
  keep_first
  CONNECTED=$(connected)
  end_sessions
  look_after
}

# Never another user's sessions: an administrative login could end anybody's, the server's own too.
choose_whose() {
  WHOSE="user = LEFT(USER(), CHAR_LENGTH(USER()) - LOCATE('@', REVERSE(USER())))"
  [[ $LOGIN == file ]] || return 0
  [[ ${SSM_DatabaseUsers:?} != none ]] ||
    refuse 'the configuration names no database users of the application (databaseUsers), and an administrative login ends anybody'
  WHOSE="user IN ('${SSM_DatabaseUsers//,/\',\'}')"
  # To take back much work takes long, and the session stays meanwhile.
  WHOSE+=' AND id NOT IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_rows_modified > 1000)'
}

# On Amazon RDS no login may KILL others' sessions; its procedure does. It shows itself only to who may call it.
choose_way() {
  local status=0 text
  [[ $LOGIN == file ]] || return 0
  text=$(database_rows "SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = 'mysql' AND routine_name = 'rds_kill'") || status=$?
  if ((status == 0)) && [[ $text == 1 ]]; then KILL='CALL mysql.rds_kill' WAY_SAYS=', by mysql.rds_kill'; fi
}

# kill_statement ID
kill_statement() {
  if [[ $KILL == KILL ]]; then printf 'KILL %s' "$1"; else printf '%s(%s)' "$KILL" "$1"; fi
}

find_sessions() {
  local text status=0 id user host seconds
  text=$(database_rows "SELECT id, user, host, time FROM information_schema.processlist WHERE command = 'Sleep' AND time > $SSM_IdleSeconds AND id <> CONNECTION_ID() AND $WHOSE ORDER BY time DESC LIMIT ${SSM_AtMost:?}") || status=$?
  if ((status == 4)); then
    refuse "$(login_problem 4); an option file with an administrative login or the server's extra port gets in (databaseLoginFile)"
  fi
  if ((status != 0)); then refuse "$(login_problem "$status")"; fi
  while IFS=$'\t' read -r id user host seconds; do
    # Written by the server, and part of a query again: nothing of it is used before it has matched.
    # The server takes "App" for "app" here, and they are two users.
    if [[ $LOGIN == file && ,$SSM_DatabaseUsers, != *",$user,"* ]]; then continue; fi
    [[ $id =~ ^[1-9][0-9]{0,18}$ && $user =~ ^[A-Za-z0-9_.@-]{1,80}$ && $host =~ ^[A-Za-z0-9.:_-]{1,255}$ ]] || continue
    read_number "$seconds" 999999999 || continue
    IDS+=("$id") USERS+=("$user") HOSTS+=("$host") AGES+=("$NUMBER")
  done < <(feed "$text")
}

tell_plan() {
  local at seen=''
  for at in "${!IDS[@]}"; do
    if [[ " $seen " != *" ${HOSTS[at]%:*} "* ]]; then seen+=" ${HOSTS[at]%:*}"; fi
  done
  say "${#IDS[@]} sessions would be ended (at most $SSM_AtMost), the longest asleep for ${AGES[0]} s, from$seen"
  done_well
}

connected() {
  local row
  row=$(database_rows "SHOW GLOBAL STATUS LIKE 'Threads_connected'") || row=
  [[ $row =~ ([0-9]{1,9})$ ]] && printf '%s' "${BASH_REMATCH[1]}" || printf '?'
}

end_sessions() {
  local at text status
  for at in "${!IDS[@]}"; do
    seconds_left "$KEEP_SECONDS"
    if ((SECONDS_LEFT == 0)); then
      say "$((${#IDS[@]} - at)) sessions were left for want of time; run it again"
      return 0
    fi
    status=0
    text=$(database_rows "SELECT id FROM information_schema.processlist WHERE id = ${IDS[at]} AND user = '${USERS[at]}' AND host = '${HOSTS[at]}' AND command = 'Sleep' AND time >= ${AGES[at]}" "$(kill_statement "${IDS[at]}")") || status=$?
    case $status in
      0) if [[ $text == "${IDS[at]}" ]]; then ENDED_IDS+=("${IDS[at]}"); else WOKEN=$((WOKEN + 1)); fi ;;
      8) WOKEN=$((WOKEN + 1)) ;;
      *)
        DENIED=$(login_problem "$status")
        return 0
        ;;
    esac
  done
}

look_after() {
  local left list
  if ((${#ENDED_IDS[@]} == 0)); then
    if [[ -n $DENIED ]]; then refuse "$DENIED"; fi
    nothing_to_do "all $WOKEN sessions woke up or left by themselves before they were ended"
  fi
  list=$(printf ',%s' "${ENDED_IDS[@]}")
  left=$(database_rows "SELECT COUNT(*) FROM information_schema.processlist WHERE id IN (${list:1})") || left=
  say "${#ENDED_IDS[@]} sessions were ended, the longest had slept for ${AGES[0]} s; $WOKEN woke up or left by themselves"
  say "connections $CONNECTED -> $(connected)"
  if [[ -n $DENIED ]]; then fail "then it stopped: $DENIED"; fi
  read_number "$left" 999999 || fail 'whether they are gone was not to be seen'
  if ((NUMBER > 0)); then fail "$NUMBER of them are still there, perhaps taking back what they had begun"; fi
  done_well
}

main "$@"
