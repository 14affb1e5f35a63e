#!/bin/bash
set -euo pipefail
# Puts kept configuration files back: staged and tried first, then moved into place, then caches, workers and web; and
# goes back by itself when the application does not come up.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/pm2.sh
source ../lib/laravel.sh
source ../lib/workers.sh
source ../lib/fpm.sh
source ../lib/config-store.sh

# More versions than anybody keeps: a rollback removes none. When the files go back, the workers have only just begun.
# BACK_SECONDS are kept for going back, however long the way there takes.
readonly DEPTH=99 BACK_DRAIN_SECONDS=5 BACK_SECONDS=200
STAGE='' TARGET='' BEFORE='' AFTER_WHY=''
IS_FPM_THERE=no WAS_HEALTHY=no WAS_REFUSED=no
CHANGED=() MOVED=()

main() {
  begin
  trap leave EXIT
  choose_user "${SSM_User:?}"
  open_store "${SSM_Directory:?}" "${SSM_ConfigFiles:?}" "${SSM_Kind:?}" || refuse "$CONFIG_WHY"
  read_now
  choose_target
  check_places
  find_pm2 "${SSM_Pm2Home:?}" "${SSM_Pm2Cli:?}" || end_without_pm2 $?
  if is_laravel; then use_application "$SSM_Directory" "${SSM_Php:?}" || refuse "$APP_WHY"; fi
  look_before
  if is_dry_run; then tell_plan; fi
  keep_before
  stage
  if ! is_undo; then check_staged; fi
  act
}

# Copies with secrets are cleared away also when time is up: there is some left for that.
# shellcheck disable=SC2317,SC2329 # The trap calls it.
leave() {
  local status=$?
  RESERVED_SECONDS=-5
  if [[ -n $STAGE ]]; then clean_stage; fi
  on_exit "$status"
}

is_laravel() { [[ $SSM_Kind == laravel ]]; }
is_undo() { [[ ${SSM_Undoes:?} != none ]]; }

choose_target() {
  local path after state
  if is_undo; then
    read -r BEFORE after state 2>/dev/null <"$STORE/runs/$SSM_Undoes" || refuse "run $SSM_Undoes put no files back on this host"
    # Half of a rollback that was cut off can be taken back as well.
    if [[ $state == 'done' ]] && { ! read_version "$after" || any_changed; }; then
      refuse "the files were changed after run $SSM_Undoes, so what was before it is no longer what was lost"
    fi
    choose_version "$BEFORE" || refuse "$CONFIG_WHY"
  else
    choose_version "${SSM_Version:?}" || refuse "$CONFIG_WHY"
    if [[ -z $VERSION ]]; then nothing_to_do "$CONFIG_WHY"; fi
  fi
  TARGET=$VERSION
  for path in "${CONFIG_FILES[@]}"; do
    if is_changed "$path"; then
      CHANGED+=("$path")
    elif is_sum "${NOW_SHA[$path]}" && ! is_sum "${KEPT_SHA[$path]:-}"; then
      say "$path: version $TARGET does not have it, so it stays as it is"
    fi
  done
  if ((${#CHANGED[@]} == 0)); then nothing_to_do "version $TARGET of $KEPT_AT has the same files"; fi
}

# Everything that would stop a file half-way, before the first is moved.
check_places() {
  local path folder uid gid sum
  for path in "${CHANGED[@]}"; do
    folder=$TREE/$path folder=${folder%/*}
    if [[ ${NOW_SHA[$path]} != absent ]]; then
      is_sum "${NOW_SHA[$path]}" || refuse "$path is ${NOW_SHA[$path]}, and a file would take its place"
      read -r _ uid _ < <(feed "${NOW_META[$path]}")
      [[ $uid == "$RUN_UID" ]] || refuse "$path belongs to user id $uid and not to $RUN_USER"
    fi
    read -r _ uid gid < <(feed "${KEPT_META[$path]}")
    [[ $uid == "$RUN_UID" ]] || refuse "version $TARGET of $path belongs to user id $uid and not to $RUN_USER"
    [[ " $(ask_user 5 id -G) " == *" $gid "* ]] || refuse "$path belongs to group id $gid, which $RUN_USER is not in"
    [[ $(real_path "$folder") == "$folder" ]] || refuse "$folder is not there or behind a link"
    user_has -w "$folder" -a -x "$folder" || refuse "$RUN_USER may not write in $folder"
    [[ $(ask_user 5 stat -c %d -- "$folder" "$TREE" | uniq | wc -l) == 1 ]] || refuse "$folder is another file system"
    sum=$(sha256sum <"${KEPT_COPY[$path]}") || sum=
    [[ ${sum%% *} == "${KEPT_SHA[$path]}" ]] || refuse "version $TARGET of $path was damaged in the store"
  done
}

# A check that fails anyway must not condemn what is put back.
look_before() {
  choose_workers "${SSM_Processes:?}" "$SSM_Kind" "${SSM_DrainSignal:?}" "${SSM_DatabasePorts:?}" || refuse "$WORK_WHY"
  if ((${#ROW_NAME[@]} == 0)); then refuse "PM2 has no process named ${SSM_Processes//,/ or }; it has: ${OTHER_NAMES:-none}"; fi
  if [[ ${SSM_PhpFpmUnit:?} != none ]]; then
    if find_fpm "$SSM_PhpFpmUnit" && check_fpm; then IS_FPM_THERE=yes; else say "the web is not reloaded: $FPM_WHY"; fi
  fi
  if is_laravel && ! boot_app; then
    say "before: $APP_WHY"
    if [[ $APP_WHY == *'(1040)'* ]]; then WAS_REFUSED=yes; fi
  fi
  if [[ -n $APP_DOWN ]]; then say "before: $APP_DOWN"; fi
  if [[ " ${ROW_WATCH[*]-} " == *' yes '* ]]; then refuse "PM2's watch would restart workers at every file that is put there: start them without it"; fi
  if is_healthy "${SSM_HealthCommand:?}"; then WAS_HEALTHY=yes; else say 'before: the health command fails'; fi
}

tell_plan() {
  local path
  for path in "${CHANGED[@]}"; do say "$path would be put back as of version $TARGET of $KEPT_AT"; done
  say "then ${#OLD_PID[@]} processes would get ${SSM_DrainSeconds:?} s to finish their jobs and be restarted"
  if [[ $IS_FPM_THERE == yes ]]; then say "php-fpm $SSM_PhpFpmUnit would be reloaded"; fi
  tell_release
  done_well
}

keep_before() {
  local status=0
  if ! make_store || ! own_folder "$STORE/runs"; then refuse "$STORE cannot be used"; fi
  find "$STORE/runs" -type f -mtime "+$STATE_DAYS_MAX" -delete || true
  keep_version 'before a rollback' "$DEPTH" || status=$?
  if ((status == 1)); then refuse "$CONFIG_WHY"; fi
  BEFORE=$VERSION
  read_version "$TARGET" || refuse "version $TARGET cannot be read any more"
}

# What links everything of the application but the given folders, which become real ones, so that PHP finds the staged
# files where it looks for them. Below bootstrap only copies count, because __DIR__ sees through links.
# shellcheck disable=SC2016 # The inner shell expands it.
readonly SHADOW_PROGRAM='
set -e
root=$1 stage=$2; shift 2
umask 077
mkdir -- "$stage" "$stage/before" "$stage/new"
for folder in . "$@"; do
  if [ -h "$stage/new/$folder" ]; then rm -- "$stage/new/$folder"; fi
  mkdir -p -- "$stage/new/$folder"
  for entry in "$root/$folder"/* "$root/$folder"/.[!.]*; do
    if [ -e "$entry" ] && [ "$entry" != "$root/./${stage##*/}" ]; then ln -s -- "$entry" "$stage/new/$folder/"; fi
  done
done
if [ -e "$root/bootstrap/app.php" ]; then
  rm -- "$stage/new/bootstrap/app.php" "$stage/new/bootstrap/cache"
  cp -- "$root/bootstrap/app.php" "$stage/new/bootstrap/app.php"
  mkdir -- "$stage/new/bootstrap/cache"
fi'

stage() {
  local path folder folders=(bootstrap) at=0
  STAGE=$TREE/$STAGE_NAME
  clean_stage
  for path in "${CHANGED[@]}"; do
    folder=
    while [[ $path == */* ]]; do
      folder+=${folder:+/}${path%%/*} path=${path#*/}
      if [[ " ${folders[*]} " != *" $folder "* ]]; then folders+=("$folder"); fi
    done
  done
  if ! is_laravel; then folders=("${folders[@]:1}"); fi
  as_user 20 sh -c "$SHADOW_PROGRAM" sh "$TREE" "$STAGE" ${folders[@]+"${folders[@]}"} ||
    refuse "$RUN_USER could not stage the files in $TREE, $PERHAPS_FULL"
  for path in "${CHANGED[@]}"; do
    at=$((at + 1))
    stage_file "$path" || refuse "$path could not be staged, $PERHAPS_FULL"
    # A second name for what is there: the way back is that very file. An immutable file gets none.
    if [[ ${NOW_SHA[$path]} != absent ]] && ! as_user 5 ln -- "$TREE/$path" "$STAGE/before/$at"; then
      refuse "$path cannot be replaced, perhaps it is immutable (lsattr)"
    fi
  done
}

# Of the file in place come its access list and its label.
stage_file() {
  local mode gid
  read -r mode _ gid < <(feed "${KEPT_META[$1]}")
  # shellcheck disable=SC2034 # The next program reads it.
  local INPUT=${KEPT_COPY[$1]}
  # shellcheck disable=SC2016 # The inner shell expands it.
  as_user 10 sh -c 'umask 077; rm -f -- "$1" && cat >"$1" && if [ -f "$4" ]; then cp --attributes-only --preserve=all -- "$4" "$1" && touch -- "$1"; fi && chgrp -- "$2" "$1" && chmod -- "$3" "$1"' \
    sh "$STAGE/new/$1" "$gid" "$mode" "$TREE/$1"
}

# What is staged boots with its configuration, its .env, and its classes.
check_staged() {
  local path status=0
  for path in "${CHANGED[@]}"; do check_syntax "$path" || refuse "$path of version $TARGET has a syntax error"; done
  check_ecosystem
  is_laravel || return 0
  # What it says of its paths is not about the application in its place.
  local APP_DIR=$STAGE/new
  local -A APP_PATH=()
  boot_app "${CHANGED[@]}" || status=$?
  if ((status == 3)); then refuse "a configuration file of version $TARGET gives no array"; fi
  if ((status == 0)); then
    [[ $APP_CONNECTION == yes ]] || refuse "with version $TARGET the default database connection is not configured"
    if [[ -n $CACHE_WHY ]]; then refuse "with version $TARGET $CACHE_WHY"; fi
  elif [[ $WAS_REFUSED == yes && $APP_WHY == *'(1040)'* ]]; then
    say 'whether it boots was not to be seen while the database refuses connections (1040)'
  else
    refuse "with version $TARGET the application does not boot: $APP_WHY"
  fi
}

check_syntax() {
  local file=$STAGE/new/$1
  case $1 in
    *.php) if is_laravel; then as_user 10 "$PHP_PROGRAM" -l "$file"; fi ;;
    *.js | *.cjs | *.mjs) as_user 10 "$PM2_NODE" --check "$file" ;;
    *.json) as_user 10 "$PM2_NODE" -e 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))' -- "$file" ;;
  esac
}

# Only what the configuration names is read again by PM2.
RELOAD_NAMES=
check_ecosystem() {
  local id name its
  [[ ${SSM_EcosystemFile:?} != none ]] && its=$(real_path "$SSM_EcosystemFile") || return 0
  its=${its#"$TREE/"}
  [[ " ${CHANGED[*]} " == *" $its "* ]] || return 0
  for name in ${SSM_Processes//,/ }; do
    for id in "${!ROW_NAME[@]}"; do
      if [[ ${ROW_NAME[id]} == "$name" && ${ROW_STATE[id]} == stopped ]]; then continue 2; fi
    done
    RELOAD_NAMES+=${RELOAD_NAMES:+,}$name
  done
  read_ecosystem "$STAGE/new/$its" "$RELOAD_NAMES" || refuse "$FILE_WHY"
}

# Somebody, perhaps a deploy, may have changed a file while this one was looking.
is_as_before() {
  local path before
  for path in "${CHANGED[@]}"; do
    before="${NOW_SHA[$path]} ${NOW_META[$path]:-}"
    read_file_now "$path"
    [[ "${NOW_SHA[$path]} ${NOW_META[$path]:-}" == "$before" ]] || refuse "$path was being changed meanwhile; try again"
  done
}

act() {
  is_as_before
  may_change
  record begun || refuse "$STORE cannot be written, $PERHAPS_FULL"
  if ! move_all; then
    move_back
    fail "${CHANGED[${#MOVED[@]}]} could not be moved into place; the files from before are there"
  fi
  say "${#CHANGED[@]} files are back as of version $TARGET of $KEPT_AT: ${CHANGED[*]}"
  tell_release
  if ! is_undo; then RESERVED_SECONDS=$BACK_SECONDS; fi
  if settle "${SSM_DrainSeconds:?}"; then
    remember
    done_well
  elif is_undo; then
    remember
    fail "the files are as before run $SSM_Undoes, and $AFTER_WHY"
  fi
  go_back
}

record() { printf '%s %s %s\n' "$BEFORE" "$TARGET" "$1" 2>/dev/null >"$STORE/runs/$SSM_RunId"; }

move_all() {
  local path
  for path in "${CHANGED[@]}"; do
    as_user 10 mv -f -T -- "$STAGE/new/$path" "$TREE/$path" || return 1
    MOVED+=("$path")
  done
}

# The very files from before, unchecked: what was bad then is what was there.
move_back() {
  local at
  for at in "${!MOVED[@]}"; do
    if [[ ${NOW_SHA[${MOVED[at]}]} == absent ]]; then
      as_user 5 rm -f -- "$TREE/${MOVED[at]}" || true
    else
      as_user 5 mv -f -T -- "$STAGE/before/$((at + 1))" "$TREE/${MOVED[at]}" ||
        say "${MOVED[at]} could not be moved back; version $BEFORE in $STORE has it"
    fi
  done
}

# settle SECONDS: caches first, then whoever has read them. Status 1: AFTER_WHY.
settle() {
  clear_config_cache && settle_workers "$1" && settle_web && look_after
}

clear_config_cache() {
  is_laravel || return 0
  local file=${APP_PATH[config]:-$APP_DIR/bootstrap/cache/config.php}
  user_has -e "$file" || return 0
  artisan 20 config:clear || true
  # It says "cleared" and ends with 0 also when it could not.
  as_user 5 rm -f -- "$file" || true
  AFTER_WHY="the cached configuration $file could not be removed"
  if user_has -e "$file"; then return 1; fi
  say 'the cached configuration was cleared; php artisan config:cache makes it again'
}

settle_workers() {
  local status=0
  if ((${#OLD_PID[@]} == 0)); then return 0; fi
  plan_drain
  if ! drain_workers "$1"; then
    status=1
  elif [[ -n $RELOAD_NAMES ]]; then
    pm2_reload_file "$SSM_EcosystemFile" "$RELOAD_NAMES" || WORK_WHY='PM2 could not start from the ecosystem file' status=1
  else
    restart_left || status=1
  fi
  if ((status == 0)); then watch_workers || status=1; fi
  tell_workers
  if [[ -n $RELOAD_NAMES ]] && read_ecosystem "$SSM_EcosystemFile" "$RELOAD_NAMES"; then
    tell_differences 'arguments that were taken out stay: delete and start'
  fi
  AFTER_WHY=$WORK_WHY
  return "$status"
}

settle_web() {
  [[ $IS_FPM_THERE == yes ]] || return 0
  find_fpm "$SSM_PhpFpmUnit" && reload_fpm "$SSM_DatabasePorts" && tell_fpm "$SSM_DatabasePorts" && return 0
  AFTER_WHY=$FPM_WHY
  return 1
}

look_after() {
  local try
  if is_laravel && ! boot_app; then
    AFTER_WHY=$APP_WHY
    [[ $WAS_REFUSED == yes && $APP_WHY == *'(1040)'* ]] || return 1
    say "after: $APP_WHY"
  fi
  for try in 1 2 3; do
    if is_healthy "$SSM_HealthCommand"; then return 0; fi
    sleep "$try"
  done
  AFTER_WHY='the health command fails'
  if [[ $WAS_HEALTHY == yes ]] || is_undo; then return 1; fi
  remember
  fail "version $TARGET is back and everything was restarted, and the health command fails as it did before"
}

go_back() {
  local problem=$AFTER_WHY
  RESERVED_SECONDS=0
  move_back
  rm -f -- "$STORE/runs/$SSM_RunId"
  RESULT_ROWS=()
  choose_workers "$SSM_Processes" "$SSM_Kind" "$SSM_DrainSignal" "$SSM_DatabasePorts" || true
  if settle "$BACK_DRAIN_SECONDS"; then fail "$problem; so the files from before are back and the application runs as before"; fi
  fail "$problem; the files from before are back, and still $AFTER_WHY"
}

# What a second click and an undo need to know.
remember() {
  record 'done' || say 'the disk is full: this rollback cannot be undone by a click'
  rm -f -- "$STORE/$TARGET/left" "$STORE/restored"
  if is_undo; then
    rm -f -- "$STORE/runs/$SSM_Undoes"
  else
    { : >"$STORE/$BEFORE/left" && feed "$TARGET" >"$STORE/restored"; } 2>/dev/null || true
  fi
}

main "$@"
