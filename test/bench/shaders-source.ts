// The text of a kernel: WGSL files one after the other behind its sizes as constants. WGSL cannot write a statement
// once for each of some registers, and arrays of registers are left to each driver's optimiser. So lines between
// `#each x N` and `#end` are written N times, with a number for `$x`, and `#if NAME`, `#else` and `#end` choose.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Sizes, which are constants of type u32 in the text, other numbers, and choices. */
export type ShaderConstants = Readonly<Record<string, number | boolean>>;

export function shaderSource(files: readonly string[], constants: ShaderConstants): string {
  const texts = files.map((file) => readFileSync(join(import.meta.dirname, 'shaders', file), 'utf8'));
  const written = expandLines(texts.join('\n').split('\n'), constants);
  // They must stand before all else.
  const isDirective = (line: string) => /^(?:enable|diagnostic)\b/.test(line);
  const sizes = Object.entries(constants).flatMap(([name, value]) =>
    typeof value === 'number' ? [`const ${name} = ${value}${Number.isInteger(value) ? 'u' : ''};`] : [],
  );
  const rest = written.filter((line) => !isDirective(line));
  return [...written.filter(isDirective), ...sizes, ...rest].join('\n');
}

function expandLines(lines: readonly string[], constants: ShaderConstants): readonly string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const [, word, name = '', count] = /^#(each|if) (\w+)(?: (\w+))?$/.exec(line) ?? [];
    if (word === undefined) {
      if (line.startsWith('#')) throw new Error(`"${line}" stands alone`);
      out.push(line);
      continue;
    }
    const end = endOf(lines, at);
    if (word === 'if') {
      const { first, second } = branches(lines.slice(at + 1, end));
      out.push(...expandLines(valueNamed(name, constants) ? first : second, constants));
    } else {
      const body = lines.slice(at + 1, end);
      const n = Number(valueNamed(count ?? '', constants));
      for (let x = 0; x < n; x++) {
        const written = body.map((one) => one.replaceAll(`$${name}`, String(x)));
        out.push(...expandLines(written, constants));
      }
    }
    at = end;
  }
  return out;
}

const opens = (line: string) => line.startsWith('#each ') || line.startsWith('#if ');

function endOf(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < lines.length; at++) {
    if (opens(lines[at]!)) depth++;
    if (lines[at] === '#end' && --depth === 0) return at;
  }
  throw new Error(`"${lines[start]}" has no end`);
}

function branches(lines: readonly string[]): { first: readonly string[]; second: readonly string[] } {
  let depth = 0;
  for (const [at, line] of lines.entries()) {
    if (opens(line)) depth++;
    if (line === '#end') depth--;
    if (line === '#else' && depth === 0) return { first: lines.slice(0, at), second: lines.slice(at + 1) };
  }
  return { first: lines, second: [] };
}

function valueNamed(name: string, constants: ShaderConstants): number | boolean {
  const value = /^\d+$/.test(name) ? Number(name) : constants[name];
  if (value === undefined) throw new Error(`the kernel has no constant ${name}`);
  return value;
}
