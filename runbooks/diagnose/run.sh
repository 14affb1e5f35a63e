#!/bin/bash
set -euo pipefail
# Who holds the database's connections, how PM2 and the log look, and what of the known causes is there. Changes nothing.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/pm2.sh
source ../lib/orphans.sh
source ../lib/laravel.sh
source ../lib/fpm.sh
source ../lib/sessions.sh
source ../lib/mask.sh
source ../lib/holders.sh
source ../lib/laravel-checks.sh

# This many of the ten lines are kept for findings, if there are so many.
readonly FINDINGS_TOLD=4
readonly LOG_LINES=300 LOG_BYTES=200000
# A statement below and a transaction that young are nobody's trouble.
readonly STATEMENT_SECONDS=2 TRANSACTION_SECONDS=10
# What has just begun may crash the next moment, so it is looked at twice.
readonly YOUNG_SECONDS=15 LOOK_AGAIN_SECONDS=6
# Of the application: processes, php-fpm and the health command. Not known where PM2 gave no answer.
PARTS_UP=0 PARTS_DOWN=0 PARTS_KNOWN=yes
PROBLEMS=() QUERY_LINES=() LOG_LINES_TOLD=() URGENT=() FINDINGS=()
OPEN_FILES=''
declare -A CHECKED=()

main() {
  # There are no processes in this result, so its lines may be longer.
  LINE_CHARS_MAX=195
  begin
  choose_user "${SSM_User:?}"
  if [[ ${SSM_Kind:?} == laravel ]] && ! use_application "${SSM_Directory:?}" "${SSM_Php:?}"; then PROBLEMS+=("Laravel: $APP_WHY"); fi
  HOLDER_PORTS=${SSM_DatabasePorts:?}
  read_sessions
  if command -v ss >/dev/null; then read_unix_sockets; else PROBLEMS+=('this host has no ss (iproute2): unix sockets and other programs are not seen'); fi
  look_at_pm2
  look_at_web
  look_at_health
  add_others
  holder_lines
  look_at_statements
  if [[ -n ${APP_DIR:-} ]]; then check_laravel; fi
  look_at_log
  tell_all
  # shellcheck disable=SC2034 # finish reads it.
  if [[ $PARTS_KNOWN == yes ]]; then printf -v RESULT_MORE ',"app":{"up":%s,"down":%s}' "$PARTS_UP" "$PARTS_DOWN"; fi
  done_well
}

# What is wrong, by what it is seen, and the change to make by hand: urgent where it harms, a finding where it may.
urgent() { URGENT+=("$1"); }
finding() { FINDINGS+=("$1"); }

# --- the database ---

read_sessions() {
  local text status=0 id host command seconds
  if ! choose_login "${SSM_LoginFile:?}" "$SSM_Kind"; then
    PROBLEMS+=("ages are not known: $LOGIN_WHY")
    return 0
  fi
  text=$(database_rows 'SELECT id, host, command, time FROM information_schema.processlist WHERE id <> CONNECTION_ID()') || status=$?
  if ((status != 0)); then
    PROBLEMS+=("ages are not known: $(login_problem "$status")")
    LOGIN=none
    return 0
  fi
  while IFS=$'\t' read -r id host command seconds; do
    if [[ $id =~ ^[0-9]{1,19}$ ]]; then add_session "$host" "$command" "$seconds"; fi
  done < <(feed "$text")
  check_limits
}

check_limits() {
  local text max wait_seconds per_user files
  text=$(database_rows 'SELECT @@global.max_connections, @@global.wait_timeout, @@max_user_connections, @@global.open_files_limit') || return 0
  IFS=$'\t' read -r max wait_seconds per_user files < <(feed "$text")
  read_number "$files" 9999999999 || return 0
  OPEN_FILES=$NUMBER
  read_number "$max" 9999999999 || return 0
  MAX_CONNECTIONS=$NUMBER
  if read_number "$wait_seconds" 9999999999 && ((NUMBER > 3600)); then
    finding "wait_timeout is $NUMBER s, so a forgotten session stays for hours: SET GLOBAL wait_timeout = 600 (new sessions only), and in my.cnf"
  fi
  check_user_limit "$per_user"
  check_max_connections
}

# @@max_user_connections is the limit of whoever asks; with an administrative login the users' own are looked up.
check_user_limit() {
  local text limit=$1
  if [[ $LOGIN == file && ${SSM_DatabaseUsers:?} != none ]]; then
    text=$(database_rows "SELECT user, max_user_connections FROM mysql.user WHERE user IN ('${SSM_DatabaseUsers//,/\',\'}')") || return 0
    limit=1
    while IFS=$'\t' read -r _ limit; do if [[ $limit == 0 ]]; then break; fi; done < <(feed "$text")
  fi
  if [[ $limit == 0 ]]; then
    finding "the application's database user has no limit: ALTER USER ... WITH MAX_USER_CONNECTIONS $((MAX_CONNECTIONS * 2 / 3)) leaves room for whoever repairs"
  fi
}

# Raised while the server runs it is taken without a look at memory or open files, and it is gone after a restart.
check_max_connections() {
  local origin used
  origin=$(database_rows "SELECT global_value_origin FROM information_schema.system_variables WHERE variable_name = 'max_connections'" ||
    database_rows "SELECT variable_source FROM performance_schema.variables_info WHERE variable_name = 'max_connections'") || origin=
  used=$(database_rows "SHOW GLOBAL STATUS LIKE 'Max_used_connections'") || used=
  read_number "${used##*[!0-9]}" 9999999999 || true
  if [[ $origin == SQL || $origin == DYNAMIC ]]; then
    urgent "max_connections $MAX_CONNECTIONS was set while the server runs: no guard looked at memory or open files ($OPEN_FILES), and a restart forgets it; put it into my.cnf"
  elif ((OPEN_FILES < MAX_CONNECTIONS + 100)); then
    urgent "max_connections $MAX_CONNECTIONS has too few open files (open_files_limit $OPEN_FILES): raise that first, in my.cnf and the service"
  elif ((NUMBER > 0 && NUMBER * 10 >= MAX_CONNECTIONS * 9)); then
    finding "$NUMBER of $MAX_CONNECTIONS connections were used at most: mend the leak first; max_connections raised while it runs has no guard (memory, open files $OPEN_FILES)"
  fi
}

look_at_statements() {
  local text id host seconds changed statement count=0 oldest=0 ids='' rows=0
  [[ $LOGIN != none ]] || return 0
  text=$(database_rows "SELECT id, host, time, REPLACE(REPLACE(REPLACE(LEFT(info, 400), CHAR(10), ' '), CHAR(13), ' '), CHAR(9), ' ') FROM information_schema.processlist WHERE command IN ('Query', 'Execute') AND time >= $STATEMENT_SECONDS AND id <> CONNECTION_ID() AND info IS NOT NULL AND user NOT IN ('system user', 'event_scheduler', 'rdsadmin') ORDER BY time DESC LIMIT 3") || text=
  while IFS=$'\t' read -r id host seconds statement; do
    if ! [[ $id =~ ^[0-9]{1,19}$ ]] || ! read_number "$seconds" 999999999; then continue; fi
    QUERY_LINES+=("a statement runs for $NUMBER s (session $id, $(whose_session "$host")): $(mask_statements < <(feed "$statement"))")
  done < <(feed "$text")
  text=$(database_rows "SELECT t.trx_mysql_thread_id, p.host, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), t.trx_rows_modified FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.command = 'Sleep' AND t.trx_started < NOW() - INTERVAL $TRANSACTION_SECONDS SECOND ORDER BY t.trx_started LIMIT 50") || {
    note 'idle transactions are not known: that login may not see them (PROCESS)'
    return 0
  }
  while IFS=$'\t' read -r id host seconds changed; do
    if ! [[ $id =~ ^[0-9]{1,19}$ ]] || ! read_number "$changed" 999999999999; then continue; fi
    count=$((count + 1)) rows=$((rows + NUMBER))
    if ((count == 1)) && read_number "$seconds" 999999999; then oldest=$NUMBER; fi
    if ((count < 4)); then ids+="${ids:+, }$id ($(whose_session "$host"))"; fi
  done < <(feed "$text")
  if ((count > 0)); then QUERY_LINES+=("$count sessions sleep inside a transaction, the oldest for $oldest s, $rows rows changed: $ids"); fi
}

whose_session() {
  local end=none
  if [[ $1 =~ ^[A-Za-z0-9._:-]{1,255}:[0-9]{1,5}$ ]]; then client_end "$1" && end=$END; fi
  if [[ $1 == localhost ]]; then printf 'a unix socket'; else printf '%s' "${OWNER[$end]:-not on this host}"; fi
}

# --- PM2 and php-fpm ---

look_at_pm2() {
  local id status=0
  find_pm2 "${SSM_Pm2Home:?}" "${SSM_Pm2Cli:?}" || status=$?
  if ((status != 0)); then
    PROBLEMS+=("PM2: $PM2_WHY")
    add_orphans
    if ((status != 2)); then count_orphans; else PARTS_KNOWN=no; fi
    return 0
  fi
  add_orphans
  if ! pm2_list "${SSM_Processes:?}"; then
    PROBLEMS+=("PM2: $PM2_WHY")
    PARTS_KNOWN=no
    return 0
  fi
  count_processes
  if [[ -n $SHARED_NAME ]]; then PROBLEMS+=("PM2 has $SHARED_NAME in several namespaces, perhaps of several applications: rename one"); fi
  if ((${#ROW_NAME[@]} == 0)); then PROBLEMS+=("PM2 has no process named ${SSM_Processes//,/ or }; it has: ${OTHER_NAMES:-none}"); fi
  for id in "${!ROW_NAME[@]}"; do
    add_holder "${ROW_NAME[id]}" "${ROW_PID[id]}"
    check_process "$id"
  done
  check_file
}

# A daemon that is gone keeps nothing running; its orphans go on until they crash.
count_orphans() {
  local name at alive
  for name in ${SSM_Processes//,/ }; do
    alive=no
    for at in "${!ORPHAN_NAME[@]}"; do if [[ ${ORPHAN_NAME[at]} == "$name" ]]; then alive=yes; fi; done
    if [[ $alive == yes ]]; then PARTS_UP=$((PARTS_UP + 1)); else PARTS_DOWN=$((PARTS_DOWN + 1)); fi
  done
  if ((PARTS_DOWN == 0)); then PARTS_DOWN=1; fi
}

# Who stopped a process had a reason, so it counts only where nothing else is left.
count_processes() {
  local id stopped=0 before=()
  if is_any_unsettled; then
    for id in "${!ROW_PID[@]}"; do before[id]=${ROW_PID[id]}:${ROW_RESTARTS[id]}; done
    sleep "$LOOK_AGAIN_SECONDS"
    if ! pm2_list "$SSM_Processes"; then
      PARTS_KNOWN=no
      return 0
    fi
  fi
  for id in "${!ROW_STATE[@]}"; do
    if [[ ${ROW_STATE[id]} == stopped ]]; then
      stopped=$((stopped + 1))
    elif [[ ${ROW_STATE[id]} == online && ${before[id]:-${ROW_PID[id]}:${ROW_RESTARTS[id]}} == "${ROW_PID[id]}:${ROW_RESTARTS[id]}" ]]; then
      PARTS_UP=$((PARTS_UP + 1))
    else
      PARTS_DOWN=$((PARTS_DOWN + 1))
    fi
  done
  if ((PARTS_UP + PARTS_DOWN == 0)); then PARTS_DOWN=$((stopped > 0 ? stopped : 1)); fi
}

is_any_unsettled() {
  local id
  for id in "${!ROW_STATE[@]}"; do
    if [[ ${ROW_STATE[id]} == stopped ]]; then continue; fi
    if [[ ${ROW_STATE[id]} != online ]] || ((ROW_UP[id] < YOUNG_SECONDS)); then return 0; fi
  done
  return 1
}

add_orphans() {
  local at
  find_orphans "${SSM_Pm2Home:?}"
  for at in "${!ORPHAN_PID[@]}"; do add_holder "orphan ${ORPHAN_NAME[at]}" "${ORPHAN_PID[at]}"; done
}

look_at_web() {
  local pid
  [[ ${SSM_PhpFpmUnit:?} != none ]] || return 0
  if ! find_fpm "$SSM_PhpFpmUnit"; then
    PROBLEMS+=("$FPM_WHY")
    if [[ $FPM_WHY == *' does not run' ]]; then PARTS_DOWN=$((PARTS_DOWN + 1)); else PARTS_KNOWN=no; fi
    return 0
  fi
  PARTS_UP=$((PARTS_UP + 1))
  for pid in $(fpm_workers); do
    if first_word "$pid" && [[ $FIRST_WORD =~ ^php-fpm:\ pool\ ([A-Za-z0-9_.-]{1,40}) ]]; then add_holder "php-fpm pool ${BASH_REMATCH[1]}" "$pid"; fi
  done
}

look_at_health() {
  [[ ${SSM_HealthCommand:?} != none ]] || return 0
  if is_healthy "$SSM_HealthCommand"; then
    PARTS_UP=$((PARTS_UP + 1))
  else
    PARTS_DOWN=$((PARTS_DOWN + 1))
    urgent 'the health command fails'
  fi
}

check_process() {
  local id=$1 words name=${ROW_NAME[$1]}
  if [[ ${ROW_STATE[id]} != online ]]; then
    urgent "${name}[$id]: PM2 calls it ${ROW_STATE[id]}, ${ROW_RESTARTS[id]} restarts: its log says why, then pm2 restart"
    return 0
  fi
  if ((ROW_RESTARTS[id] > 5 && ROW_UP[id] < 30)); then
    urgent "${name}[$id]: ${ROW_RESTARTS[id]} restarts, up ${ROW_UP[id]} s: perhaps a crash loop, PM2 says online all the same; look twice"
  fi
  if [[ -n ${CHECKED[$name]:-} ]]; then return 0; fi
  CHECKED[$name]=yes
  if [[ ${ROW_WATCH[id]} == yes ]]; then
    urgent "$name runs with PM2's watch: every changed file, a log too, restarts it and cuts its job; watch: false, then pm2 delete and start"
  fi
  words=$(command_line "${ROW_PID[id]}")
  check_age "$id"
  if [[ $words == *' queue:work '* ]]; then check_queue_worker "$id" "$words"; fi
}

# A process knows the .env that was there when it began.
check_age() {
  local changed began
  read_number "$(date +%s)" 99999999999 || return 0
  began=$((NUMBER - ROW_UP[$1]))
  read_number "$(ask_user 5 stat -c %Y -- "$SSM_Directory/.env" 2>/dev/null)" 99999999999 || return 0
  changed=$NUMBER
  if ((changed > began + 1)); then
    finding "${ROW_NAME[$1]} began $((changed - began)) s before .env was changed and runs with the old one: restart-workers"
  fi
}

check_queue_worker() {
  local id=$1 words=$2 name=${ROW_NAME[$1]} seconds=60 told=', its default'
  note_worker "$name" "${ROW_PID[id]}" "$words"
  if [[ $words != *--max-time=* && $words != *--max-jobs=* ]]; then
    urgent "$name runs without --max-time: add --max-time=3600 to args, then pm2 delete and start (an exit within 1 s counts as unstable)"
  elif [[ $words =~ --max-jobs=([1-9]|10)\  ]]; then
    urgent "$name runs with --max-jobs=${BASH_REMATCH[1]}: 16 ends within 1 s of the start stop it for good; use 100 or more"
  fi
  if [[ $words =~ --timeout=([0-9]+)\  ]] && read_number "${BASH_REMATCH[1]}" 99999; then seconds=$NUMBER told=; fi
  if ((ROW_KILL_MS[id] < seconds * 1000)); then
    finding "$name: kill_timeout ${ROW_KILL_MS[id]} ms is below --timeout=$seconds$told: kill_timeout: $(((seconds + 5) * 1000)); pm2 restart cuts jobs all the same (its SIGINT ends PHP), restart-workers does not"
  fi
}

check_file() {
  local name
  [[ ${SSM_EcosystemFile:?} != none ]] || return 0
  if ! read_ecosystem "$SSM_EcosystemFile" "$SSM_Processes"; then
    urgent "$FILE_WHY"
    return 0
  fi
  for name in "${!FILE_ARGS[@]}"; do
    if [[ -n ${RUN_ARGS[$name]:-} && ${RUN_ARGS[$name]} != "${FILE_ARGS[$name]}" ]]; then
      urgent "$name runs with other arguments than the ecosystem file has: pm2 restart never reads it; restart-workers with Reload=yes does"
    fi
    if [[ -n ${RUN_COUNT[$name]:-} && ${RUN_COUNT[$name]} != "${FILE_COUNT[$name]}" ]]; then
      finding "$name: the ecosystem file wants ${FILE_COUNT[$name]} instances, ${RUN_COUNT[$name]} run: pm2 delete and start"
    fi
  done
}

# --- the log ---

# The newest log of Laravel, else of a process's errors; kinds of errors with their count, and the last lines, masked.
look_at_log() {
  local log text kinds line begins='^\[[0-9]'
  if [[ -n ${APP_DIR:-} ]]; then
    log=$(newest_log "$APP_DIR/storage/logs" 'laravel*.log')
  else
    begins='^[A-Za-z0-9]' log=$(newest_log "$SSM_Pm2Home/logs" "${SSM_Processes%%,*}-error*.log")
  fi
  [[ -n $log ]] || return 0
  text=$(as_user 10 tail -c "$LOG_BYTES" -- "$log" 2>/dev/null | bounded "$LOG_BYTES" 10 | tail -n "$LOG_LINES" | tr -d '\0') || return 0
  kinds=$(printf '%s\n' "$text" |
    { grep -aoE 'SQLSTATE\[[A-Z0-9]{5}\]( \[[0-9]{1,5}\])?|[A-Z][A-Za-z]{1,30}(\\[A-Z][A-Za-z]{1,30}){0,4}(Exception|Error)\b' || true; } |
    sort | uniq -c | sort -rn | head -n 4 | awk '{ count = $1; sub(/^ *[0-9]+ /, ""); printf "%s%s x %s", sep, count, $0; sep = ", " }')
  while IFS= read -r line; do LOG_LINES_TOLD=("${log##*/}: $line" ${LOG_LINES_TOLD[@]+"${LOG_LINES_TOLD[@]}"}); done < <(
    printf '%s\n' "$text" | { grep -aE "$begins" || true; } | tail -n 5 | mask_log | { grep -v '^[*]$' || true; }
  )
  if [[ -n $kinds ]]; then LOG_LINES_TOLD=("last $LOG_LINES lines of ${log##*/}: $kinds" ${LOG_LINES_TOLD[@]+"${LOG_LINES_TOLD[@]}"}); fi
}

newest_log() {
  ask_user 5 find "$1/" -maxdepth 1 -type f -name "$2" -printf '%T@ %p\n' 2>/dev/null |
    sort -rn | sed -nE '1s/^[0-9.]+ (\/[A-Za-z0-9_@.+:\/-]{1,300})$/\1/p' || true
}

# --- telling ---

# tell MOST TEXTS...: as lines of the result while it has fewer than MOST; the others are in the details.
tell() {
  local most=$1 text
  shift
  for text in "$@"; do
    if ((${#RESULT_LINES[@]} < most)); then say "$text"; else note "$text"; fi
  done
}

tell_all() {
  local all=(${URGENT[@]+"${URGENT[@]}"} ${FINDINGS[@]+"${FINDINGS[@]}"}) kept room
  kept=$((${#all[@]} < FINDINGS_TOLD ? ${#all[@]} : FINDINGS_TOLD))
  tell 3 ${PROBLEMS[@]+"${PROBLEMS[@]}"}
  tell $((LINES_MAX - kept)) ${HOLDER_LINES[@]+"${HOLDER_LINES[@]}"} ${QUERY_LINES[@]+"${QUERY_LINES[@]}"} \
    ${LOG_LINES_TOLD[@]+"${LOG_LINES_TOLD[@]}"}
  room=$((LINES_MAX - ${#RESULT_LINES[@]}))
  if ((${#all[@]} > room)); then
    tell $((LINES_MAX - 1)) "${all[@]}"
    say "$((${#all[@]} - room + 1)) more findings are in the details on this host"
  else
    tell "$LINES_MAX" ${all[@]+"${all[@]}"}
  fi
}

main "$@"
