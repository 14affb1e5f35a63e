#!/bin/bash
set -euo pipefail
# Keeps a copy of the application's configuration files when they differ from the last copy.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/config-store.sh

main() {
  begin
  choose_user "${SSM_User:?}"
  open_store "${SSM_Directory:?}" "${SSM_ConfigFiles:?}" "${SSM_Kind:?}" || refuse "$CONFIG_WHY"
  read_now
  tell_unkept
  if is_dry_run; then tell_plan; fi
  keep
}

tell_plan() {
  local last path count=0
  read_number "$(newest)" 999999999 || true
  last=$NUMBER
  for path in "${CONFIG_FILES[@]}"; do if is_sum "${NOW_SHA[$path]}"; then count=$((count + 1)); fi; done
  if read_version "$last" && is_now; then
    say "version $last of $KEPT_AT has the same $count files: no copy would be made"
  else
    say "$count files would be kept as version $((last + 1))"
  fi
  done_well
}

keep() {
  local status=0
  if ! make_store; then refuse "$STORE cannot be used"; fi
  read_number "${SSM_Keep:?}" 99 || refuse "Keep is no number"
  keep_version snapshot "$NUMBER" || status=$?
  case $status in
    0) ;;
    2) nothing_to_do "version $VERSION of $KEPT_AT has the same files" ;;
    *) refuse "$CONFIG_WHY" ;;
  esac
  read_version "$VERSION" || fail "version $VERSION was written and cannot be read"
  say "${#KEPT_SHA[@]} files are kept as version $VERSION; $(versions | wc -l) versions are there"
  tell_release
  done_well
}

main "$@"
