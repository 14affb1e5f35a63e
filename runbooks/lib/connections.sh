# shellcheck shell=bash
# Counts a process's connections to the database in /proc: it takes no login, so it works while the server refuses
# everybody, and in the network namespace of the process.

# connections_of PID PORTS: how many TCP connections PID and its children have to one of PORTS (joined with commas).
# "?" where that cannot be seen. Unix sockets are not counted: the kernel does not say whose other end they have.
connections_of() {
  local pid folders=()
  for pid in $(with_children "$1" 0); do folders+=("/proc/$pid/fd"); done
  if ! ls -- "/proc/$1/fd" >/dev/null 2>&1; then
    printf '?'
    return 0
  fi
  # The inodes of its sockets first, then those of the table that are established (01) to one of the ports.
  {
    outside 5 find "${folders[@]}" -lname 'socket:*' -printf 's %l\n' 2>/dev/null || true
    outside 5 cat -- "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null || true
  } | awk -v ports="$2" '
    BEGIN { count = split(ports, list, ","); for (i = 1; i <= count; i++) wanted[sprintf("%04X", list[i])] = 1 }
    $1 == "s" { gsub(/[^0-9]/, "", $2); own[$2] = 1; next }
    $4 == "01" { split($3, peer, ":"); if (peer[2] in wanted && $10 in own) found++ }
    END { printf "%d", found }'
}

# with_children PID DEPTH
with_children() {
  local list children child
  printf '%s ' "$1"
  (($2 < 5)) || return 0
  for list in "/proc/$1"/task/*/children; do
    children=
    { read -r -d '' children <"$list"; } 2>/dev/null || true
    for child in $children; do with_children "$child" $(($2 + 1)); done
  done
}
