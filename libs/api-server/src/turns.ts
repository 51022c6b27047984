import { afterPoll, type Clock, nextTurn } from '#base';

/** How long answers are made one after the other before the sockets are looked at again. */
const turnMs = 25;

/**
 * Requests that arrive together, as the streams of a connection do, would all be answered in one turn of the event loop: a thousand lists
 * take more than a second. Each begins when the one before it has, and those that find the turn used up begin in the next.
 */
export class Turns {
  private beganMs: number | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly clock: Clock) {}

  /** Resolves when it is the caller's turn; in the order of the calls. */
  mine(): Promise<void> {
    this.last = this.last.then(() => (this.hasTime() ? undefined : this.nextTurn()));
    return this.last;
  }

  private async nextTurn(): Promise<void> {
    do await nextTurn();
    while (!this.hasTime());
  }

  private hasTime(): boolean {
    const now = this.clock.monotonicMs();
    if (this.beganMs === undefined) {
      this.beganMs = now;
      afterPoll(() => (this.beganMs = undefined));
    }
    return now - this.beganMs < turnMs;
  }
}
