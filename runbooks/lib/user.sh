# shellcheck shell=bash
# Runs programs as the application's user, with nothing of our own environment and never as root.

RUN_USER=
RUN_UID=
RUN_ENV=()
# Of what is written as the user; find_pm2 takes that of the daemon, so that groups that share files go on to do so.
RUN_UMASK=0022

# choose_user NAME: from here on as_user acts as NAME, or the script is refused.
choose_user() {
  local entry home
  entry=$(outside 10 getent passwd "$1") || refuse "this host has no user $1"
  IFS=: read -r RUN_USER _ RUN_UID _ _ home _ < <(printf '%s\n' "$entry")
  [[ $RUN_UID =~ ^[0-9]{1,10}$ ]] || refuse "this host has no usable user $1"
  ((RUN_UID != 0)) || refuse "user $1 is root, and an application must not run as root"
  if ((EUID != 0 && EUID != RUN_UID)); then
    refuse "this script runs as user id $EUID and may not act as $1 (user id $RUN_UID)"
  fi
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

# signal_as_user SIGNAL PID: as the user, so that a pid that was given to somebody else meanwhile is safe.
signal_as_user() {
  # shellcheck disable=SC2016 # The inner shell expands it.
  as_user 5 sh -c 'kill -s "$1" "$2"' sh "${1#SIG}" "$2"
}
