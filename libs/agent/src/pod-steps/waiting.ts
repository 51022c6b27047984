/** A container cannot be started now. Its status shows `reason` and `message`; it is tried again after `retryMs`. */
export class WaitingError extends Error {
  constructor(
    readonly reason: string,
    message: string,
    readonly retryMs: number,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
