# shellcheck shell=bash
# Finds a PM2 daemon and talks to it as its owner. Every pm2 command starts a daemon when none answers, and as root it
# would be root's; so the daemon is found in /proc first, and no pm2 command below is able to start one.

# PM2 is a program of the user, and a list without an end would take all the time there is.
readonly PM2_TITLE='^PM2 v[^:]{1,40}: God' PM2_LIST_SECONDS=15 PM2_ROWS_MAX=100 PM2_WENT='the PM2 daemon ended while it was looked at; nothing was changed'

DAEMON_PID=
# How it is called where something is said of it.
PM2_IT=
PM2_NODE=
PM2_CLI=
# Why there is no talking to it.
PM2_WHY=

# PM2's list, whatever it prints before: a banner at its first use, a warning when client and daemon differ. The raw list
# holds the whole environment of whoever started the processes, and it never leaves these programs.
readonly PM2_JLIST='
const jlist = (cli) => {
  const run = require("child_process").spawnSync(process.execPath, [cli, "-s", "jlist"], {
    stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28,
  });
  const text = String(run.stdout);
  for (let at = text.indexOf("["), tries = 0; at >= 0 && tries < 200; at = text.indexOf("[", at + 1), tries++) {
    try { return JSON.parse(text.slice(at)); } catch (e) {}
  }
  process.exit(3);
};
'

# Prints one line for each process whose name was asked for: "p ID PID RESTARTS UP KILL_MS MODE WATCH STATE NAME"; then one
# line "o NAME..." with names of others, and "n NAME" for one that several namespaces have. While PM2 reloads a process, the one that leaves has a pm_id that is no number.
readonly LIST_PROGRAM="$PM2_JLIST"'
const [cli, wanted] = process.argv.slice(1);
const names = wanted.split(",");
const whole = (n) => (n > 0 && n < 1e9 ? Math.floor(n) : 0);
const others = new Set(), spaces = {};
for (const one of jlist(cli)) {
  const env = one.pm2_env || {};
  if (!Number.isInteger(one.pm_id)) continue;
  if (!names.includes(one.name)) {
    others.add(/^[\w.:@-]{1,64}$/.test(one.name) ? one.name : "unusual-name");
    continue;
  }
  const space = env.namespace || "default";
  if ((spaces[one.name] = spaces[one.name] || space) !== space) console.log("n", one.name);
  const up = env.status === "online" ? (Date.now() - env.pm_uptime) / 1000 : 0;
  const state = String(env.status).replace(/[^a-z]+/g, "-");
  const numbers = [one.pm_id, one.pid, env.restart_time, up, env.kill_timeout || 1600].map(whole);
  console.log("p", ...numbers, env.exec_mode === "cluster_mode" ? "cluster" : "fork", env.watch && env.watch.length !== 0 ? "yes" : "no", state, one.name);
}
console.log("o", ...[...others].slice(0, 8));
'

# find_pm2 HOME CLI: the daemon, its node and its program; CLI is "auto" or the path that the configuration names. Status 2:
# PM2_WHY says what is odd; 3: there is no daemon, and nothing can be restarted by it; 1: it went meanwhile.
find_pm2() { find_daemon "$1" && check_daemon "$1" && find_node && find_cli "$2"; }

# end_without_pm2 STATUS: after find_pm2.
end_without_pm2() {
  if (($1 == 2)); then refuse "$PM2_WHY"; fi
  fail "$PM2_WHY"
}

find_daemon() {
  local home pid its found=()
  PM2_WHY='there was no time to find the PM2 daemon'
  home=$(canonical "$1") || return 2
  for pid in $(processes_with cmdline "$PM2_TITLE"); do
    if is_time_up; then break; fi
    is_running "$pid" || continue
    its=$(daemon_home "$pid") || continue
    if [[ $its == "$1" || $(canonical "$its") == "$home" ]] && ! is_in_container "$pid"; then found+=("$pid"); fi
  done
  if is_time_up; then return 2; fi
  PM2_WHY="no PM2 daemon runs for $1, so nothing was restarted; none was started either"
  if ((${#found[@]} == 0)); then return 3; fi
  PM2_WHY="several PM2 daemons run for $1 (pids ${found[*]})"
  if ((${#found[@]} > 1)); then return 2; fi
  DAEMON_PID=${found[0]}
}

canonical() { ask_user 5 realpath -m -- "$1"; }

# The home in the title may be cut off; where we may not read the environment, it has to do.
daemon_home() {
  local title
  title=$(outside 5 grep -zsa -m 1 -e '' "/proc/$1/cmdline" | tr -d '\0') || return 1
  [[ $title =~ $PM2_TITLE ]] || return 1
  variable_of "$1" PM2_HOME && return 0
  [[ $title =~ \((/.*)\) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

check_daemon() {
  local owner state
  PM2_IT="the PM2 daemon of $1 (pid $DAEMON_PID)"
  PM2_WHY=$PM2_WENT
  owner=$(process_owner "$DAEMON_PID") || return 1
  PM2_WHY="$PM2_IT runs as root, and Runbell runs nothing as root's PM2"
  if [[ $owner == 0 ]]; then return 2; fi
  PM2_WHY="$PM2_IT belongs to user id $owner, not to $RUN_USER (user id $RUN_UID)"
  [[ $owner == "$RUN_UID" ]] || return 2
  state=$(process_state "$DAEMON_PID") || state=X
  PM2_WHY="$PM2_IT is stopped by a signal and answers nobody; kill -CONT $DAEMON_PID wakes it"
  [[ $state != [Tt] ]] || return 2
  PM2_SPELLED=$(variable_of "$DAEMON_PID" PM2_HOME) || PM2_SPELLED=$1
  PM2_WHY="$PM2_IT has lost its socket rpc.sock, so nobody can talk to it"
  user_has -S "$PM2_SPELLED/rpc.sock" || return 2
}

find_node() {
  local node mask
  PM2_WHY=$PM2_WENT
  node=$(readlink -- "/proc/$DAEMON_PID/exe") || return 1
  # After an upgrade of node the daemon goes on with the old, deleted program; the new one in its place will do.
  PM2_NODE=${node% (deleted)}
  PM2_WHY="the daemon's node program $PM2_NODE was deleted; put it back or restart PM2 by hand"
  user_has -x "$PM2_NODE" || return 2
  if [[ $node != "$PM2_NODE" ]]; then say "node was replaced since the PM2 daemon started; the new one is used"; fi
  RUN_ENV=(
    # The user's folders come last: what lies in them must not be taken for a program of the system.
    "${RUN_ENV[@]}" PM2_HOME="$PM2_SPELLED" PATH="$PATH:${PM2_NODE%/*}"
    # The options of a new daemon's node: with this one it prints its version and ends instead of becoming a daemon.
    PM2_NODE_OPTIONS=--version
  )
  # shellcheck disable=SC2034 # as_user reads it.
  mask=$(outside 5 sed -n 's/^Umask:[[:space:]]*//p' "/proc/$DAEMON_PID/status") && [[ $mask =~ ^00[0-7][0-7]$ ]] && RUN_UMASK=$mask
  return 0
}

find_cli() {
  local folder=${PM2_NODE%/*}
  PM2_WHY="the configured PM2 program $1 is not a node script that $RUN_USER can read"
  if [[ $1 != auto ]]; then
    usable_cli "$1" || return 2
    return
  fi
  PM2_WHY='the pm2 program was not found beside the daemon'\''s node nor on its PATH; name it in the configuration (pm2.cli)'
  usable_cli "$folder/pm2" || usable_cli "$folder/../lib/node_modules/pm2/bin/pm2" || find_pm2_on_path || return 2
}

find_pm2_on_path() {
  local path folder
  path=$(variable_of "$DAEMON_PID" PATH) || return 1
  while IFS= read -r -d : folder; do
    if [[ $folder == /* ]] && usable_cli "$folder/pm2"; then return 0; fi
  done < <(printf '%s:' "${path:0:1000}")
  return 1
}

# usable_cli PATH: pm2 is a node script, found through links; a shell wrapper of the same name is not it.
usable_cli() {
  local path first
  path=$(real_path "$1") && user_has -f "$path" || return 1
  first=$(ask_user 5 head -c 100 -- "$path") || return 1
  [[ ${first%%$'\n'*} == '#!'*node* ]] || return 1
  PM2_CLI=$path
}

# pm2_list NAMES: fills the ROW_ arrays, by pm_id; SHARED_NAME is one that PM2 has in several namespaces, and so perhaps in
# several applications. Status 1: PM2_WHY.
# shellcheck disable=SC2034 # The scripts read the rows.
pm2_list() {
  local text status=0 words name
  text=$(ask_user "$PM2_LIST_SECONDS" "$PM2_NODE" -e "$LIST_PROGRAM" -- "$PM2_CLI" "$1") || status=$?
  PM2_WHY="$PM2_IT gave no list of its processes"
  if took_too_long "$status"; then PM2_WHY="$PM2_IT did not answer within $PM2_LIST_SECONDS s"; fi
  ((status == 0)) || return 1
  ROW_NAME=() ROW_PID=() ROW_STATE=() ROW_RESTARTS=() ROW_UP=() ROW_KILL_MS=() ROW_MODE=() ROW_WATCH=() OTHER_NAMES='' SHARED_NAME=
  while read -r -a words; do
    case ${words[0]:-}${#words[@]} in
      p10) read_row "${words[@]:1}" || true ;;
      o*) for name in "${words[@]:1:8}"; do if read_name "$name"; then OTHER_NAMES+=${OTHER_NAMES:+ }$name; fi; done ;;
      n2) if read_name "${words[1]}"; then SHARED_NAME=${words[1]}; fi ;;
    esac
  done < <(feed "$text")
  PM2_WHY="$PM2_IT lists more than $PM2_ROWS_MAX processes of these names"
  ((${#ROW_NAME[@]} <= PM2_ROWS_MAX))
}

# read_row ID PID RESTARTS UP KILL_MS MODE WATCH STATE NAME: a program of the application's user wrote this.
# shellcheck disable=SC2034 # The scripts read the rows.
read_row() {
  local one id numbers=() STATE
  for one in "${@:1:5}"; do
    read_number "$one" 999999999 || return 1
    numbers+=("$NUMBER")
  done
  read_name "$6" && read_name "$7" && read_name "$9" || return 1
  id=${numbers[0]}
  ROW_PID[id]=${numbers[1]} ROW_RESTARTS[id]=${numbers[2]} ROW_UP[id]=${numbers[3]} ROW_KILL_MS[id]=${numbers[4]}
  ROW_MODE[id]=$6 ROW_WATCH[id]=$7 ROW_NAME[id]=$9
  read_state "$8" online stopping stopped launching errored waiting-restart one-launch-status || true
  ROW_STATE[id]=$STATE
}

# Reads the ecosystem file as PM2 does and compares it with what runs. One line for each application that was asked for:
# "f NAME INSTANCES ARGUMENTS", and with the list beside it "r NAME INSTANCES ARGUMENTS" for what runs; arguments only as
# a checksum and a count, because they can hold anything. Status 4: the file cannot be used.
readonly FILE_PROGRAM="$PM2_JLIST"'
const [cli, file, wanted] = process.argv.slice(1);
const sum = (args) => args.length + ":" + require("crypto").createHash("sha256").update(JSON.stringify(args)).digest("hex").slice(0, 16);
const words = (args) => (args == null || args === "" ? [] : Array.isArray(args) ? args.map(String) : String(args).trim().split(/ +/));
let apps;
try {
  const read = require(file);
  apps = Array.isArray(read) ? read : read.apps || [read];
} catch (e) { console.error(e.name); process.exit(4); }
if (!Array.isArray(apps)) process.exit(4);
const names = wanted.split(",");
const cpus = require("os").cpus().length;
const count = (n) => (n === "max" || +n === 0 ? cpus : +n < 0 ? Math.max(cpus + +n, 1) : +n || 1);
for (const app of apps.filter((one) => one && names.includes(one.name))) {
  if (!app.script || typeof app.script !== "string") process.exit(5);
  console.log("f", app.name, count(app.instances), sum(words(app.args)));
}
const list = jlist(cli);
for (const name of names) {
  const its = list.filter((one) => one.name === name);
  if (its[0]) console.log("r", name, its.length, sum(words(its[0].pm2_env.args)));
}
'

# Starts PM2's own program with a daemon made impossible, and without the variable that otherwise does it: what PM2
# starts from a file gets the environment of this call.
readonly START_PROGRAM='
const [cli, ...words] = process.argv.slice(1);
delete process.env.PM2_NODE_OPTIONS;
const processes = require("child_process");
const spawn = processes.spawn;
processes.spawn = (program, words, ...rest) => {
  if (Array.isArray(words) && words.some((one) => /Daemon\.js$/.test(one))) process.exit(3);
  return spawn(program, words, ...rest);
};
process.argv = [process.argv[0], cli, ...words];
require(cli);
'

# By name, from the last read_ecosystem: FILE_ is what the file says, RUNNING_ what runs.
declare -A FILE_COUNT=() FILE_ARGS=() RUN_COUNT=() RUN_ARGS=()
FILE_WHY=

# read_ecosystem FILE NAMES: status 0 when PM2 could start those names from it; else FILE_WHY says why not.
# shellcheck disable=SC2034 # The scripts read it.
read_ecosystem() {
  local text status=0 words
  text=$(ask_user 20 "$PM2_NODE" -e "$FILE_PROGRAM" -- "$PM2_CLI" "$1" "$2") || status=$?
  FILE_COUNT=() FILE_ARGS=() RUN_COUNT=() RUN_ARGS=()
  while read -r -a words; do
    if ((${#words[@]} != 4)) || ! read_name "${words[1]}" || ! read_number "${words[2]}" 9999 || ! read_name "${words[3]}"; then continue; fi
    case ${words[0]} in
      f) FILE_COUNT[${words[1]}]=$NUMBER FILE_ARGS[${words[1]}]=${words[3]} ;;
      r) RUN_COUNT[${words[1]}]=$NUMBER RUN_ARGS[${words[1]}]=${words[3]} ;;
    esac
  done < <(feed "$text")
  FILE_WHY=
  case $status in
    0) if ((${#FILE_COUNT[@]} == 0)); then FILE_WHY="$1 has none of the processes ${2//,/, }"; fi ;;
    4) FILE_WHY="$1 is broken or cannot be read by $RUN_USER" ;;
    5) FILE_WHY="$1 names a process without a script" ;;
    124) FILE_WHY="$1 was not read within 20 s" ;;
    *) FILE_WHY="$1 could not be compared with what runs (status $status)" ;;
  esac
  [[ -z $FILE_WHY ]]
}

# tell_differences ABOUT_ARGUMENTS: what the file says and what runs, where they differ.
tell_differences() {
  local name
  for name in "${!FILE_COUNT[@]}"; do
    if [[ -z ${RUN_COUNT[$name]:-} ]]; then continue; fi
    if [[ ${FILE_ARGS[$name]} != "${RUN_ARGS[$name]}" ]]; then
      say "$name: the ecosystem file has other arguments than what runs ($1)"
    fi
    if [[ ${FILE_COUNT[$name]} != "${RUN_COUNT[$name]}" ]]; then
      say "$name: the file wants ${FILE_COUNT[$name]} instances, ${RUN_COUNT[$name]} run: only pm2 delete and start change that"
    fi
  done
}

# pm2_reload_file FILE NAMES: arguments, environment and kill_timeout of the file are applied, by a hard restart; in
# cluster mode by a reload. The processes get the environment of this call, so it has the PATH of the daemon and nothing that only we need.
pm2_reload_file() {
  local path one how=startOrRestart before=("${RUN_ENV[@]}") status=0
  if [[ " ${ROW_MODE[*]-} " == *' cluster '* ]]; then how=startOrReload; fi
  RUN_ENV=()
  for one in "${before[@]}"; do
    if [[ $one != LC_ALL=* ]]; then RUN_ENV+=("$one"); fi
  done
  if path=$(variable_of "$DAEMON_PID" PATH) && [[ $path == /* ]]; then RUN_ENV+=(PATH="$path"); fi
  as_user 60 "$PM2_NODE" -e "$START_PROGRAM" -- "$PM2_CLI" -s "$how" "$1" --only "$2" || status=$?
  RUN_ENV=("${before[@]}")
  return "$status"
}

# pm2_restart ID: by number, because a name can also be a namespace, a pattern or "all". In cluster mode PM2 starts the
# next one before the old one leaves, so nobody is turned away.
pm2_restart() {
  local how=restart
  if [[ ${ROW_MODE[$1]} == cluster ]]; then how=reload; fi
  as_user $((20 + ROW_KILL_MS[$1] / 1000)) "$PM2_NODE" "$PM2_CLI" -s "$how" "$1"
}
