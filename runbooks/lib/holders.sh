# shellcheck shell=bash
# Who holds the database's connections: the sockets of this host, by process, joined with the server's list of sessions by
# address and port. What they count takes no login; how long a session sleeps does.

# A worker's own connection is used again and again; one that only ages was forgotten.
readonly IDLE_SECONDS=20 HOLDERS_TOLD=4 LOOKED_UP_MAX=20
HOLDER_PORTS='' MAX_CONNECTIONS=''
# By "address:port" of the client: how long its session sleeps, and whose it is. By name: sums. By pid: it was counted.
declare -A AGE=() OWNER=() HOLDS=() IDLE=() LONGEST=() PIDS=() UNIX=() COUNTED=()
declare -A UNIX_OF=() ELSEWHERE=() ADDRESS_OF=()
# By pid: its ends of connections to the database, one behind the other. SEEN_IN: networks of which they are read.
declare -A ENDS_OF=()
SEEN_IN=' ' END=''
HOLDER_LINES=()
SESSIONS=0

# add_session HOST COMMAND SECONDS: as the server's list has them.
add_session() {
  read_number "$3" 999999999 && [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9.:_-]{0,254}$ ]] || return 0
  SESSIONS=$((SESSIONS + 1))
  if [[ $1 != *:* ]]; then return 0; fi
  client_end "$1"
  AGE[$END]=0
  if [[ $2 == Sleep ]]; then AGE[$END]=$NUMBER; fi
}

# client_end HOST: END, "address:port" as the kernel has it. The server may have looked up a name; of IPv6 the port has to do.
client_end() {
  local host=${1%:*} address
  if [[ $host == *:* ]]; then
    address=v6
  elif [[ $host =~ ^[0-9.]+$ ]]; then
    address=$host
  else
    # Asked once: there are many sessions, few hosts, and perhaps a slow name server.
    address=${ADDRESS_OF[$host]:-}
    if [[ -z $address ]] && ((${#ADDRESS_OF[@]} < LOOKED_UP_MAX)); then address=$(outside 2 getent ahostsv4 -- "$host" | sed -n '1s/ .*//p') || address=; fi
    address=${address:-$host}
    ADDRESS_OF[$host]=$address
  fi
  END=$address:${1##*:}
}

# read_unix_sockets: how many connections each pid has to a unix socket of a database; whose session which is, nobody says.
read_unix_sockets() {
  local pid count
  while read -r count pid; do
    if [[ $pid =~ ^[1-9][0-9]{0,9}$ ]] && read_number "$count" 999999; then UNIX_OF[$pid]=$NUMBER; fi
  done < <(outside 5 ss -xHnp state established 2>/dev/null | awk '
    { self = $5; peer = $7; pid = ""
      if (match($0, /pid=[0-9]+/)) pid = substr($0, RSTART + 4, RLENGTH - 4)
      if ($4 ~ /\/(mysqld?|mariadbd?)[^\/]*\.sock$/) of_database[peer] = 1
      else if (pid != "") owner[self] = pid }
    END { for (one in owner) if (one in of_database) print owner[one] }' | sort | uniq -c)
}

# add_holder NAME PID: its connections and those of its children, and how long the sessions behind them sleep.
add_holder() {
  local end pid count=0
  local -A mine=()
  if [[ ${2:-0} == 0 ]]; then return 0; fi
  read_ends "$2"
  for pid in $(with_children "$2" 0); do
    COUNTED[$pid]=yes
    if [[ -n ${UNIX_OF[$pid]:-} ]]; then UNIX[$1]=$((${UNIX[$1]:-0} + ${UNIX_OF[$pid]})) count=$((count + ${UNIX_OF[$pid]})); fi
    for end in ${ENDS_OF[$pid]:-}; do
      # Children may have it from their parent.
      if [[ -n ${mine[$end]:-} ]]; then continue; fi
      mine[$end]=yes
      count=$((count + 1))
      add_end "$1" "$end"
    done
  done
  HOLDS[$1]=$((${HOLDS[$1]:-0} + count)) PIDS[$1]+=" $2:$count"
}

add_end() {
  local age=${AGE[$2]:-}
  if [[ -z $age ]]; then return 0; fi
  OWNER[$2]=$1
  if ((age > IDLE_SECONDS)); then IDLE[$1]=$((${IDLE[$1]:-0} + 1)); fi
  if ((age > ${LONGEST[$1]:-0})); then LONGEST[$1]=$age; fi
}

# read_ends PID: ENDS_OF, for all processes at once, because there may be thousands; once for each network of a PID.
read_ends() {
  local pid end network
  network=$(readlink "/proc/$1/ns/net") || return 0
  if [[ $SEEN_IN == *" $network "* ]]; then return 0; fi
  SEEN_IN+="$network "
  while read -r pid end; do ENDS_OF[$pid]+="$end "; done < <(local_ends "$1")
}

# local_ends PID: "pid address:port" of each connection to one of the database's ports in the network of PID, with this
# host's end. Two hex digits of an address are one of its numbers, the last first; IPv4 within IPv6 is the end of it.
local_ends() {
  {
    outside 10 find /proc/[0-9]*/fd -lname 'socket:*' -printf 's %l %h\n' 2>/dev/null || true
    outside 5 cat -- "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null || true
  } | awk -v ports="$HOLDER_PORTS" '
    function number(hex,   at, sum) { for (at = 1; at <= length(hex); at++) sum = sum * 16 + index("0123456789ABCDEF", substr(hex, at, 1)) - 1; return sum + 0 }
    function address(hex) {
      if (length(hex) == 32 && substr(hex, 1, 24) != "0000000000000000FFFF0000") return "v6"
      hex = substr(hex, length(hex) - 7)
      return number(substr(hex, 7, 2)) "." number(substr(hex, 5, 2)) "." number(substr(hex, 3, 2)) "." number(substr(hex, 1, 2))
    }
    BEGIN { count = split(ports, list, ","); for (i = 1; i <= count; i++) wanted[sprintf("%04X", list[i])] = 1 }
    $1 == "s" { gsub(/[^0-9]/, "", $2); gsub(/[^0-9]/, "", $3); own[$2] = own[$2] " " $3; next }
    $4 == "01" { split($3, peer, ":"); split($2, self, ":")
      if (!(peer[2] in wanted && $10 in own)) next
      count = split(own[$10], pids, " ")
      for (i = 1; i <= count; i++) print pids[i], address(self[1]) ":" number(self[2]) }'
}

# add_others: programs of this host that are not the application's, by their name.
add_others() {
  local pid name
  while read -r pid name; do
    [[ $pid =~ ^[1-9][0-9]{0,9}$ && $name =~ ^[A-Za-z0-9_.:-]{1,20}$ && -z ${COUNTED[$pid]:-} ]] || continue
    add_holder "another program ($name)" "$pid"
  done < <({
    outside 5 ss -Htnp state established 2>/dev/null | awk -v ports=",$HOLDER_PORTS," '{ port = $4; sub(/.*:/, "", port); if (index(ports, "," port ",")) print }'
  } | sed -nE 's/.*users:\(\("([^"]{1,20})",pid=([0-9]+),.*/\2 \1/p' | sort -u)
}

# holder_lines: who holds most, first, into HOLDER_LINES.
holder_lines() {
  local name count line
  while IFS=$'\t' read -r count name; do
    line="$name holds $count${MAX_CONNECTIONS:+ of $MAX_CONNECTIONS} connections"
    if ((SESSIONS > 0)); then line+=", ${IDLE[$name]:-0} idle > $IDLE_SECONDS s (longest ${LONGEST[$name]:-0} s)"; fi
    if [[ -n ${UNIX[$name]:-} ]]; then line+=", ${UNIX[$name]} through the unix socket, whose ages are not known"; fi
    HOLDER_LINES+=("$line, pids${PIDS[$name]:- none}")
  done < <(for name in "${!HOLDS[@]}"; do printf '%s\t%s\n' "${HOLDS[$name]}" "$name"; done | sort -rn | awk -v most="$HOLDERS_TOLD" '
    NR == 1 || ($1 > 0 && NR <= most)')
  elsewhere_line
}

# Sessions without a socket here, by the address that the server sees.
elsewhere_line() {
  local end seen=0 list='' name count
  for end in "${!AGE[@]}"; do
    if [[ -n ${OWNER[$end]:-} ]]; then continue; fi
    ELSEWHERE[${end%:*}]=$((${ELSEWHERE[${end%:*}]:-0} + 1)) seen=$((seen + 1))
  done
  if ((seen == 0)); then return 0; fi
  while IFS=$'\t' read -r count name; do list+="${list:+, }$count from $name"; done < <(
    for name in "${!ELSEWHERE[@]}"; do printf '%s\t%s\n' "${ELSEWHERE[$name]}" "$name"; done | sort -rn | head -n 3
  )
  HOLDER_LINES+=("$seen of $SESSIONS sessions are not on this host (another host, a proxy, a container, or just closed): $list")
}
