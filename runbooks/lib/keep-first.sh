# shellcheck shell=bash
# What every script that changes something does before it does.

source ../lib/config-store.sh

# keep_first: what is there is kept before this run changes anything; the same files make no new version. A run that
# changes no configuration itself (RUNBELL_SNAPSHOT=wanted in its manifest) goes on without.
# shellcheck disable=SC2034 # runbook.sh puts it into the result.
keep_first() {
  local status=0
  may_change
  if ! open_store "${SSM_Directory:?}" "${SSM_ConfigFiles:?}" "${SSM_Kind:?}"; then
    status=1
  elif ! make_store; then
    CONFIG_WHY="$STORE cannot be used" status=1
  else
    read_now
    keep_version "before $RUNBELL_RUNBOOK" 99 || status=$?
  fi
  if ((status == 0)); then LAST_LINE="before it, the configuration was kept as version $VERSION"; fi
  if ((status != 1)); then return 0; fi
  LAST_LINE="before it, no copy of the configuration was kept: $CONFIG_WHY"
  if [[ $RUNBELL_SNAPSHOT == needed ]]; then refuse "no copy of the configuration could be kept: $CONFIG_WHY"; fi
}
