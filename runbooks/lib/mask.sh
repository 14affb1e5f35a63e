# shellcheck shell=bash
# Texts that hold users' data, made fit for a channel. No pattern finds every secret, so these say what may stay and not
# what must go.

# mask_statements: SQL, one statement a line. What stands before the first literal in quotes or comment stays: up to there
# it means the same under every sql_mode. Numbers go; a comment in front, as some frameworks write it, is left out.
mask_statements() {
  awk '{
    text = $0
    while (match(text, /^ *\/\*[^*]*\*\/ */)) text = substr(text, RLENGTH + 1)
    cut = match(text, /[^A-Za-z0-9_.,()=<>*+\/%!?:;@&|^~` -]|--|\/\*/)
    if (cut > 0) text = substr(text, 1, cut - 1)
    out = ""
    while (match(text, /[A-Za-z0-9_@]+/)) {
      word = substr(text, RSTART, RLENGTH)
      out = out substr(text, 1, RSTART - 1) (word ~ /^[0-9]/ ? "?" : word)
      text = substr(text, RSTART + RLENGTH)
    }
    out = out text
    gsub(/  +/, " ", out)
    if (length(out) > 90) { out = substr(out, 1, 90); cut = 1 }
    print out (cut > 0 ? "..." : "")
  }'
}

# Of a line of a log these words are told, beside its time, its level, SQLSTATE with its number, and names of classes of
# errors. Everything else may be somebody's secret.
readonly LOG_WORDS=' a access active again aggregate allowed already an and argument at attempt attempted attempts be been before
broken by bytes call called cannot class code column commit connect connecting connection connections could data database
deadlock default denied deleted description does doesn disk driver duplicate during entry error errors exceeded exception execution
exhausted exist exists failed fatal field file find for found from full function gone had has have host in integrity into is
job jobs key lock long lost lookup maximum member memory message method missing mysql name network no not null of on once open
or order out packet packets packet(s) parameter parent permission pipe port processed processing protocol_connection_lost query
queue reading received refused reset resolve restarting running seconds select server size socket space statement syntax table
temporary than the time timed timeout to too transaction try trying type unable undefined unexpected unique unknown update
user value violation wait was with write writing you your econnrefused econnreset etimedout epipe enotfound eai_again enoent
eacces emfile enospc eaddrinuse er_con_count_error er_access_denied_error er_lock_wait_timeout er_lock_deadlock
er_user_limit_reached er_too_many_user_connections er_host_is_blocked er_dup_entry er_parse_error many away left '

# mask_log: lines of a log; what is not told becomes one asterisk.
mask_log() {
  awk -v words="$LOG_WORDS" '
    BEGIN { count = split(words, list, /[ \n]+/); for (i = 1; i <= count; i++) known[list[i]] = 1 }
    function told(word, place,   bare) {
      if (place == 1 && word ~ /^\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/) return substr(word, 2)
      if (place == 2 && word ~ /^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\]$/) return substr(word, 1, 8)
      if (place < 4 && match(word, /^[a-z]+\.(EMERGENCY|ALERT|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG):$/)) return substr(word, index(word, ".") + 1)
      if (word ~ /^SQLSTATE\[[A-Z0-9]+\]:?$/ && length(word) < 17) return word
      if (before ~ /^SQLSTATE/ && word ~ /^\[[0-9]+\]:?$/ && length(word) < 8) return word
      if (length(word) < 81 && word ~ /^([A-Z][A-Za-z]+\\)*[A-Z][A-Za-z]*(Exception|Error):?$/) return word
      bare = tolower(word)
      sub(/^[(]/, "", bare)
      sub(/[.,:;!?)]+$/, "", bare)
      return bare in known ? word : ""
    }
    {
      out = before = gap = ""
      count = split($0, parts, " ")
      for (i = 1; i <= count && length(out) < 140; i++) {
        before = told(parts[i], i)
        if (before != "") { out = out (out == "" ? "" : " ") before; gap = "" }
        else if (gap == "") { out = out (out == "" ? "" : " ") "*"; gap = "yes" }
      }
      print out
    }'
}
