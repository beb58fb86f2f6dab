// Questions one after another in one quick pick, with a button back to the one before. It knows nothing of what is
// asked.

import {
  Disposable,
  type QuickInput,
  type QuickInputButton,
  QuickInputButtons,
  type QuickPickItem,
  window,
} from 'vscode';

export interface Choice<Value> extends QuickPickItem {
  readonly value?: Value;
}

/** One of a row of questions, and its place in the row. */
export interface Step {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** What was answered; `back` and `left` say that nothing was. */
export type Answer<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'back' }
  | { readonly kind: 'left' };

export const answered = <Value>(value: Value): Answer<Value> => ({ kind: 'answered', value });

export function askChoice<Value>(
  at: Step,
  placeholder: string,
  choices: readonly Choice<Value>[],
  current?: Value,
): Promise<Answer<Value>> {
  const pick = window.createQuickPick<Choice<Value>>();
  pick.items = choices;
  pick.placeholder = placeholder;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  const before = choices.find(({ value }) => value !== undefined && value === current);
  if (before !== undefined) pick.activeItems = [before];
  return ask(pick, at, (finish) =>
    pick.onDidAccept(() => {
      const value = pick.selectedItems[0]?.value;
      if (value !== undefined) finish(value);
    }),
  );
}

/** `validate` says in a sentence what is wrong, or nothing. */
export function askText(
  at: Step,
  prompt: string,
  value: string,
  validate: (text: string) => string | undefined,
): Promise<Answer<string>> {
  const box = window.createInputBox();
  box.prompt = prompt;
  box.value = value;
  return ask(box, at, (finish) =>
    Disposable.from(
      box.onDidChangeValue((text) => {
        box.validationMessage = validate(text);
      }),
      box.onDidAccept(() => {
        const problem = validate(box.value);
        box.validationMessage = problem;
        if (problem === undefined) finish(box.value.trim());
      }),
    ),
  );
}

/** Asks one after another; a question that answers `back` leads to the one before that was not passed over. */
export async function askInTurn(
  questions: readonly (() => Promise<'next' | 'back' | 'left' | 'passed'>)[],
): Promise<'done' | 'back' | 'left'> {
  let direction = 1;
  for (let at = 0; at < questions.length; ) {
    const outcome = await questions[at]!();
    if (outcome === 'left') return 'left';
    if (outcome !== 'passed') direction = outcome === 'back' ? -1 : 1;
    at += direction;
    if (at < 0) return 'back';
  }
  return 'done';
}

function ask<Input extends QuickInput & { buttons: readonly QuickInputButton[] }, Value>(
  input: Input & {
    readonly onDidTriggerButton: (listener: (button: QuickInputButton) => unknown) => Disposable;
  },
  at: Step,
  listen: (finish: (value: Value) => void) => Disposable,
): Promise<Answer<Value>> {
  const { promise, resolve } = Promise.withResolvers<Answer<Value>>();
  input.title = at.title;
  input.step = at.step;
  input.totalSteps = at.totalSteps;
  input.ignoreFocusOut = true;
  input.buttons = at.step > 1 ? [QuickInputButtons.Back] : [];
  const listeners = Disposable.from(
    listen((value) => resolve(answered(value))),
    input.onDidTriggerButton((button) => {
      if (button === QuickInputButtons.Back) resolve({ kind: 'back' });
    }),
    input.onDidHide(() => resolve({ kind: 'left' })),
  );
  input.show();
  return promise.finally(() => {
    listeners.dispose();
    input.dispose();
  });
}
