# shellcheck shell=bash
# Known causes in a Laravel application's settings and code. Each says what it was seen by and the change to make by hand:
# urgent TEXT for what harms, finding TEXT for what may.

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
$facts = ["queue" => $queue, "driver" => $config->get("queue.connections.$queue.driver"),
  "cache" => $config->get("cache.stores.$store.driver"),
  "pool" => isset($database["pool"]) ? "yes" : "no", "persistent" => empty($options[PDO::ATTR_PERSISTENT]) ? "no" : "yes",
  "timeout" => isset($options[PDO::ATTR_TIMEOUT]) ? (int) $options[PDO::ATTR_TIMEOUT] : "none",
  "down" => $app->isDownForMaintenance() ? "yes" : "no", "cached" => $app->getCachedConfigPath()];
foreach ($facts as $name => $value) { echo "\nrunbell fact $name $value\n"; }
'

declare -A FACT=()
# "SOURCE VALUE" of each place that names the default queue connection.
QUEUE_NAMED=()

check_laravel() {
  read_facts || urgent 'the application does not boot: php artisan about, or any artisan command, says why'
  check_settings
  check_files
  check_code
  if ((${#QUEUE_NAMED[@]} > 0)) || [[ -n ${FACT[queue]:-} ]]; then check_queue_connection; fi
}

read_facts() {
  local text status=0 line
  text=$(php_there 20 -r "$FACTS_PROGRAM" 2>/dev/null | heard 20) || status=$?
  while IFS= read -r line; do
    if [[ $line =~ ^runbell\ fact\ ([a-z]{1,20})\ ([A-Za-z0-9_@.+/-]{1,300})$ ]]; then FACT[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}; fi
  done < <(feed "$text")
  return "$status"
}

check_settings() {
  if [[ ${FACT[down]:-} == yes ]]; then finding 'the application is in maintenance mode, and its queue workers wait: php artisan up'; fi
  if [[ ${FACT[driver]:-} == sync ]]; then
    urgent "the default queue (${FACT[queue]}) is sync: jobs run within web requests and hold their connections; set QUEUE_CONNECTION in .env"
  fi
  if [[ ${FACT[cache]:-} =~ ^(array|database)$ ]]; then
    urgent "the cache store is ${FACT[cache]}: queue:restart reaches nobody, or fails at 1040 when it is needed; CACHE_DRIVER=file or redis in .env"
  fi
  if [[ ${FACT[persistent]:-} == yes ]]; then
    urgent 'PDO::ATTR_PERSISTENT is on: every process keeps its connections for good; set it to false in config/database.php'
  fi
  if [[ ${FACT[pool]:-} == yes ]]; then
    finding 'config/database.php has the key pool, which Laravel does not know: it limits nothing; remove it'
  fi
  if [[ ${FACT[timeout]:-} == none ]]; then
    finding "PDO has no timeout: 'options' => [PDO::ATTR_TIMEOUT => 3] in config/database.php ends a login that hangs"
  elif read_number "${FACT[timeout]:-0}" 999999999 && ((NUMBER > 10)); then
    finding "PDO::ATTR_TIMEOUT is $NUMBER s, so logins pile up while the database is slow; 3 in config/database.php"
  fi
}

check_files() {
  local cached=${FACT[cached]:-$APP_DIR/bootstrap/cache/config.php} newer mode
  mode=$(ask_user 5 stat -c %a -- "$APP_DIR/.env" 2>/dev/null) || mode=600
  if [[ $mode =~ ^[0-7]{0,3}[1-7]$ ]]; then finding ".env has mode $mode, so every user of this host reads its passwords: chmod 640 .env"; fi
  if user_has -e "$cached"; then
    newer=$(ask_user 10 find "$APP_DIR/.env" "$APP_DIR/config" -maxdepth 1 -type f -newer "$cached" -printf '%f\n' 2>/dev/null |
      grep -E '^[A-Za-z0-9_.-]{1,60}$' | sort | head -n 3 | paste -sd ' ') || newer=
    if [[ -n $newer ]]; then
      urgent "the cached configuration is older than $newer: php artisan config:clear, then restart-workers, in this order"
    fi
  fi
}

# shellcheck disable=SC2016 # The inner shell expands it.
readonly DESTRUCT_PROGRAM='grep -rlZE --include="*.php" "function +__destruct" "$1" | xargs -0r grep -lE "(disconnect|purge) *\(" --'

# What is seen in the text alone: connections that a library opens or a variable keeps show only in the counts.
check_code() {
  local file
  while IFS= read -r file; do
    urgent "${file#"$APP_DIR/"}: __destruct disconnects, also where the job is dispatched, and rolls back its transaction; use finally in handle()"
  done < <(ask_user 10 sh -c "$DESTRUCT_PROGRAM" sh "$APP_DIR/app" 2>/dev/null | grep -E '^[A-Za-z0-9_@.+/-]{1,300}$' | head -n 3)
}

# note_worker NAME PID WORDS: what a running queue worker was told.
note_worker() {
  local value
  if [[ $3 =~ \ queue:work\ ([A-Za-z0-9_]{1,30})\  ]]; then QUEUE_NAMED+=("the argument of $1:${BASH_REMATCH[1]}"); fi
  if value=$(variable_of "$2" QUEUE_CONNECTION); then QUEUE_NAMED+=("the environment of $1:$(plain_word "$value")"); fi
}

plain_word() { if [[ $1 =~ ^[A-Za-z0-9_-]{1,30}$ ]]; then printf '%s' "$1"; else printf '(unusual)'; fi; }

# check_queue_connection: jobs are put where .env or the cached configuration says and taken from where a worker was told.
check_queue_connection() {
  local file one value first='' list='' differs=no
  file=$(ask_user 5 sed -nE "s/^QUEUE_CONNECTION=[\"']?([^\"']*)[\"']?\$/\1/p" "$APP_DIR/.env" 2>/dev/null | tail -n 1) || file=
  if [[ -z $file && ${FACT[queue]:-} != '' ]]; then
    finding "QUEUE_CONNECTION is not in .env, so config/queue.php decides (${FACT[queue]}): set it in .env"
  elif [[ -n $file ]]; then
    QUEUE_NAMED+=(".env:$(plain_word "$file")")
  fi
  if [[ -n ${FACT[queue]:-} ]] && user_has -e "${FACT[cached]:-}"; then
    QUEUE_NAMED+=("the cached configuration:${FACT[queue]}")
  fi
  for one in ${QUEUE_NAMED[@]+"${QUEUE_NAMED[@]}"}; do
    value=${one##*:}
    list+="${list:+, }${one%:*} $value"
    if [[ -n $first && $value != "$first" ]]; then differs=yes; fi
    first=${first:-$value}
  done
  if [[ $differs == yes ]]; then
    urgent "QUEUE_CONNECTION differs: $list; jobs lie where nobody works: one value, config:clear, restart-workers"
  fi
}
