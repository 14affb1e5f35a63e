# shellcheck shell=bash
# Workers whose PM2 daemon was killed. Needs proc.sh and pm2.sh.

# There may be many workers, and anybody can look like one.
readonly ORPHAN_SECONDS=10
ORPHAN_PID=() ORPHAN_MARK=() ORPHAN_NAME=()

# find_orphans HOME: workers of a daemon that was killed live on, hold their connections, and belong to no daemon.
find_orphans() {
  local home pid parent its name end
  home=$(canonical "$1") || return 0
  end=$((NOW + ORPHAN_SECONDS))
  for pid in $(processes_with environ '^pm_id=[0-9]+$'); do
    if is_time_up || ((NOW > end)); then break; fi
    is_running "$pid" || continue
    its=$(variable_of "$pid" PM2_HOME) || continue
    [[ $its == "$1" || $(canonical "$its") == "$home" ]] || continue
    parent=$(process_parent "$pid") || continue
    # Children of a worker carry its environment; the worker alone is named, and only without its daemon.
    if variable_of "$parent" pm_id >/dev/null || daemon_home "$parent" >/dev/null; then continue; fi
    name=$(variable_of "$pid" name) && read_name "$name" || name='?'
    ORPHAN_PID+=("$pid") ORPHAN_MARK+=("$(process_mark "$pid")") ORPHAN_NAME+=("$name")
    ((${#ORPHAN_PID[@]} < 8)) || break
  done
}

name_orphans() {
  local at
  find_orphans "$1"
  for at in "${!ORPHAN_PID[@]}"; do say "orphan of a killed PM2 daemon: ${ORPHAN_NAME[at]} pid ${ORPHAN_PID[at]}"; done
}
