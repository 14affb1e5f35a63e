// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of bash
import { describe, expect, it } from 'vitest';
import { unreadText } from './find-unread-text.ts';

/** What is found in a script whose `$text` is a stranger's. */
const found = (script: string): readonly string[] => unreadText(new Map([['a.sh', `text=$(program)\n${script}\n`]]));

describe('where a text comes from', () => {
  it.each([
    ['a variable that is set from it', 'a=$text; b=$a; ((b))'],
    ['one of two assignments', 'a=1; if x; then a=$text; fi; ((a))'],
    ['a later assignment, because a loop comes back', 'a=1; while ((a)); do a=$text; done'],
    ['a default', 'a=1; ((${a:-$text}))'],
    ['what is assigned by a default', ': "${a:=$text}"; ((a))'],
    ['an element of a list', 'a=(1 "$text"); ((a[0]))'],
    ['an element that was added', 'a=(); a+=("$text"); ((${a[0]}))'],
    ['a loop over a list', 'for a in 1 "$text"; do ((a)); done'],
    ['a loop over what a program says', 'for a in $(program); do ((a)); done'],
    ['a loop over words of a text', 'for a in $text; do ((a)); done'],
    ['what is read', 'read -r _ a; ((a))'],
    ['what is read into a list', 'read -r -a a; ((a[0]))'],
    ['lines that are read', 'mapfile -t a; ((${a[0]}))'],
    ['what printf makes', 'printf -v a %s "$text"; ((a))'],
    ['an environment that nobody here has set', '((SSM_Seconds))'],
    ['a part of a number, which may begin with a zero', 'a=105; ((${a#1}))'],
    ['a name', 'a=other; ((a))'],
    ['a number that is octal', 'a=010; ((a))'],
    ['a number that is too long', 'a=99999999999999999999; ((a))'],
    ['a match', '[[ $text =~ ^([0-9]+)$ ]]; ((BASH_REMATCH[1]))'],
    ['the keys of an associative array', 'declare -A m=(); for a in "${!m[@]}"; do ((a)); done'],
    ['an argument', 'f() { (($1)); }; f "$text"'],
    ['an argument of one of two calls', 'f() { (($2)); }; f 1 2; f 1 "$text"'],
    ['an argument behind a list', 'f() { (($2)); }; l=("$text" "$text"); f "${l[@]}"'],
    ['an argument behind words that may be none', 'f() { (($1)); }; e=; f $e "$text"'],
    ['an argument behind a shift', 'f() { shift; (($1)); }; f 1 "$text"'],
    ['an argument behind a shift that may not happen', 'f() { if x; then shift; fi; (($2)); }; f "$text"'],
    ['arguments that are passed on', 'f() { g "$@"; }; g() { (($2)); }; f 1 "$text"'],
    ['arguments that are passed on from the second', 'f() { g "${@:2}"; }; g() { (($1)); }; f 1 "$text"'],
    ['a loop over arguments', 'f() { for a in "$@"; do ((a)); done; }; f 1 "$text"'],
    ['arguments of the script', '(($1))'],
    ['a global that another function sets', 'f() { a=$text; }; g() { ((a)); }; a=1'],
    ['a local that a function below sets', 'f() { local a=1; g; ((a)); }; g() { a=$text; }'],
    ['a local of the function above', 'f() { local a=$text; g; }; g() { ((a)); }'],
    ['a global before a local hides it', 'a=$text\nf() {\n((a))\nlocal a=1\n}'],
    ['a global that a local may not hide', 'a=$text; f() { if x; then local a=1; fi; ((a)); }'],
    ['a circle of calls', 'f() { (($1)); g "$2"; }; g() { f 1 "$text"; f "$1"; }; g 1'],
  ])('is followed through %s', (_, script) => {
    expect(found(script).filter((one) => /arithmetic needs a number/.test(one))).not.toEqual([]);
  });

  it('is told with each place on its way', () => {
    expect(found('f() { (($1)); }\na=$text\nf "$a"')).toEqual([
      'a.sh:2: arithmetic needs a number, and $1 may hold what a program says (a.sh:1) (a.sh:3) (a.sh:4)',
    ]);
  });
});
