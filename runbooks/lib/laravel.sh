# shellcheck shell=bash
# A Laravel application, always as its own user. Exit codes of artisan say little, so what it did is looked at.

APP_DIR=
PHP_PROGRAM=
# From the last boot_app.
# shellcheck disable=SC2034 # Read by the scripts.
APP_CACHE='' APP_CONNECTION='' APP_WHY='' APP_DOWN='' CACHE_WHY=''
declare -A APP_PATH=()

# Boots the application as artisan does and says what it found, one "runbell WORD VALUE" a line. Of the files that it is
# given, classes are loaded before the autoloader finds others; exit 3: one of the configuration gives no array.
# shellcheck disable=SC2016 # PHP expands it.
readonly BOOT_PROGRAM='
require "vendor/autoload.php";
$files = array_slice($argv, 1);
foreach ($files as $file) { if (preg_match("#^app/.*\.php$#", $file)) { require_once "./$file"; } }
$app = require "bootstrap/app.php";
$app->make("Illuminate\Contracts\Console\Kernel")->bootstrap();
foreach ($files as $file) { if (preg_match("#^config/.*\.php$#", $file) && !is_array(require "./$file")) { exit(3); } }
$config = $app->make("config");
$store = (string) $config->get("cache.default");
$connection = (string) $config->get("database.default");
$paths = ["config" => $app->getCachedConfigPath(), "routes" => $app->getCachedRoutesPath(),
  "events" => $app->getCachedEventsPath(), "views" => $config->get("view.compiled"),
  "data" => $config->get("cache.stores.$store.path")];
$driver = $config->get("cache.stores.$store.driver");
echo "\nrunbell boots yes\nrunbell cache $driver\n";
if (in_array($driver, ["redis", "memcached"], true)) {
  try { $app->make("cache")->store()->get("runbell"); } catch (Throwable $error) { echo "runbell silent yes\n"; }
}
if ($app->isDownForMaintenance()) { echo "runbell down yes\n"; }
if (is_array($config->get("database.connections.$connection"))) { echo "runbell connection yes\n"; }
foreach ($paths as $name => $path) { if (is_string($path)) { echo "runbell $name $path\n"; } }
'

# use_application DIRECTORY PHP: PHP is "auto" or a path. A link such as "current" is followed once, here. Status 1:
# APP_WHY says why it cannot be used.
use_application() {
  APP_DIR='' PHP_PROGRAM=''
  local directory php=$2
  APP_WHY="the application's directory $1 is not there"
  directory=$(real_path "$1") || return 1
  APP_WHY="$1 is not a Laravel application that $RUN_USER can read"
  user_has -r "$directory/artisan" -a -r "$directory/bootstrap/app.php" || return 1
  # shellcheck disable=SC2034 # The scripts read it.
  APP_WHY='no php program was found; name it in the configuration (php)'
  if [[ $php == auto ]]; then php=$(ask_user 5 sh -c 'command -v php') || return 1; fi
  read_path "$php" && user_has -x "$php" || return 1
  APP_DIR=$directory PHP_PROGRAM=$php
}

# php_there SECONDS WORDS...: in the application's directory.
php_there() {
  local seconds=$1
  shift
  there_as_user "$APP_DIR" "$seconds" "$PHP_PROGRAM" "$@"
}

artisan() {
  local seconds=$1
  shift
  php_there "$seconds" artisan "$@" --no-interaction
}

# boot_app FILES...: status 0 when it boots; else APP_WHY says how it does not, and the status is PHP's.
# shellcheck disable=SC2034,SC2120 # The scripts read it; most give no files.
boot_app() {
  local text status=0 mark word value boots=no
  text=$(php_there 20 -d display_errors=stdout -d default_socket_timeout=5 -r "$BOOT_PROGRAM" -- "$@" | heard 20) || status=$?
  APP_CACHE='' APP_CONNECTION='' APP_WHY='' APP_PATH=() APP_DOWN='' CACHE_WHY=''
  # Printed by the application's own code: nothing of it is used before it has been read.
  while read -r mark word value; do
    case $mark-$word-$value in
      runbell-boots-yes) boots=yes ;;
      runbell-cache-*) if read_name "$value"; then APP_CACHE=$value; fi ;;
      runbell-silent-yes) CACHE_WHY='its cache does not answer, and new workers would end at once until PM2 gives up on them' ;;
      runbell-down-yes) APP_DOWN='the application is in maintenance mode (php artisan up ends it)' ;;
      runbell-connection-yes) APP_CONNECTION=yes ;;
      runbell-*) if read_state "$word" config routes events views data && read_path "$value"; then APP_PATH[$STATE]=$value; fi ;;
    esac
  done < <(feed "$text")
  if [[ $status-$boots == 0-yes ]]; then return 0; fi
  APP_WHY="it does not boot (php ended with $status)"
  if took_too_long "$status"; then APP_WHY='it did not boot within 20 s'; fi
  if is_1040 "$text"; then APP_WHY='it does not boot while the database refuses connections (1040)'; fi
  return $((status == 0 ? 1 : status))
}

# is_1040 TEXT: PHP, the clients and the servers word it differently; the number alone can be a line's.
is_1040() { [[ $1 =~ (\[1040\]|ERROR\ 1040|1040\ -\ |oo\ many\ connections) ]]; }

# queue_restart: status 0 when the mark that workers look at is written in a cache that they share. Whether they see
# it, only their leaving shows.
queue_restart() {
  [[ $APP_CACHE =~ ^(file|redis|memcached|database|dynamodb)$ ]] || return 1
  artisan 20 queue:restart
}
