# shellcheck shell=bash
# Runs programs as the application's user, with nothing of our own environment and never as root. That user may be looking
# into them and change what they say, so all of it is a stranger's text (read.sh).

RUN_USER=
RUN_UID=
RUN_ENV=()
# Of what is written as the user; find_pm2 takes that of the daemon, so that groups that share files go on to do so.
RUN_UMASK=0022

# choose_user NAME: from here on as_user acts as NAME, or the script is refused.
choose_user() {
  local entry uid home
  entry=$(outside 10 getent passwd "$1") || refuse "this host has no user $1"
  IFS=: read -r RUN_USER _ uid _ _ home _ < <(feed "$entry")
  read_number "$uid" 4294967295 || refuse "this host has no usable user $1"
  RUN_UID=$NUMBER
  ((RUN_UID != 0)) || refuse "user $1 is root, and an application must not run as root"
  if ((EUID != 0 && EUID != RUN_UID)); then
    refuse "this script runs as user id $EUID and may not act as $1 (user id $RUN_UID)"
  fi
  # Programs of the system come first, whatever find_pm2 adds behind them.
  RUN_ENV=(HOME="$home" USER="$RUN_USER" LOGNAME="$RUN_USER" LC_ALL=C PATH="$PATH")
}

# as_user SECONDS COMMAND...: later NAME=VALUE words may stand before the command.
as_user() {
  local seconds=$1 become=()
  shift
  if ((EUID == 0)); then become=(runuser -u "$RUN_USER" --); fi
  (
    umask "$RUN_UMASK"
    outside "$seconds" ${become[@]+"${become[@]}"} env -i "${RUN_ENV[@]}" "$@"
  )
}

# user_has TEST...: as test(1) has it, for what the user can see.
user_has() { as_user 5 test "$@"; }

# ask_user SECONDS COMMAND...: what it says, for a substitution.
ask_user() { as_user "$@" | heard "$1"; }

# there_as_user FOLDER SECONDS COMMAND...: root itself goes into no folder of the user.
# shellcheck disable=SC2016 # The inner shell expands it.
there_as_user() { as_user "$2" sh -c 'cd -- "$1" && shift && exec "$@"' sh "$1" "${@:3}"; }

# real_path PATH: as the user sees it, because his links may lead anywhere.
real_path() {
  local path
  path=$(ask_user 5 realpath -e -- "$1" 2>/dev/null) && [[ $path =~ ^/[\ -~]{0,999}$ ]] && printf '%s' "$path"
}

# signal_as_user SIGNAL PID: as the user, so that a pid that was given to somebody else meanwhile is safe.
signal_as_user() {
  # shellcheck disable=SC2016 # The inner shell expands it.
  as_user 5 sh -c 'kill -s "$1" "$2"' sh "${1#SIG}" "$2"
}
