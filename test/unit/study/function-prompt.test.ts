// Prompts of prompt-conditioned sampling: what is cut where.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extractFunctionPrompt, type SourceLanguage } from '../../../server/study/function-prompt.ts';

const CASES: Readonly<Record<string, readonly [SourceLanguage, string, string | null]>> = {
  'a signature with a docstring': [
    'python',
    'import os\n\n\ndef f(a, b):\n    """Adds.\n\n    Twice.\n    """\n\n    return a\n',
    'import os\ndef f(a, b):\n    """Adds.\n    Twice.\n    """\n',
  ],
  'no docstring': ['python', 'x = 1\r\n\r\ndef f():\r\n  return 2\r\n', 'x = 1\ndef f():\n'],
  'a signature over lines, with defaults and types': [
    'python',
    'async def f(\n  a: dict = {"k": [1]},  # why: here\n  b=":",\n) -> Dict[str, int]:\n  pass\n',
    'async def f(\n  a: dict = {"k": [1]},  # why: here\n  b=":",\n) -> Dict[str, int]:\n',
  ],
  'a method': [
    'python',
    "class A:\n    def f(self): 'one line'; x\n",
    "class A:\n    def f(self): 'one line'\n",
  ],
  'def inside a string or comment': [
    'python',
    '"""\ndef no():\n"""\n# def no():\ndef yes():\n  1\n',
    '"""\ndef no():\n"""\n# def no():\ndef yes():\n',
  ],
  'a quote inside the docstring': [
    'python',
    'def f():\n  """a \\""" "b" """\n  x\n',
    'def f():\n  """a \\""" "b" """\n',
  ],
  'no function': ['python', 'x = 1\n', null],
  'an unfinished signature': ['python', 'def f(a,', null],
  'a function with its comment': [
    'braces',
    '/** Adds {it}. */\n\nexport function add(a, { b } = {}) {\n  return a;\n}\n',
    '/** Adds {it}. */\nexport function add(a, { b } = {}) {\n',
  ],
  'an arrow function': ['braces', 'const f = (a) => {\n  b();\n};\n', 'const f = (a) => {\n'],
  'a call before the function': [
    'braces',
    "import x from 'y';\nrequire('z');\nint main(int argc) {\n  return 0;\n}\n",
    "import x from 'y';\nrequire('z');\nint main(int argc) {\n",
  ],
  'no function at all': ['braces', 'const a = { b: 1 };\nif (a) { c(); }\n', null],
};

for (const [name, [language, source, expected]] of Object.entries(CASES)) {
  test(name, () => assert.equal(extractFunctionPrompt(source, language), expected));
}

test('prompts of more than 220 words are skipped', () => {
  const source = (nWords: number) => `# ${'w '.repeat(nWords - 4)}\ndef f(a):\n  "doc"\n`;
  assert.notEqual(extractFunctionPrompt(source(220), 'python'), null);
  assert.equal(extractFunctionPrompt(source(221), 'python'), null);
});
