# shellcheck shell=bash
# Versioned copies of an application's configuration files, root's alone: STORE/<number>/ holds a manifest and the files.
# The application's user can plant a link to any file of the host, so its files are read as that user, never as root.

readonly CONFIG_BYTES_MAX=1048576 STAGE_NAME=.runbell-staged META_PATTERN='[0-7]{1,4} [0-9]{1,10} [0-9]{1,10}'
# shellcheck disable=SC2034 # The scripts read some of them.
TREE='' STORE='' CONFIG_WHY='' VERSION=''
CONFIG_FILES=()
# By path. NOW_: what is there; KEPT_: the version of the last read_version. SHA is a checksum, or absent, or what keeps
# it from being read; META is "mode uid gid".
declare -A NOW_SHA=() NOW_META=() KEPT_SHA=() KEPT_META=() KEPT_COPY=()
KEPT_TREE='' KEPT_AT=''

# open_store DIRECTORY FILES KIND: FILES are relative paths joined with commas, or "auto". Status 1: CONFIG_WHY.
open_store() {
  local path list=$2
  CONFIG_WHY="the application's directory $1 is not there"
  TREE=$(real_path "$1") || return 1
  if [[ $list == auto ]]; then
    list=ecosystem.config.js,ecosystem.config.cjs,ecosystem.config.json,.env
    if [[ $3 == laravel ]]; then list+=,config/database.php,app/Providers/AppServiceProvider.php; fi
  fi
  IFS=, read -r -a CONFIG_FILES < <(feed "$list")
  for path in "${CONFIG_FILES[@]}"; do
    CONFIG_WHY="the configured file $path does not lie below the application's directory"
    [[ $path =~ ^[A-Za-z0-9_.@+-]+(/[A-Za-z0-9_.@+-]+)*$ && /$path/ != */../* && /$path/ != */./* ]] || return 1
  done
  STORE=$(state_folder)/config/${SSM_ApplicationId:?}
}

# make_store: also removes what a rollback that was killed has left staged in the application.
make_store() {
  clean_stage
  own_folder "${STORE%/*}" && own_folder "$STORE"
}

clean_stage() { as_user 20 rm -rf -- "$TREE/$STAGE_NAME" || true; }

# read_now: fills NOW_.
read_now() {
  local path
  NOW_SHA=() NOW_META=()
  for path in "${CONFIG_FILES[@]}"; do read_file_now "$path"; done
}

# shellcheck disable=SC2016 # The inner shell expands it.
readonly LOOK_PROGRAM='
if [ "$(realpath -m -- "$1")" != "$1" ]; then echo behind a link
elif [ ! -e "$1" ]; then echo absent
elif [ ! -f "$1" ]; then echo not a file
else stat -c "%a %u %g" -- "$1"; fi'

read_file_now() {
  local file=$TREE/$1 look sum
  NOW_SHA[$1]="not readable by $RUN_USER or larger than 1 MB"
  look=$(ask_user 5 sh -c "$LOOK_PROGRAM" sh "$file" 2>/dev/null) || return 0
  case $look in
    absent | 'behind a link' | 'not a file') NOW_SHA[$1]=$look ;;
    *)
      if [[ $look =~ ^$META_PATTERN$ ]] && sum=$(content_of "$file" | sha256sum); then
        NOW_SHA[$1]=${sum%% *} NOW_META[$1]=$look
      fi
      ;;
  esac
}

# content_of PATH: status 1 when there is more than is kept.
content_of() {
  as_user 10 cat -- "$1" | { bounded "$CONFIG_BYTES_MAX" 10 && [[ $(timeout 2 head -c 1 | wc -c) == 0 ]]; }
}

is_sum() { [[ $1 =~ ^[0-9a-f]{64}$ ]]; }

# versions: numbers, newest first.
versions() {
  local entry
  for entry in "$STORE"/*/manifest; do
    entry=${entry%/manifest}
    if [[ ${entry##*/} =~ ^[1-9][0-9]{0,8}$ ]]; then feed "${entry##*/}"; fi
  done | sort -rn
}

# read_version NUMBER: fills KEPT_. Status 1: it is not there or was damaged.
# shellcheck disable=SC2034 # The scripts read the copies.
read_version() {
  local line row="^file ([0-9a-f]{64}|absent) ($META_PATTERN) ([0-9]+) ([A-Za-z0-9_.@+/-]+)\$"
  KEPT_SHA=() KEPT_META=() KEPT_COPY=() KEPT_TREE='' KEPT_AT=''
  while IFS= read -r line; do
    if [[ $line =~ $row ]]; then
      KEPT_SHA[${BASH_REMATCH[4]}]=${BASH_REMATCH[1]} KEPT_META[${BASH_REMATCH[4]}]=${BASH_REMATCH[2]}
      KEPT_COPY[${BASH_REMATCH[4]}]=$STORE/$1/${BASH_REMATCH[3]}
    elif [[ $line == 'directory '* ]]; then
      KEPT_TREE=${line#directory }
    elif [[ $line =~ ^at\ ([0-9TZ:-]{20})\  ]]; then
      KEPT_AT=${BASH_REMATCH[1]}
    fi
  done 2>/dev/null <"$STORE/$1/manifest" || true
  [[ -n $KEPT_AT && -n $KEPT_TREE ]]
}

# is_changed PATH: what is there is not what the read version has. Nobody is asked to create or remove a whole file by
# a version that did not have it.
is_changed() {
  is_sum "${KEPT_SHA[$1]:-}" && [[ "${NOW_SHA[$1]:-absent} ${NOW_META[$1]:-}" != "${KEPT_SHA[$1]} ${KEPT_META[$1]}" ]]
}

any_changed() {
  local path
  for path in "${!KEPT_SHA[@]}"; do if is_changed "$path"; then return 0; fi; done
  return 1
}

# is_now: the read version is exactly what is there, files that are absent included.
is_now() {
  local path
  [[ $KEPT_TREE == "$TREE" ]] || return 1
  for path in "${CONFIG_FILES[@]}"; do
    [[ "${NOW_SHA[$path]}" == "${KEPT_SHA[$path]:-}" && "${NOW_META[$path]:-}" == "${KEPT_META[$path]:-}" ]] ||
      { ! is_sum "${NOW_SHA[$path]}" && ! is_sum "${KEPT_SHA[$path]:-}"; } || return 1
  done
}

newest() { versions | sed -n 1p; }

# keep_version WHY DEPTH: after read_now. VERSION is then what is there; status 2: it was kept before; 1: CONFIG_WHY.
keep_version() {
  local work=$STORE/.new last old at
  at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  read_number "$(newest)" 999999999 || true
  # shellcheck disable=SC2153 # A reader sets it.
  last=$NUMBER
  if read_version "$last" && is_now; then
    VERSION=$last
    tell_snapshot "$KEPT_AT" false
    return 2
  fi
  CONFIG_WHY="the copy could not be written below $STORE, $PERHAPS_FULL"
  rm -rf -- "$work"
  mkdir -p -- "$work" 2>/dev/null || return 1
  write_version "$work" "at $at run ${SSM_RunId:?}, $1" || { rm -rf -- "$work" && return 1; }
  VERSION=$((last + 1))
  mv -T -- "$work" "$STORE/$VERSION" || return 1
  tell_snapshot "$at" true
  while IFS= read -r old; do rm -rf -- "${STORE:?}/$old"; done < <(versions | tail -n "+$(($2 + 1))")
}

# write_version FOLDER TITLE
write_version() {
  local path count=0
  printf '%s\ndirectory %s\n' "$2" "$TREE" 2>/dev/null >"$1/manifest" || return 1
  for path in "${CONFIG_FILES[@]}"; do
    is_sum "${NOW_SHA[$path]}" || continue
    count=$((count + 1))
    copy_checked "$path" "$1/$count" || return 1
    printf 'file %s %s %s %s\n' "${NOW_SHA[$path]}" "${NOW_META[$path]}" $count "$path" 2>/dev/null >>"$1/manifest" || return 1
  done
  CONFIG_WHY='none of the configured files can be kept'
  ((count > 0))
}

# tell_snapshot AT IS_NEW: what the result says of VERSION.
# shellcheck disable=SC2034 # runbook.sh puts it into the result.
tell_snapshot() { printf -v RESULT_MORE ',"snapshot":{"version":%s,"at":"%s","isNew":%s}' "$VERSION" "$1" "$2"; }

# copy_checked PATH TO: the very content that was read before, or nothing.
copy_checked() {
  local sum
  content_of "$TREE/$1" 2>/dev/null >"$2" || return 1
  sum=$(sha256sum <"$2")
  [[ ${sum%% *} == "${NOW_SHA[$1]}" ]] && return 0
  CONFIG_WHY="$1 was being changed while it was copied; try again"
  return 1
}

# choose_version WANTED: a number, or "auto": the newest that differs from what is there and that no rollback has left.
# Sets VERSION and reads it; empty and CONFIG_WHY: there is none to go to. Status 1: it cannot be.
choose_version() {
  local number all elsewhere=
  VERSION='' CONFIG_WHY="no version of $SSM_ApplicationId's files is kept yet: snapshot-config takes the first"
  all=$(versions)
  [[ -n $all ]] || return 1
  if [[ $1 != auto ]]; then
    CONFIG_WHY="version $1 is not kept; there are ${all//$'\n'/, }"
    read_version "$1" && is_here || return 1
    VERSION=$1
    return 0
  fi
  if { read -r number <"$STORE/restored"; } 2>/dev/null && read_version "$number" && ! any_changed; then
    CONFIG_WHY="version $number was put back already; a second click goes no further, choose an older version by its number"
    return 0
  fi
  for number in $all; do
    if [[ -e $STORE/$number/left ]] || ! read_version "$number"; then continue; fi
    if ! is_here; then elsewhere=$CONFIG_WHY; elif any_changed; then
      VERSION=$number
      return 0
    fi
  done
  CONFIG_WHY=${elsewhere:-'no kept version differs from what is there, but those that were left by a rollback'}
  [[ -z $elsewhere ]]
}

# A link such as "current" was pointed to another release: what was kept belongs to the old one.
is_here() {
  CONFIG_WHY="it was kept in $KEPT_TREE and the application lies in $TREE now"
  [[ $KEPT_TREE == "$TREE" ]]
}

tell_release() {
  if [[ ${SSM_Directory:?} != "$TREE" ]]; then
    say "the next deploy brings its own files: ${SSM_Directory##*/} is a link to ${TREE##*/}"
  elif user_has -e "$TREE/.git"; then
    say 'the next deploy overwrites what is put back: the directory is a git checkout'
  fi
}

tell_unkept() {
  local path
  for path in "${CONFIG_FILES[@]}"; do
    if ! is_sum "${NOW_SHA[$path]}" && [[ ${NOW_SHA[$path]} != absent ]]; then say "$path: not kept, it is ${NOW_SHA[$path]}"; fi
  done
}
