// What a line of code is, by its look alone. Lines may be normalised: without indentation, or lower-cased
// with symbols set apart.

export type LineKind = 'comment' | 'import' | 'test' | 'data' | 'boilerplate' | 'structure' | 'logic';

/** One kind a line. Knows of comments and docstrings that go on over lines. */
export function kindsOfLines(lines: readonly string[]): readonly LineKind[] {
  let closing: RegExp | undefined;
  const lastOf = new Map<RegExp, number>();
  const isClosedAfter = (close: RegExp, at: number): boolean => {
    const last = lastOf.get(close) ?? lines.findLastIndex((line) => close.test(line));
    lastOf.set(close, last);
    return last > at;
  };
  return lines.map((raw, i) => {
    // A dot matches none of these, and a pattern that fails there would try every way to get so far.
    const line = raw.trim().replace(/[\r\u2028\u2029]/g, ' ');
    if (closing) {
      if (closing.test(line)) closing = undefined;
      return 'comment';
    }
    const opening = blockComments.find(([open]) => open.test(line));
    if (opening) {
      const [open, close] = opening;
      const rest = line.replace(open, '');
      // A closing mark without an opening one: the fragment began inside.
      if (!close.test(rest) && isClosedAfter(close, i)) closing = close;
      return 'comment';
    }
    return kindOfLine(line);
  });
}

function kindOfLine(line: string): LineKind {
  return lineRules.find(([pattern]) => pattern.test(line))?.[1] ?? 'logic';
}

const blockComments: readonly (readonly [open: RegExp, close: RegExp])[] = [
  [/^[ru]*"""/i, /"""/],
  [/^[ru]*'''/i, /'''/],
  [/^\/\s?\*/, /\*\s?\//],
  [/^<!--/, /-->/],
];

/** Never two repetitions of blanks side by side: a line may be a megabyte. */
const lineRules: readonly (readonly [RegExp, LineKind])[] = [
  // #include, #define and #! are no comments; # alone is one.
  [/^#\s?(?:include|import)\b/, 'import'],
  [/^#\s?(?:define|ifdef|ifndef|endif|pragma|if|else|elif|undef)\b/, 'boilerplate'],
  [/^(?:#|\/\s?\/|\*(?:\s|\/|$)|--\s|;;|%\s|\/\s?\*|\*\s?\/|rem\s)/i, 'comment'],
  [/^[\])};,([{:'"`>]*$/, 'structure'],
  [
    /^(?:\}\s*)?(?:else|try|finally|pass|break|continue|end|begin|do|then|fi|done|return)\s*[:{;]*$/i,
    'structure',
  ],
  [
    /^(?:import\b|from\s+[\w.]+\s+import\b|using\s+[\w.]+\s*;|use\s+[\w:]+|package\s+[\w.]+\s*;?$|require\s*\(|require_once\b)/,
    'import',
  ],
  [/^[\w${},\s:*]+=\s*require\s*\(/, 'import'],
  [/^["']?[\w$]+["']?\s*:\s*require\s*\(/, 'import'],
  [/^(?:export\s+(?:\*|\{[^}]*\}|type\s*\{[^}]*\})\s*(?:as\s+\w+\s+)?(?:from\b|;|$))/, 'import'],
  [
    /^(?:def\s+test\w*|class\s+\w*test\w*|@test\b|assert\b|self\s?\.?\s?assert\w*|self\.fail|assert\w*\s?[.(]|expect\s?\(|(?:describe|it|test|beforeeach|aftereach)(?:\.\w+)?\s?\(|unittest\b|@pytest|@mock)/i,
    'test',
  ],
  [
    /^(?:if\s+__name__\s*==|"use strict"|'use strict'|module\s?\.\s?exports|exports\s?\.|object\.defineproperty\(exports|super\s?\(|super\.|parser\.add_argument|@override|public\s+static\s+void\s+main|this\s?\.\s?\w+\s?=\s?\w+\s?;$|self\s?\.\s?\w+\s?=\s?\w+$|def\s+__\w+__\s?\(|export\s+default\s+(?:[\w.]+\s?;?$|\{|function\s?\()|(?:var|let|const)\s+\w+\s?=\s?_interop\w+\s?\(|function\s+_interop\w+\s?\(|return\s+new\s+\w+\s?\([\w\s,.]*\)\s*;?$|\(function\s?\()/i,
    'boilerplate',
  ],
  [
    /^(?:["'][^"']*["']\s*:|[\w$-]+\s*:)\s*(?:["'`].*["'`]|-?[\d.]+(?:e[+-]?\d+)?|true|false|null|none|\[.*\]?|\{.*\}?|#[0-9a-f]+|(?=[,;#/]|$))\s*(?:[,;]\s*)?(?:(?:#|\/\/).*)?$/i,
    'data',
  ],
  // A key with a pattern, and several pairs in a line.
  [/^(?:["'][^"']*["']|[\w$-]+)\s*:\s*\/.+\/[dgimsuvy]*\s*,?$/, 'data'],
  [/^(?:["'][^"']*["']\s*:\s*["'][^"']*["']\s*(?:,\s*)?){2,}$/, 'data'],
  [/^(?:["'`].*["'`]|-?(?:0x)?[0-9a-f.]+|true|false|null|none)\s*,?$/i, 'data'],
  [/^[\s\d.,+\-xeXa-fA-F[\](){}"']*,$/, 'data'],
  [/^(?:(?:export\s+)?(?:const|let|var)\s+)?[A-Z][A-Z0-9_]*\s*=\s*(?:["'`\d[{(-].*)$/, 'data'],
  [/^<\/?[\w:-]+(?:\s[^>]*)?>.*$/, 'data'],
  [/^\[[\w.\s-]+\]$/, 'data'],
];
