/** One thing that a controller did, for `explain`: which controller, about what, when, and how it ended. */
export interface LoggedAction {
  at: Date;
  controller: string;
  namespace: string;
  name: string;
  action: string;
  outcome: 'done' | 'failed';
  error?: string;
}

/** The last actions of all controllers, oldest first; a ring, so it never grows. */
export class ActionLog {
  private readonly entries: LoggedAction[] = [];
  private next = 0;

  constructor(private readonly limit = 1000) {}

  add(entry: LoggedAction): void {
    this.entries[this.next] = entry;
    this.next = (this.next + 1) % this.limit;
  }

  /** What was done about one object, or about all. */
  about(object?: { namespace: string; name: string }): LoggedAction[] {
    const ordered = [...this.entries.slice(this.next), ...this.entries.slice(0, this.next)];
    return object ? ordered.filter((entry) => entry.namespace === object.namespace && entry.name === object.name) : ordered;
  }
}
