# shellcheck shell=bash
# A Laravel application, always as its own user. Exit codes of artisan say little, so what it did is looked at.

APP_DIRECTORY=
PHP_PROGRAM=
# From the last boot_application.
# shellcheck disable=SC2034 # Read by the scripts.
LARAVEL_VERSION='' LARAVEL_CACHE='' LARAVEL_CONNECTION='' LARAVEL_PROBLEM=''
declare -A LARAVEL_PATH=()

# Boots the application as artisan does and says what it found, one "runbell WORD VALUE" a line.
# shellcheck disable=SC2016 # PHP expands it.
readonly LARAVEL_BOOT_PROGRAM='
require "vendor/autoload.php";
$app = require "bootstrap/app.php";
$app->make("Illuminate\Contracts\Console\Kernel")->bootstrap();
$config = $app->make("config");
$store = (string) $config->get("cache.default");
$connection = (string) $config->get("database.default");
$paths = ["config" => $app->getCachedConfigPath(), "routes" => $app->getCachedRoutesPath(),
  "events" => $app->getCachedEventsPath(), "services" => $app->getCachedServicesPath(),
  "packages" => $app->getCachedPackagesPath(), "views" => $config->get("view.compiled"),
  "data" => $config->get("cache.stores.$store.path")];
echo "\nrunbell version ", $app->version(), "\n";
echo "runbell cache ", $config->get("cache.stores.$store.driver"), "\n";
echo "runbell connection ", is_array($config->get("database.connections.$connection")) ? "yes" : "no", "\n";
foreach ($paths as $name => $path) { if (is_string($path)) { echo "runbell path $name $path\n"; } }
'

# use_application DIRECTORY PHP: PHP is "auto" or a path. A link such as "current" is followed once, here. Status 1:
# LARAVEL_PROBLEM says why it cannot be used.
use_application() {
  APP_DIRECTORY='' PHP_PROGRAM=''
  local directory php=$2
  LARAVEL_PROBLEM="the application's directory $1 is not there"
  directory=$(outside 5 realpath -e -- "$1" 2>/dev/null) || return 1
  LARAVEL_PROBLEM="$1 is not a Laravel application that $RUN_USER can read"
  as_user 5 test -r "$directory/artisan" -a -r "$directory/bootstrap/app.php" || return 1
  # shellcheck disable=SC2034 # The scripts read it.
  LARAVEL_PROBLEM='no php program was found; name it in the configuration (php)'
  if [[ $php == auto ]]; then php=$(as_user 5 sh -c 'command -v php') || return 1; fi
  [[ $php == /* ]] && as_user 5 test -x "$php" || return 1
  APP_DIRECTORY=$directory PHP_PROGRAM=$php
}

# php_there SECONDS WORDS...: in the application's directory.
php_there() {
  local seconds=$1
  shift
  (cd -- "$APP_DIRECTORY" && as_user "$seconds" "$PHP_PROGRAM" "$@")
}

artisan() {
  local seconds=$1
  shift
  php_there "$seconds" artisan "$@" --no-interaction
}

# boot_application: status 0 when it boots; else LARAVEL_PROBLEM says how it does not.
# shellcheck disable=SC2034 # The scripts read it.
boot_application() {
  local text status=0 line
  text=$(php_there 20 -d display_errors=stdout -r "$LARAVEL_BOOT_PROGRAM" | head -c 65536) || status=$?
  LARAVEL_VERSION='' LARAVEL_CACHE='' LARAVEL_CONNECTION='' LARAVEL_PROBLEM='' LARAVEL_PATH=()
  # Printed by the application's own code: nothing of it is used before it has matched.
  while IFS= read -r line; do
    if [[ $line =~ ^runbell\ version\ ([A-Za-z0-9.+-]{1,40})$ ]]; then LARAVEL_VERSION=${BASH_REMATCH[1]}; fi
    if [[ $line =~ ^runbell\ cache\ ([a-z0-9_-]{1,40})$ ]]; then LARAVEL_CACHE=${BASH_REMATCH[1]}; fi
    if [[ $line =~ ^runbell\ connection\ (yes|no)$ ]]; then LARAVEL_CONNECTION=${BASH_REMATCH[1]}; fi
    if [[ $line =~ ^runbell\ path\ ([a-z]{1,20})\ (/[A-Za-z0-9_@.+/-]{1,300})$ ]]; then
      LARAVEL_PATH[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
    fi
  done < <(printf '%s\n' "$text")
  if ((status == 0)) && [[ -n $LARAVEL_VERSION ]]; then return 0; fi
  LARAVEL_PROBLEM="it does not boot (php ended with $status)"
  if took_too_long "$status"; then LARAVEL_PROBLEM='it did not boot within 20 s'; fi
  if [[ $text == *1040* ]]; then LARAVEL_PROBLEM='it does not boot while the database refuses connections (1040)'; fi
  return 1
}

# queue_restart: status 0 when the mark that workers look at is written in a cache that they share. Whether they see
# it, only their leaving shows.
queue_restart() {
  [[ $LARAVEL_CACHE =~ ^(file|redis|memcached|database|dynamodb)$ ]] || return 1
  artisan 20 queue:restart
}
