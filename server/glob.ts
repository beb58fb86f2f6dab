// Patterns of files, matched in time that is proportional to pattern and path: a pattern may come from a stranger's card,
// and an expression made of it could try every way to share a path out among its stars. Pure.

/** `*` and `?` stay within one folder, `**` does not, `**` with a slash behind it may be empty, `{a,b}` is either. */
export function compileGlob(pattern: string): (path: string) => boolean {
  if (pattern.length > MOST_CHARACTERS) return () => false;
  const states: State[] = [];
  const start = compile(pattern, states);
  return (path) => matches(states, start, path);
}

/** Longer than any pattern that somebody wrote. */
const MOST_CHARACTERS = 4096;

/** A state takes one character and goes on, or goes on without one. The last one is where all of a pattern was found. */
type State =
  | { readonly kind: 'take'; readonly character: string | 'any' | 'in-folder'; next: number }
  | { readonly kind: 'fork'; readonly next: number[] };

function compile(pattern: string, states: State[]): number {
  const add = (state: State): number => states.push(state) - 1;
  /** Ends of alternatives that wait for what follows their braces. */
  const open: { readonly fork: number[]; readonly ends: number[][] }[] = [];
  const fork = (): { readonly at: number; readonly next: number[] } => {
    const next: number[] = [];
    return { at: add({ kind: 'fork', next }), next };
  };
  /** The place that what comes next is entered from. */
  let enter: number[] = [];
  const start = fork();
  enter = start.next;
  const take = (character: string) => {
    const state: State = { kind: 'take', character, next: 0 };
    enter.push(add(state));
    const after = fork();
    state.next = after.at;
    enter = after.next;
  };
  const repeat = (character: 'any' | 'in-folder') => {
    const loop = fork();
    enter.push(loop.at);
    loop.next.push(add({ kind: 'take', character, next: loop.at }));
    enter = loop.next;
  };
  const close = () => {
    const { ends } = open.pop()!;
    const after = fork();
    for (const end of [...ends, enter]) end.push(after.at);
    enter = after.next;
  };
  for (const [token] of pattern.matchAll(/\*\*\/|\*\*|./gsu)) {
    if (token === '**/') {
      const before = enter;
      repeat('any');
      take('/');
      before.push(states.length - 1); // or nothing at all
    } else if (token === '**') repeat('any');
    else if (token === '*') repeat('in-folder');
    else if (token === '?') take('in-folder');
    else if (token === '{') {
      const alternatives = fork();
      enter.push(alternatives.at);
      open.push({ fork: alternatives.next, ends: [] });
      enter = branch(alternatives.next, fork());
    } else if (token === ',' && open.length > 0) {
      const { fork: alternatives, ends } = open.at(-1)!;
      ends.push(enter);
      enter = branch(alternatives, fork());
    } else if (token === '}' && open.length > 0) close();
    else take(token);
  }
  while (open.length > 0) close();
  enter.push(END);
  return start.at;
}

function branch(from: number[], to: { readonly at: number; readonly next: number[] }): number[] {
  from.push(to.at);
  return to.next;
}

const END = -1;

function matches(states: readonly State[], start: number, path: string): boolean {
  let current = reach(states, [start]);
  for (const character of path) {
    const next: number[] = [];
    for (const at of current) {
      const state = states[at];
      if (state?.kind !== 'take') continue;
      const takes =
        state.character === 'any' ||
        (state.character === 'in-folder' ? character !== '/' : state.character === character);
      if (takes) next.push(state.next);
    }
    current = reach(states, next);
    if (current.size === 0) return false;
  }
  return current.has(END);
}

/** All states that are reached without taking a character. */
function reach(states: readonly State[], from: readonly number[]): ReadonlySet<number> {
  const reached = new Set(from);
  for (const at of reached) {
    const state = states[at];
    if (state?.kind === 'fork') for (const next of state.next) reached.add(next);
  }
  return reached;
}
