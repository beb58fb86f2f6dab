// The one place where a failure becomes something that the user sees. Everything that can
// fail runs through here, so nothing is caught and forgotten, and nothing is shown twice.

import { commands, EventEmitter, type LogOutputChannel, l10n } from 'vscode';
import { forLog } from '../guard/text/for-log.ts';
import { forNotification } from '../guard/text/for-notification.ts';
import { assertNever } from './assert-never.ts';
import { type Failure, failureOf } from './failure.ts';
import { showError } from './notify.ts';

/** The one thing that helps, as a button. */
export interface Remedy {
  readonly title: string;
  readonly run: () => unknown;
}

export class ErrorFunnel {
  readonly #log: LogOutputChannel;
  readonly #extensionId: string;
  readonly #reported = new EventEmitter<Failure>();

  readonly onDidReport = this.#reported.event;

  constructor(log: LogOutputChannel, extensionId: string) {
    this.#log = log;
    this.#extensionId = extensionId;
  }

  /** Undefined when the work failed, which has then been shown. */
  async run<T>(work: () => T | PromiseLike<T>, remedy?: Remedy): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.report(error, remedy);
      return undefined;
    }
  }

  report(error: unknown, remedy?: Remedy): Failure {
    const failure = failureOf(error);
    this.#reported.fire(failure);
    switch (failure.code) {
      case 'cancelled':
        break;
      case 'user':
        this.#log.warn(forLog(failure.message));
        this.#toast(failure, remedy ?? this.#showLog);
        break;
      case 'environment':
        this.#log.error(forLog(failure.detail));
        this.#toast(failure, this.#showLog);
        break;
      case 'bug':
        this.#log.error(forLog(failure.detail));
        this.#toast(failure, {
          title: l10n.t('Report'),
          run: () =>
            commands.executeCommand('workbench.action.openIssueReporter', {
              extensionId: this.#extensionId,
              issueTitle: forNotification(failure.message),
            }),
        });
        break;
      default:
        assertNever(failure.code);
    }
    return failure;
  }

  readonly #showLog: Remedy = { title: l10n.t('Show Log'), run: () => this.#log.show(true) };

  #toast(failure: Failure, remedy: Remedy): void {
    const text = [failure.message, failure.action]
      .filter((part) => part !== undefined)
      .map(sentence)
      .join(' ');
    // The answer is not awaited: a toast may stay open for hours, and whoever failed is done.
    void showError(text, remedy.title).then((chosen) => {
      if (chosen !== undefined) void remedy.run();
    });
  }
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
