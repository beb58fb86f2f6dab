// A message of the protocol: its name, and the types of its two directions, which exist only for the compiler.

export interface Message<Params, Result> {
  readonly method: string;
  readonly types?: { readonly params: Params; readonly result: Result };
}

export const message = <Params, Result>(method: string): Message<Params, Result> => ({ method });
