/** Why a step was ended from outside: the reason of its signal. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
  constructor(readonly why: 'cancelled' | 'timed_out' | 'stopping' | 'lost') {
    super(`the step was ended: ${why}`);
  }
}

/** Another process goes on with the deployment: what runs elsewhere in its name must not be ended. */
export const isHandedOn = (reason: unknown): boolean =>
  reason instanceof Aborted && (reason.why === 'stopping' || reason.why === 'lost');
