// Tools for agents, called in the editor: what `verbatim mcp` offers to those outside of it.

import type { Foreign } from '../guard/text/foreign.ts';
import type { IndexPlace } from './corpus-index.ts';
import { message } from './message.ts';

/** Calls a tool by its name. The answer is bounded and masked, and says in words what went wrong. */
export const callTool = message<
  {
    readonly name: string;
    readonly given: Readonly<Record<string, unknown>>;
    /** What may be asked. */
    readonly place: IndexPlace | null;
    readonly studies: string;
  },
  { readonly answer: Foreign; readonly isError: boolean }
>('verbatim/callTool');
