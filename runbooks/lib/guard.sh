# shellcheck shell=bash
# First in every delivered script. Fixes the environment, because the agent sets neither HOME nor a known PATH, and
# refuses to run when a parameter did not arrive: an agent that is too old leaves it out and says nothing.

# Of what a unit of the agent or a file such as /etc/environment brings, only what is ours is kept: the rest is read by
# programs that root starts (TMPDIR, LD_PRELOAD, POSIXLY_CORRECT, plugins of database clients).
# bash lets nobody unset some of its own.
for name in $(compgen -e); do
  [[ $name =~ ^((AWS_)?SSM|RUNBELL|XDG_STATE)_ ]] || unset -v "$name" 2>/dev/null || export -n "${name?}"
done
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
