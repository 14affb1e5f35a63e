# shellcheck shell=bash
# The database's sessions, seen with a login that lies on the host: an administrative one in an option file that the
# configuration names, or Laravel's own, which the server limits to the sessions of its user. Nothing is kept anywhere.

LOGIN=none
# shellcheck disable=SC2034 # The scripts read it.
LOGIN_SAYS='' LOGIN_WHY=''
# Another one tries to log in at every instant: the first free place is not ours.
readonly LOGIN_TRIES=15 LOGIN_SECONDS=20

# Rows of the first query, one "runbell row" a line; then, if it had any, the second. Exit 4: refused (1040, or 1203 and
# 1226: its user has as many as it may), 5: no login, 6: the query failed, 7: the second one did, 8: it named a session
# that is gone.
# shellcheck disable=SC2016 # PHP expands it.
readonly SESSIONS_PROGRAM='
require "vendor/autoload.php";
$app = require "bootstrap/app.php";
$app->make("Illuminate\Contracts\Console\Kernel")->bootstrap();
for ($try = 1; ; $try++) {
  try { $pdo = $app->make("db")->connection()->getPdo(); break; } catch (Throwable $error) {
    if (!preg_match("/\[(1040|1203|1226)\]|1040 - |Too many connections/", $error->getMessage())) { exit(5); }
    if ($try >= (int) $argv[3]) { exit(4); }
    usleep(200000);
  }
}
try { $rows = $pdo->query($argv[1])->fetchAll(PDO::FETCH_NUM); } catch (Throwable $error) { exit(6); }
foreach ($rows as $row) {
  $texts = array_map(function ($value) { return preg_replace("/[^ -~]/", "?", (string) $value); }, $row);
  echo "\nrunbell row ", implode("\t", $texts), "\n";
}
if ($rows && $argv[2] !== "none") { try { $pdo->exec($argv[2]); } catch (Throwable $error) {
  exit(strpos($error->getMessage(), ": 1094 ") === false ? 7 : 8);
} }
'

# choose_login FILE KIND: after use_application. Sets LOGIN to file, application or none; status 1: LOGIN_WHY.
# shellcheck disable=SC2034 # The scripts read what is said.
choose_login() {
  LOGIN=none LOGIN_WHY='no login for the database lies on this host; name an option file (databaseLoginFile)'
  if [[ $1 != none ]]; then
    LOGIN_WHY="the login file $1 must be a file of user id $EUID that nobody else may read (chmod 600)"
    [[ -f $1 && ! -L $1 && -O $1 && $(outside 5 stat -c %a -- "$1") =~ ^[46]00$ ]] || return 1
    LOGIN_WHY="the login file $1 lies in a folder that others than root may change, and its options could name their programs"
    is_out_of_reach "$1" || return 1
    MYSQL_PROGRAM=$(command -v mariadb || command -v mysql) || MYSQL_PROGRAM=
    LOGIN_WHY='the login file needs the mysql or mariadb client, which is not on this host'
    [[ -n $MYSQL_PROGRAM ]] || return 1
    LOGIN=file LOGIN_FILE=$1 LOGIN_SAYS='an administrative login from the configured file'
  elif [[ $2 == laravel && -n ${APP_DIR:-} ]]; then
    LOGIN=application LOGIN_SAYS="the application's own login, which sees and ends sessions of its own user alone"
  else
    return 1
  fi
}

# database_rows QUERY [IF_ANY]: rows, their values between tabs. IF_ANY is run when there was one. Status 4: refused
# (1040); 7: IF_ANY failed; 8: it named a session that is gone; 124: no answer in time; anything else but 0: no login or a failed query.
database_rows() {
  local text status=0
  case $LOGIN in
    application)
      text=$(php_there "$LOGIN_SECONDS" -r "$SESSIONS_PROGRAM" -- "$1" "${2:-none}" "$LOGIN_TRIES" 2>/dev/null | heard "$LOGIN_SECONDS") || status=$?
      sed -n 's/^runbell row //p' < <(feed "$text")
      ;;
    file)
      text=$(ask_by_file "$1") || return
      if [[ -z $text ]]; then return 0; fi
      printf '%s\n' "$text" | tr -c '\t\n -~' '?'
      if [[ -n ${2:-} ]]; then
        ask_by_file "$2" >/dev/null || status=$?
        if ((status != 0 && status != 8 && status != 124)); then return 7; fi
      fi
      ;;
    *) return 5 ;;
  esac
  return "$status"
}

ask_by_file() {
  local text problem status try
  for ((try = 1; try <= LOGIN_TRIES; try++)); do
    status=0
    # The server may ask for a file of the client's.
    text=$(outside "$LOGIN_SECONDS" "$MYSQL_PROGRAM" --defaults-file="$LOGIN_FILE" --local-infile=0 --connect-timeout=5 --batch \
      --skip-column-names --execute="$1" 2> >(sed 's/^/! /') | heard "$LOGIN_SECONDS") || status=$?
    # Warnings of the client are no rows.
    problem=$(sed -n 's/^! //p' < <(feed "$text"))
    if ((status == 0)); then
      sed '/^! /d' < <(feed "$text")
      return 0
    fi
    if [[ $problem == *'ERROR 1094 '* ]]; then return 8; fi
    if took_too_long "$status"; then return 124; fi
    is_1040 "$problem" || [[ $problem =~ ERROR\ (1203|1226)\  ]] || return 6
    sleep 0.2
  done
  return 4
}

# login_problem STATUS: in words.
login_problem() {
  case $1 in
    4) printf 'the database refuses this login as well (1040, or its user has as many as it may)' ;;
    7) printf 'the database did not allow it' ;;
    124) printf 'the database did not answer in time' ;;
    *) printf 'the login or the query failed' ;;
  esac
}
