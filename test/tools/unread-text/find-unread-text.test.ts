// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of bash
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findUnreadText, unreadText } from './find-unread-text.ts';

const RUNBOOKS = join(import.meta.dirname, '..', '..', '..', 'runbooks');

/** What is found in a script whose `$text` is a stranger's. */
const found = (script: string): readonly string[] => unreadText(new Map([['a.sh', `text=$(program)\n${script}\n`]]));

describe('a text that nobody has read', () => {
  it.each([
    ['((text > 0))', 'arithmetic'],
    ['(( $text > 0 ))', 'arithmetic'],
    ['if ((1 + text)); then :; fi', 'arithmetic'],
    ['x=$((text * 2))', 'arithmetic'],
    ['x="$(( 1 + ${text} ))"', 'arithmetic'],
    ['((x = text))', 'arithmetic'],
    ['((text += 1))', 'arithmetic'],
    ['((text++))', 'arithmetic'],
    ['((16#$text))', 'arithmetic'],
    ['(( $(program) > 1 ))', 'arithmetic'],
    ['for ((i = text; i < 3; i++)); do :; done', 'arithmetic'],
    ['for ((i = 0; i < text; i++)); do :; done', 'arithmetic'],
    ['echo "$(echo $((text)))"', 'arithmetic'],
    ['cat < <(echo $((text)))', 'arithmetic'],
    ['case x in x) ((text)) ;; esac', 'arithmetic'],
    ['while ((text)); do :; done', 'arithmetic'],
    ['f() { ((text)); }', 'arithmetic'],
    ['(((text)))', 'arithmetic'],
    ['! ((text))', 'arithmetic'],
    ['true && ((text)) || false', 'arithmetic'],
    ["trap '((text))' EXIT", 'arithmetic'],
    ['[[ $text -gt 3 ]]', '[[ -gt ]]'],
    ['[[ 3 -eq "$text" ]]', '[[ -eq ]]'],
    ['[[ a == b && ( text -lt 3 || c ) ]]', '[[ -lt ]]'],
    ['[[ x$text -ne 1 ]]', '[[ -ne ]]'],
    ['[[ -v $text ]]', '[[ -v ]]'],
    ['[[ -v a[$text] ]]', '[[ -v ]]'],
    ['test -v "$text"', 'test -v'],
    ['[ -v "$text" ]', 'test -v'],
    ['echo "${other:$text}"', 'a slice'],
    ['echo "${other:0:text}"', 'a slice'],
    ['echo "${@:$text}"', 'a slice'],
    ['echo "${list[@]:0:$text}"', 'a slice'],
    ['echo "${list[$text]}"', 'a subscript'],
    ['echo "${list[text]}"', 'a subscript'],
    ['echo "${list[$(program)]}"', 'a subscript'],
    ['echo "${list[text]:-none}"', 'a subscript'],
    ['list[$text]=1', 'a subscript'],
    ['list[text]+=1', 'a subscript'],
    ['local list[$text]=1', 'a subscript'],
    ['unset "list[text]"', 'a subscript'],
    ['read -r "list[text]"', 'a subscript'],
    ["printf -v 'list[text]' %s 1", 'a subscript'],
    ['((list[text] > 1))', 'a subscript'],
    ['declare -A map=(); ((map[$text] > 1))', 'a subscript'],
    ["declare -A map=(); unset 'map[$text]'", 'a subscript'],
    ['unset "list[$text]"', 'a name given to unset'],
    ['unset "$text"', 'a name given to unset'],
    ['printf -v "$text" %s 1', 'a name given to printf -v'],
    ['printf "$text"', 'the format of printf'],
    ['read -r "$text"', 'a name given to read'],
    ['read -r -a "$text"', 'a name given to read'],
    ['mapfile -t "$text"', 'a name given to read'],
    ['local "$text"', 'a name given to local'],
    ['declare "$text=1"', 'a name given to declare'],
    ['export "$text"', 'a name given to export'],
    ['readonly $text', 'a name given to readonly'],
    ['echo "${!text}"', 'an indirect expansion'],
    ['echo "${!text-none}"', 'an indirect expansion'],
    ['"$text" 1', 'the name of a command'],
    ['$text', 'the name of a command'],
    ['true | $text', 'the name of a command'],
    ['exec "$text"', 'the name of a command'],
    ['"$(program)" 1', 'the name of a command'],
    ['"${list[@]}" 1; list=("$text")', 'the name of a command'],
    ['sh -c "$text"', 'a program for sh'],
    ['outside 5 bash -c "echo $text"', 'a program for bash'],
    ['xargs /bin/sh -ec "$text"', 'a program for /bin/sh'],
    ['awk "{ print $text }"', 'a program for awk'],
    ['awk -v a=1 "$text"', 'a program for awk'],
    ['sed -n "s/a/$text/p"', 'a program for sed'],
    ['as_user 5 "$node" -e "$text"', 'a program for -e'],
  ])('is found in %s', (script, where) => {
    const findings = found(script).filter((one) => one.includes(`: ${where} needs `));
    expect(findings[0]).toMatch(/^a\.sh:2: .* may hold .*what a program says/);
  });

  it.each([
    ['eval "$text"', 'eval reads its words as a script'],
    ['eval true', 'eval reads its words as a script'],
    ['let "x = 1"', 'let reads its words as a script'],
    ['compgen -W "$text"', 'compgen reads its words as a script'],
    ['source "$text"', 'source of "$text"'],
    ['. ./other.sh', 'source of ./other.sh'],
    ['trap "$text" EXIT', 'the text of a trap is computed: "$text"'],
    ['declare -i x=1', 'declare -i makes of an assignment something else'],
    ['local -n x=text', 'local -n makes of an assignment something else'],
    ['NUMBER=3', 'only the readers of runbooks/lib/read.sh set NUMBER'],
    ['echo `program`', 'not understood: backticks and $"" are not used here'],
    ['echo "${text@P}"', 'not understood: an expansion with @ can run what a text holds'],
    ['list=([$text]=1)', 'not understood: a list with subscripts'],
    ['cat <<EOF\n$((text))\nEOF', 'not understood: here-documents and here-strings need a file in /tmp'],
    ['select x in a; do :; done', 'not understood: a keyword that is not used here'],
    ['if true; then echo "a" "', 'not understood: expected'],
  ])('could be in %s, which is refused', (script, what) => {
    expect(found(script).join('\n')).toContain(what);
  });
});

describe('a script that is well', () => {
  it.each([
    'a=3; ((a > 2))',
    'a=; ((a == 0))',
    'a=-1; [[ $a -lt 0 ]]',
    'a=$((3 + 4)); b=$((a * 2)); ((b > a))',
    'a=${#text}; ((a > 3))',
    'list=("$text"); ((${#list[@]} > 1))',
    'list=("$text"); for i in "${!list[@]}"; do echo "${list[i]}" "${list[$i]}"; done',
    'for i in 1 2 3; do ((i)); done',
    'for i in {1..20}; do ((i)); done',
    'for ((i = 0; i < 3; i++)); do ((i)); done',
    'program || status=$?; ((status == 4))',
    '(($# > 1))',
    'a=${!-}; ((a)); ((${!:-0}))',
    '((EUID == 0))',
    'read_number "$text" 9; a=$NUMBER; ((a > NUMBER))',
    'f() { local a; ((a)); }; a=$text',
    'f() { local text=3; ((text)); }',
    'f() { ((${1:-3} > 2)); }; f; f 4',
    'f() { local a=$1; shift; ((a)); g "$a" "$@"; }; g() { (($1)); }; f 3 "$text"',
    'f() { if (($1 < 5)); then f $(($1 + 1)); fi; }; f 0',
    'f() { echo "${list[$2 - 3]}"; }; f "$text" 22',
    'declare -A map=(); map[$text]=1; echo "${map[$text]}" "${map[$text]:-none}"',
    'f() { local -A map=(); map[$text]=1; }',
    'declare -A map=(); map[x]=3; ((${map[$text]:-0} > 1))',
    '[[ $text == 3 && -n $text && $text =~ ^[0-9]+$ || ! -e $text ]]',
    '[[ $text =~ ^(a|b\\ c)\\ ([0-9]{1,3})$ ]] && echo "${BASH_REMATCH[1]}"',
    'case $text in a | b) echo 1 ;; *) ;; esac',
    'echo "${text%% *}" "${text//[^ -~]/?}" "${text:0:10}" "${@:2}"',
    'printf \'%s %s\\n\' "$text" 3',
    'printf -v a \'%s\' "$text"',
    'read -r a b < <(printf "%s\\n" "$text")',
    'while IFS=: read -r a _; do echo "$a"; done < <(program) || true',
    'unset "list[3]"; list=()',
    'readonly PROGRAM=\'echo "$1"\'; sh -c "$PROGRAM" sh "$text"',
    'awk -v a="$text" \'{ print a }\'; sed -nE \'s/a/b/p\' "$text"; grep -e "$text"',
    'as_user 5 test -r "$text" -a -e "$text"',
    "trap 'status=$?' EXIT; trap - EXIT",
    'f() { local variable=SSM_$1; [[ -z ${!variable+set} ]]; }; f RunId; f Depth',
    '{ program; } 2>/dev/null >"$text" || exit 3 # ((text))',
    'exec 9>>"$text"; exec >/dev/null 2>&1; command -v "$text"',
    'a=(one "${list[@]}") b=2 program "$text" | other & wait',
  ])('has nothing found: %s', (script) => {
    expect(found(script)).toEqual([]);
  });
});

describe('what was open once', () => {
  const CONFIG_STORE =
    'content_of() {\nlocal size\nsize=$(as_user 5 stat -c %s -- "$1") && ((size <= 9)) && as_user 10 cat -- "$1"\n}';
  const END_IDLE =
    "look_after() {\nlocal left='?' list\nleft=$(database_rows \"SELECT COUNT(*)\") || left='?'\nif ((left > 0)); then fail; fi\n}";

  it.each([
    ['a size from the user’s stat', CONFIG_STORE, 'size may hold what a program says'],
    ['a count from the database', END_IDLE, 'left may hold what a program says'],
  ])('is found again: %s', (_, script, what) => {
    expect(unreadText(new Map([['a.sh', script]])).join()).toContain(what);
  });
});

describe('the scripts of the runbooks', () => {
  const ids = readdirSync(RUNBOOKS).filter((name) => name !== 'lib');
  it.each(ids)('%s lets bash do nothing with a text that nobody has read', (id) => {
    expect(findUnreadText(RUNBOOKS, id)).toEqual([]);
  });
});
