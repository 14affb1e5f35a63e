#!/bin/sh
# Every program of the attacker, by its name: what a script of root's reaches as the application's user. It leaves a
# mark that belongs to whoever ran it, says which descriptors it was handed, and answers as `mode` says.
name=${0##*/}
here=${0%/bin/*}
canaries=$here/canaries
export PATH=/usr/bin:/bin
: >"$canaries/ran-$name.$$"
# What it may write to: a file of root's, or whatever is neither input nor output. 10 and 11 are this shell's own.
find "/proc/$$/fd" -mindepth 1 -perm -200 \( -lname "${here%/*}/state/*" -o ! -name '[012]' ! -name '1[01]' \) \
  ! -lname /dev/null -printf '%f %l\n' >"$canaries/handed-$name.$$"
read -r mode who <"$here/mode"

# own: what speaks for the application; system: what lies beside node under the name of a program of the system.
case $name in
  node | php | php-fpm | health | clear-pages) kind=own ;;
  *) kind=system ;;
esac
asked=$name

# Everybody, one kind, one program, or one question alone.
is_liar() { case $who in all | "$kind" | "$name" | "$asked") [ "$mode" != honest ] ;; *) false ;; esac }

answer() {
  asked=$1
  : >"$canaries/asked-$1.$$"
  folder=honest
  if is_liar && { [ "$mode" = text ] || [ "$mode" = first ]; }; then folder=lying; fi
  file=$here/$folder/$1
  if [ ! -e "$file" ]; then file=$here/$folder/any; fi
  if [ "$1" = list ]; then look_at_worker; fi
  sed "s/@PID@/${pid:-0}/g; s/@RESTARTS@/${restarts:-0}/g" "$file"
}

# leave [STATUS]: what comes behind the answer.
leave() {
  is_liar || exit "${1:-0}"
  case $mode in
    huge) head -c 8000000 /dev/zero | tr '\0' A ;;
    endless) exec yes AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ;;
    holder) HOSTILE="$here" setsid sleep 600 & ;;
    silent) HOSTILE="$here" exec sleep 600 ;;
    cut) exit 137 ;;
  esac
  exit "${1:-0}"
}

# --- a PM2 of its own ---

start_worker() {
  HOSTILE="$here" QUEUE_CONNECTION=$(cat "$here/lying/any") setsid bash "$here/worker.sh" \
    </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  while ! [ -s "$here/worker.pid" ]; do sleep 0.05; done
}

look_at_worker() {
  read -r pid 2>/dev/null <"$here/worker.pid" || pid=0
  read -r restarts <"$here/restarts"
  if ! [ -e "/proc/$pid/exe" ]; then
    rm -f "$here/worker.pid"
    start_worker
    read -r pid <"$here/worker.pid"
    restarts=$((restarts + 1))
    printf '%s\n' "$restarts" >"$here/restarts"
  fi
}

end_worker() {
  look_at_worker
  kill -TERM "$pid"
  while [ -e "/proc/$pid/exe" ]; do sleep 0.05; done
  look_at_worker
}

of_node() {
  case "$*" in
    *'console.log("o"'*) answer list ;;
    *'console.log("f"'*) answer file ;;
    *' restart '* | *' reload '* | *' startOr'*) end_worker ;;
  esac
  leave
}

# --- PHP, which boots an application and asks its database ---

of_php() {
  case "$*" in
    *'runbell row'*)
      while IFS='	' read -r key fragment; do
        case "$*" in *"$fragment"*) answer "rows-$key" && leave ;; esac
      done <"$here/queries"
      answer rows-other
      ;;
    *getCachedRoutesPath*) answer boot ;;
    *'runbell fact'*) answer facts ;;
    *:clear*)
      find bootstrap/cache -name config.php -delete
      answer any
      ;;
    *) answer any ;;
  esac
  leave
}

# --- a program of the system ---

of_system() {
  if is_liar; then
    case $mode in
      text) answer any && exit ;;
      first) answer any ;;
    esac
  fi
  for folder in /usr/bin /bin /usr/sbin /sbin; do
    if [ ! -x "$folder/$name" ]; then continue; fi
    status=0
    "$folder/$name" "$@" || status=$?
    leave "$status"
  done
  exit 127
}

case $name in
  node) of_node "$@" ;;
  php) of_php "$@" ;;
  php-fpm) answer fpm && leave ;;
  health | clear-pages) answer any && leave ;;
  *) of_system "$@" ;;
esac
