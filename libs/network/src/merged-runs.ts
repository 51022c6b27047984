/** Does one thing, once at a time. Whoever asks while it is being done shares the next time, which sees the newest state. */
export class MergedRuns {
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly run: () => Promise<void>) {}

  /** Settles with a run that begins after this call. */
  request(): Promise<void> {
    this.next ??= this.running
      .catch(() => undefined) // its caller has been told
      .then(() => {
        this.next = undefined;
        this.running = this.run();
        return this.running;
      });
    return this.next;
  }

  /** Resolves when what runs has ended, however it did. */
  async idle(): Promise<void> {
    await this.running.catch(() => undefined); // its caller has been told
  }
}
