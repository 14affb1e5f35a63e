#!/bin/bash
set -euo pipefail
# Says what a rollback would change: per file how many lines come and go, and the names of the keys in them. Never a
# value: no pattern tells secrets from the rest reliably.

source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/config-store.sh

main() {
  local path is_same=yes
  begin
  choose_user "${SSM_User:?}"
  open_store "${SSM_Directory:?}" "${SSM_ConfigFiles:?}" "${SSM_Kind:?}" || refuse "$CONFIG_WHY"
  read_now
  choose_version "${SSM_Version:?}" || refuse "$CONFIG_WHY"
  if [[ -z $VERSION ]]; then nothing_to_do "$CONFIG_WHY"; fi
  say "version $VERSION of $KEPT_AT, put back over what is there now:"
  for path in "${CONFIG_FILES[@]}"; do
    if is_changed "$path"; then is_same=no && tell_difference "$path"; fi
  done
  if [[ $is_same == yes ]]; then nothing_to_do "version $VERSION of $KEPT_AT has the same files"; fi
  tell_release
  done_well
}

tell_difference() {
  local path=$1 difference come go keys
  if [[ ${NOW_SHA[$path]} == absent ]]; then
    say "$path: is not there now, and would come back"
    return 0
  fi
  if ! is_sum "${NOW_SHA[$path]}"; then
    say "$path: is ${NOW_SHA[$path]} now, so it cannot be put back"
    return 0
  fi
  if [[ ${NOW_SHA[$path]} == "${KEPT_SHA[$path]}" ]]; then
    say "$path: same content; mode, user and group ${NOW_META[$path]} would be ${KEPT_META[$path]}"
    return 0
  fi
  if ! difference=$(content_of "$TREE/$path" | { outside_with_input diff --text - "${KEPT_COPY[$path]}" || (($? == 1)); }); then
    say "$path: could not be compared, perhaps it was being changed meanwhile"
    return 0
  fi
  come=$(grep -c '^> ' < <(feed "$difference")) || true
  go=$(grep -c '^< ' < <(feed "$difference")) || true
  keys=$(keys_of < <(feed "$difference"))
  say "$path: $come lines would come back and $go go; keys: ${keys:-none}"
}

outside_with_input() { timeout --kill-after=3 10 "$@" 8>&- 9>&-; }

# Left sides alone: 'name' => in PHP, NAME= in .env, name: in JavaScript. Whatever else a line holds stays here.
keys_of() {
  sed -nE -e "s/^[<>] +['\"]([A-Za-z][A-Za-z0-9_]{0,30})['\"] *=>.*/\1/p" \
    -e 's/^[<>] ([A-Z][A-Z0-9_]{0,30})=.*/\1/p' -e 's/^[<>] +([a-z][a-z_]{0,30}): .*/\1/p' | sort -u | head -n 8 | paste -sd ' '
}

main "$@"
