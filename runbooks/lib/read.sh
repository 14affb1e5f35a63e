# shellcheck shell=bash
# The readers. What a user's program, PHP, PM2, /proc, a file of the application, a database or the network says is a
# stranger's text until one of them has taken it: where bash expects a number, it runs what "x[$(command)]" names. Nothing
# else assigns NUMBER, and this is the only file in which npm run check believes a pattern.

# shellcheck disable=SC2034 # The scripts read them.
NUMBER=0 STATE=''

# read_number TEXT MOST: NUMBER, from 0 to MOST. Status 1, and 0, where TEXT is no such number: a sign, a space, or a zero
# in front, which makes it octal.
read_number() {
  NUMBER=0
  [[ $1 =~ ^(0|[1-9][0-9]{0,14})$ ]] && ((BASH_REMATCH[1] <= $2)) && NUMBER=${BASH_REMATCH[1]}
}

# read_bits TEXT: NUMBER, whose bits are those of a mask in hex.
read_bits() {
  NUMBER=0
  [[ $1 =~ ^[0-9a-f]{1,16}$ ]] && NUMBER=$((16#$1))
}

# read_name TEXT: it may be told, compared and looked up; @ alone would be all that an array has.
read_name() { [[ $1 =~ ^[A-Za-z0-9_.:@-]{1,64}$ && $1 != @ ]]; }

# read_path TEXT: absolute, and without a character that means something to anybody.
read_path() { [[ $1 =~ ^/[A-Za-z0-9_@.+/-]{1,300}$ ]]; }

# read_state TEXT WORDS...: STATE is the one of WORDS that TEXT is; status 1: none of them.
# shellcheck disable=SC2034 # The scripts read it.
read_state() {
  local one
  STATE=unknown
  for one in "${@:2}"; do
    if [[ $1 == "$one" ]]; then STATE=$one; fi
  done
  [[ $STATE != unknown ]]
}
