# shellcheck shell=bash
# First in every delivered script. Fixes the environment, because the agent sets neither HOME nor a known PATH, and
# refuses to run when a parameter did not arrive: an agent that is too old leaves it out and says nothing.

# What a unit of the agent or a file such as /etc/environment may bring, and programs that root starts would read.
unset -v IFS BASH_ENV CDPATH TMPDIR TZ PHPRC LD_PRELOAD LD_LIBRARY_PATH POSIXLY_CORRECT LIBMYSQL_PLUGINS
set +o posix
export LC_ALL=C
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077
cd /

# guard NAME PATTERN: the parameter is there and matches, or the script ends here.
guard() {
  local variable=SSM_$1 pattern=$2 problem
  if [[ -z ${!variable+set} ]]; then
    problem="the SSM agent did not pass parameter $1: it must be version 3.3.2746.0 or newer"
  elif [[ ! ${!variable} =~ $pattern ]]; then
    problem="parameter $1 has a value that its pattern does not allow"
  else
    return 0
  fi
  printf '{"ending":"refused","reason":"%s; nothing was changed","lines":[],"processes":[],"dryRun":false}\n' "$problem"
  exit 20
}
