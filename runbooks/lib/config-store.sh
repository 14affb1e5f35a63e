# shellcheck shell=bash
# Versioned copies of an application's configuration files, root's alone: STORE/<number>/ holds a manifest and the files.
# The application's user can plant a link to any file of the host, so its files are read as that user, never as root.

readonly CONFIG_BYTES_MAX=1048576 STAGE_NAME=.runbell-staged
# shellcheck disable=SC2034 # The scripts read some of them.
TREE='' STORE='' CONFIG_PROBLEM='' VERSION=''
CONFIG_FILES=()
# By path. NOW_: what is there; KEPT_: the version of the last read_version. SHA is a checksum, or absent, or what keeps
# it from being read; META is "mode uid gid".
declare -A NOW_SHA=() NOW_META=() KEPT_SHA=() KEPT_META=() KEPT_COPY=()
KEPT_TREE='' KEPT_AT=''

# open_store DIRECTORY FILES KIND: FILES are relative paths joined with commas, or "auto". Status 1: CONFIG_PROBLEM.
open_store() {
  local path list=$2
  CONFIG_PROBLEM="the application's directory $1 is not there"
  TREE=$(outside 5 realpath -e -- "$1" 2>/dev/null) || return 1
  if [[ $list == auto ]]; then
    list=ecosystem.config.js,ecosystem.config.cjs,ecosystem.config.json,.env
    if [[ $3 == laravel ]]; then list+=,config/database.php,app/Providers/AppServiceProvider.php; fi
  fi
  IFS=, read -r -a CONFIG_FILES < <(printf '%s\n' "$list")
  for path in "${CONFIG_FILES[@]}"; do
    CONFIG_PROBLEM="the configured file $path does not lie below the application's directory"
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

read_file_now() {
  local file=$TREE/$1 real meta sum
  if [[ ! -e $file && ! -L $file ]]; then
    NOW_SHA[$1]=absent
  elif ! real=$(outside 5 realpath -e -- "$file" 2>/dev/null) || [[ $real != "$file" ]]; then
    NOW_SHA[$1]='behind a link'
  elif [[ ! -f $file ]]; then
    NOW_SHA[$1]='not a file'
  elif ! meta=$(outside 5 stat -c '%a %u %g' -- "$file") || ! sum=$(content_of "$file" | sha256sum); then
    NOW_SHA[$1]="not readable by $RUN_USER or larger than 1 MB"
  else
    NOW_SHA[$1]=${sum%% *} NOW_META[$1]=$meta
  fi
}

content_of() {
  local size
  size=$(as_user 5 stat -c %s -- "$1") && ((size <= CONFIG_BYTES_MAX)) && as_user 10 cat -- "$1"
}

is_sum() { [[ $1 =~ ^[0-9a-f]{64}$ ]]; }

# versions: numbers, newest first.
versions() {
  local entry
  for entry in "$STORE"/*/manifest; do
    entry=${entry%/manifest}
    if [[ ${entry##*/} =~ ^[1-9][0-9]{0,8}$ ]]; then printf '%s\n' "${entry##*/}"; fi
  done | sort -rn
}

# read_version NUMBER: fills KEPT_. Status 1: it is not there or was damaged.
# shellcheck disable=SC2034 # The scripts read the copies.
read_version() {
  local line row='^file ([0-9a-f]{64}|absent) ([0-7]{1,4} [0-9]{1,10} [0-9]{1,10}) ([0-9]+) ([A-Za-z0-9_.@+/-]+)$'
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

# keep_version WHY DEPTH: after read_now. VERSION is then what is there; status 2: it was kept before; 1: CONFIG_PROBLEM.
keep_version() {
  local work=$STORE/.new last old at
  last=$(newest) at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  if [[ -n $last ]] && read_version "$last" && is_now; then
    VERSION=$last
    tell_snapshot "$KEPT_AT" false
    return 2
  fi
  CONFIG_PROBLEM="the copy could not be written below $STORE, perhaps the disk is full"
  rm -rf -- "$work"
  mkdir -p -- "$work" 2>/dev/null || return 1
  write_version "$work" "at $at run ${SSM_RunId:?}, $1" || { rm -rf -- "$work" && return 1; }
  VERSION=$((${last:-0} + 1))
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
  CONFIG_PROBLEM='none of the configured files can be kept'
  ((count > 0))
}

# tell_snapshot AT IS_NEW: what the result says of VERSION.
# shellcheck disable=SC2034 # runbook.sh puts it into the result.
tell_snapshot() { RESULT_SNAPSHOT=",\"snapshot\":{\"version\":$VERSION,\"at\":\"$1\",\"isNew\":$2}"; }

# copy_checked PATH TO: the very content that was read before, or nothing.
copy_checked() {
  local sum
  content_of "$TREE/$1" 2>/dev/null >"$2" || return 1
  sum=$(sha256sum <"$2")
  [[ ${sum%% *} == "${NOW_SHA[$1]}" ]] && return 0
  CONFIG_PROBLEM="$1 was being changed while it was copied; try again"
  return 1
}

# choose_version WANTED: a number, or "auto": the newest that differs from what is there and that no rollback has left.
# Sets VERSION and reads it; empty and CONFIG_PROBLEM: there is none to go to. Status 1: it cannot be.
choose_version() {
  local number all elsewhere=''
  VERSION='' CONFIG_PROBLEM="no version of $SSM_ApplicationId's files is kept yet: snapshot-config takes the first"
  all=$(versions)
  [[ -n $all ]] || return 1
  if [[ $1 != auto ]]; then
    CONFIG_PROBLEM="version $1 is not kept; there are ${all//$'\n'/, }"
    read_version "$1" || return 1
    is_here || return 1
    VERSION=$1
    return 0
  fi
  if [[ -s $STORE/restored ]] && read -r number <"$STORE/restored" && read_version "$number" && ! any_changed; then
    CONFIG_PROBLEM="version $number was put back already; a second click goes no further, choose an older version by its number"
    return 0
  fi
  for number in $all; do
    if [[ -e $STORE/$number/left ]] || ! read_version "$number"; then continue; fi
    if ! is_here; then elsewhere=$CONFIG_PROBLEM; elif any_changed; then
      VERSION=$number
      return 0
    fi
  done
  CONFIG_PROBLEM=${elsewhere:-'no kept version differs from what is there, but those that were left by a rollback'}
  [[ -z $elsewhere ]]
}

# A link such as "current" was pointed to another release: what was kept belongs to the old one.
is_here() {
  CONFIG_PROBLEM="it was kept in $KEPT_TREE and the application lies in $TREE now"
  [[ $KEPT_TREE == "$TREE" ]]
}

tell_release() {
  if [[ ${SSM_Directory:?} != "$TREE" ]]; then
    say "the next deploy brings its own files: ${SSM_Directory##*/} is a link to ${TREE##*/}"
  elif [[ -e $TREE/.git ]]; then
    say 'the next deploy overwrites what is put back: the directory is a git checkout'
  fi
}

tell_unkept() {
  local path
  for path in "${CONFIG_FILES[@]}"; do
    if ! is_sum "${NOW_SHA[$path]}" && [[ ${NOW_SHA[$path]} != absent ]]; then say "$path: not kept, it is ${NOW_SHA[$path]}"; fi
  done
}
