#!/bin/bash
set -euo pipefail
# Who holds the database's connections, how PM2 and the log look, and what of the known causes is there. Changes nothing.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/pm2.sh
source ../lib/laravel.sh
source ../lib/fpm.sh
source ../lib/sessions.sh

# A worker's own connection is used again and again; one that only ages was forgotten.
readonly IDLE_SECONDS=20 LOG_LINES=300 LOG_BYTES=200000
FINDINGS=()
# By "address:port" of this host's end: how long the session sleeps. By name: sums.
declare -A AGE=() HOLDS=() IDLE=() LONGEST=() PIDS=() FACT=()
SESSIONS=0 MATCHED=0 MAX_CONNECTIONS=''

main() {
  begin
  choose_user "${SSM_User:?}"
  if [[ ${SSM_Kind:?} == laravel ]] && ! use_application "${SSM_Directory:?}" "${SSM_Php:?}"; then say "Laravel: $LARAVEL_PROBLEM"; fi
  read_sessions
  look_at_pm2
  look_at_web
  tell_holders
  if [[ -n ${APP_DIRECTORY:-} ]]; then
    look_at_log
    check_laravel
  fi
  tell_findings
  done_well
}

# finding TEXT: what is wrong, by what it is seen, and the change to make by hand.
finding() { FINDINGS+=("$1"); }

read_sessions() {
  local text status=0 id host command seconds row='^[0-9]+$'
  if ! choose_login "${SSM_LoginFile:?}" "$SSM_Kind"; then
    say "ages are not known: $LOGIN_PROBLEM"
    return 0
  fi
  text=$(database_rows 'SELECT id, host, command, time FROM information_schema.processlist') || status=$?
  if ((status != 0)); then
    say "ages are not known: $(login_problem "$status")"
    return 0
  fi
  while IFS=$'\t' read -r id host command seconds; do
    [[ $id =~ $row && $seconds =~ $row && $host =~ ^[A-Za-z0-9.:_-]{1,120}$ ]] || continue
    SESSIONS=$((SESSIONS + 1)) host=${host/#localhost:/127.0.0.1:}
    if [[ $command == Sleep ]]; then AGE[$host]=$seconds; else AGE[$host]=0; fi
  done < <(printf '%s\n' "$text")
  read_limits
}

read_limits() {
  local text wait_seconds per_user
  text=$(database_rows 'SELECT @@max_connections, @@wait_timeout, @@max_user_connections') || return 0
  IFS=$'\t' read -r MAX_CONNECTIONS wait_seconds per_user < <(printf '%s\n' "$text")
  [[ $MAX_CONNECTIONS =~ ^[0-9]{1,9}$ && $wait_seconds =~ ^[0-9]{1,9}$ && $per_user =~ ^[0-9]{1,9}$ ]] || return 0
  if ((wait_seconds > 3600)); then
    finding "wait_timeout is $wait_seconds s, so a forgotten session stays for hours: SET GLOBAL wait_timeout = 600, and in my.cnf"
  fi
  if ((per_user == 0)); then
    finding 'no limit per user: ALTER USER ... WITH MAX_USER_CONNECTIONS below max_connections lets the monitor in at least'
  fi
}

look_at_pm2() {
  local problem id
  problem=$(pm2_problem 7>&1 >/dev/null) || true
  if [[ -n $problem ]]; then
    say "PM2: $problem"
    name_orphans "${SSM_Pm2Home:?}"
    add_orphans
    return 0
  fi
  find_daemon "$SSM_Pm2Home"
  find_pm2 "${SSM_Pm2Cli:?}"
  name_orphans "$SSM_Pm2Home"
  add_orphans
  if ! pm2_list "${SSM_Processes:?}"; then
    say 'PM2: its daemon gave no list'
    return 0
  fi
  if ((${#ROW_NAME[@]} == 0)); then say "PM2 has no process named ${SSM_Processes//,/ or }; it has: ${OTHER_NAMES:-none}"; fi
  for id in "${!ROW_NAME[@]}"; do
    add_holder "${ROW_NAME[id]}" "${ROW_PID[id]}"
    check_process "$id"
  done
  check_file
}

# pm2_problem: what would end the script otherwise, on descriptor 7.
pm2_problem() (
  # shellcheck disable=SC2317,SC2329 # The library calls them.
  fail() { printf '%s' "$1" >&7; exit 1; }
  # shellcheck disable=SC2317,SC2329
  refuse() { printf '%s' "$1" >&7; exit 1; }
  # shellcheck disable=SC2317,SC2329
  say() { :; }
  find_daemon "$SSM_Pm2Home"
  find_pm2 "$SSM_Pm2Cli"
)

add_orphans() {
  local at
  for at in "${!ORPHAN_PID[@]}"; do add_holder "orphan ${ORPHAN_NAME[at]}" "${ORPHAN_PID[at]}"; done
}

# add_holder NAME PID: its connections, and how long the sessions behind them sleep.
add_holder() {
  local count=0 end age
  if ((${2:-0} == 0)); then return 0; fi
  while IFS= read -r end; do
    count=$((count + 1))
    age=${AGE[$end]:-}
    if [[ -z $age ]]; then continue; fi
    MATCHED=$((MATCHED + 1))
    if ((age > IDLE_SECONDS)); then IDLE[$1]=$((${IDLE[$1]:-0} + 1)); fi
    if ((age > ${LONGEST[$1]:-0})); then LONGEST[$1]=$age; fi
  done < <(local_ends "$2")
  HOLDS[$1]=$((${HOLDS[$1]:-0} + count)) PIDS[$1]+=" $2:$count"
}

# local_ends PID: "address:port" of this host's end of each connection to one of the database's ports. Two hex digits
# of an address are one of its numbers, the last first; IPv4 within IPv6 is the end of it.
local_ends() {
  local pid folders=()
  for pid in $(with_children "$1" 0); do folders+=("/proc/$pid/fd"); done
  {
    outside 5 find "${folders[@]}" -lname 'socket:*' -printf 's %l\n' 2>/dev/null || true
    outside 5 cat -- "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null || true
  } | awk -v ports="${SSM_DatabasePorts:?}" '
    function number(hex,   at, sum) { for (at = 1; at <= length(hex); at++) sum = sum * 16 + index("0123456789ABCDEF", substr(hex, at, 1)) - 1; return sum + 0 }
    BEGIN { count = split(ports, list, ","); for (i = 1; i <= count; i++) wanted[sprintf("%04X", list[i])] = 1 }
    $1 == "s" { gsub(/[^0-9]/, "", $2); own[$2] = 1; next }
    $4 == "01" { split($3, peer, ":"); split($2, self, ":"); if (peer[2] in wanted && $10 in own) {
      hex = substr(self[1], length(self[1]) - 7)
      print number(substr(hex, 7, 2)) "." number(substr(hex, 5, 2)) "." number(substr(hex, 3, 2)) "." number(substr(hex, 1, 2)) ":" number(self[2]) } }'
}

look_at_web() {
  local pid
  [[ ${SSM_PhpFpmUnit:?} != none ]] || return 0
  if ! find_fpm "$SSM_PhpFpmUnit"; then
    say "$FPM_PROBLEM"
    return 0
  fi
  HOLDS["php-fpm $FPM_UNIT"]=0
  for pid in $(fpm_workers); do add_holder "php-fpm $FPM_UNIT" "$pid"; done
}

tell_holders() {
  local name count here=0 sockets
  while IFS=$'\t' read -r count name; do
    here=$((here + count))
    say "$name holds $count${MAX_CONNECTIONS:+ of $MAX_CONNECTIONS} connections${AGE[*]:+, ${IDLE[$name]:-0} idle > $IDLE_SECONDS s (longest ${LONGEST[$name]:-0} s)}, pids${PIDS[$name]:- none}"
  done < <(for name in "${!HOLDS[@]}"; do printf '%s\t%s\n' "${HOLDS[$name]}" "$name"; done | sort -rn | head -n 5)
  if ((SESSIONS > MATCHED)); then
    say "$((SESSIONS - MATCHED)) of $SESSIONS sessions seen are of no process above: another host or program, a proxy, or just closed"
  fi
  sockets=$(outside 5 ss -xHn state established 2>/dev/null | grep -cE '/(mysqld?|mariadb)[^ ]*\.sock') || true
  if [[ $sockets =~ ^[1-9][0-9]*$ ]]; then say "$sockets sessions come through the unix socket of a database on this host; whose they are is not known"; fi
}

check_process() {
  local id=$1 words name=${ROW_NAME[$1]} seconds
  if [[ ${ROW_STATE[id]} != online ]]; then
    say "${name}[$id]: PM2 calls it ${ROW_STATE[id]}, ${ROW_RESTARTS[id]} restarts"
    return 0
  fi
  if ((ROW_RESTARTS[id] > 5 && ROW_UP[id] < 30)); then
    finding "${name}[$id]: ${ROW_RESTARTS[id]} restarts, up ${ROW_UP[id]} s: perhaps a crash loop, PM2 says online all the same; look twice"
  fi
  words=$(command_line "${ROW_PID[id]}")
  [[ $words == *' queue:work '* && -z ${CHECKED[$name]:-} ]] || return 0
  CHECKED[$name]=yes
  if [[ $words != *--max-time=* && $words != *--max-jobs=* ]]; then
    finding "$name runs without --max-time: add --max-time=3600 to args, then delete and start (an exit within 1 s counts as unstable)"
  elif [[ $words =~ --max-jobs=([1-9]|10)\  ]]; then
    finding "$name runs with --max-jobs=${BASH_REMATCH[1]}: 16 ends within 1 s of the start stop it for good; use 100 or more"
  fi
  if [[ $words =~ --timeout=([0-9]{1,5})\  ]]; then
    seconds=${BASH_REMATCH[1]}
    if ((ROW_KILL_MS[id] < seconds * 1000)); then
      finding "$name: kill_timeout ${ROW_KILL_MS[id]} ms is below --timeout=$seconds: a restart cuts jobs; kill_timeout: $(((seconds + 5) * 1000))"
    fi
  fi
}
declare -A CHECKED=()

check_file() {
  local name
  [[ ${SSM_EcosystemFile:?} != none ]] || return 0
  if ! read_ecosystem "$SSM_EcosystemFile" "$SSM_Processes"; then
    finding "$ECOSYSTEM_PROBLEM"
    return 0
  fi
  for name in "${!FILE_ARGUMENTS[@]}"; do
    if [[ -n ${RUNNING_ARGUMENTS[$name]:-} && ${RUNNING_ARGUMENTS[$name]} != "${FILE_ARGUMENTS[$name]}" ]]; then
      finding "$name runs with other arguments than the ecosystem file has: pm2 restart never reads it; startOrRestart does"
    fi
  done
}

# Only what has the shape of an error's name is told: no pattern masks every secret in a line.
look_at_log() {
  local kinds
  kinds=$(as_user 10 tail -c "$LOG_BYTES" -- "$APP_DIRECTORY/storage/logs/laravel.log" 2>/dev/null | tail -n "$LOG_LINES" |
    grep -aoE 'SQLSTATE\[[A-Z0-9]{5}\]( \[[0-9]{1,5}\])?|[A-Z][A-Za-z]{1,30}(\\[A-Z][A-Za-z]{1,30}){0,4}(Exception|Error)\b' |
    sort | uniq -c | sort -rn | head -n 4 | awk '{ count = $1; sub(/^ *[0-9]+ /, ""); printf "%s%s x %s", sep, count, $0; sep = ", " }') || kinds=
  if [[ -n $kinds ]]; then say "last $LOG_LINES lines of laravel.log: $kinds"; fi
}

# shellcheck disable=SC2016 # PHP expands it.
readonly FACTS_PROGRAM='
require "vendor/autoload.php";
$app = require "bootstrap/app.php";
$app->make("Illuminate\Contracts\Console\Kernel")->bootstrap();
$config = $app->make("config");
$queue = (string) $config->get("queue.default");
$store = (string) $config->get("cache.default");
$database = (array) $config->get("database.connections." . $config->get("database.default"));
$options = (array) ($database["options"] ?? []);
$facts = ["queue" => $config->get("queue.connections.$queue.driver"), "cache" => $config->get("cache.stores.$store.driver"),
  "pool" => isset($database["pool"]) ? "yes" : "no", "persistent" => empty($options[PDO::ATTR_PERSISTENT]) ? "no" : "yes",
  "timeout" => isset($options[PDO::ATTR_TIMEOUT]) ? (int) $options[PDO::ATTR_TIMEOUT] : "none"];
foreach ($facts as $name => $value) { echo "\nrunbell fact $name $value\n"; }
'

# shellcheck disable=SC2016 # The inner shell expands it.
readonly DESTRUCT_PROGRAM='grep -rlZE --include="*.php" "function +__destruct" "$1" | xargs -0r grep -lE "disconnect *\(" --'

check_laravel() {
  local text line cached=$APP_DIRECTORY/bootstrap/cache/config.php file
  text=$(php_there 20 -r "$FACTS_PROGRAM" 2>/dev/null | head -c 65536) || finding 'the application does not boot: php artisan about, or any artisan command, says why'
  while IFS= read -r line; do
    if [[ $line =~ ^runbell\ fact\ ([a-z]{1,20})\ ([a-z0-9_-]{1,40})$ ]]; then FACT[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}; fi
  done < <(printf '%s\n' "$text")
  if [[ ${FACT[queue]:-} == sync ]]; then finding 'the default queue is sync: jobs run within web requests; set QUEUE_CONNECTION in .env'; fi
  if [[ ${FACT[cache]:-} =~ ^(array|database)$ ]]; then
    finding "the cache is ${FACT[cache]}: queue:restart reaches nobody, or fails at 1040; use file or redis (CACHE_DRIVER)"
  fi
  if [[ ${FACT[pool]:-} == yes ]]; then finding 'config/database.php has the key pool, which Laravel does not know: it limits nothing; remove it'; fi
  if [[ ${FACT[persistent]:-} == yes ]]; then finding 'PDO::ATTR_PERSISTENT is on: every process keeps its connections for good; remove it'; fi
  if [[ ${FACT[timeout]:-} == none ]]; then finding 'PDO has no timeout: options => [PDO::ATTR_TIMEOUT => 5] ends a login that hangs'; fi
  if [[ -e $cached && $APP_DIRECTORY/.env -nt $cached ]]; then
    finding 'the cached configuration is older than .env: php artisan config:clear, then restart the workers, in this order'
  fi
  while IFS= read -r file; do
    finding "${file#"$APP_DIRECTORY/"}: __destruct disconnects, also while dispatching: a transaction is lost; use finally in handle()"
  done < <(as_user 10 sh -c "$DESTRUCT_PROGRAM" sh "$APP_DIRECTORY/app" 2>/dev/null | grep -E '^[A-Za-z0-9_@.+/-]{1,300}$' | head -n 3)
}

tell_findings() {
  local text room at=0
  for text in ${FINDINGS[@]+"${FINDINGS[@]}"}; do
    room=$((LINES_MAX - ${#RESULT_LINES[@]}))
    if ((room == 1 && ${#FINDINGS[@]} - at > 1)); then
      say "$((${#FINDINGS[@]} - at)) more findings are in the details on this host"
    fi
    say "$text"
    at=$((at + 1))
  done
}

main "$@"
