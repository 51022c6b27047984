interface Flow {
  taken: number;
  waiting: (() => void)[];
}

/**
 * Seats that flows share: while there are n flows, none holds more than one part in n + 1, so that there is one for who comes next. Whoever
 * finds none waits; a seat that is given back goes to the flow that holds the fewest. What upstream's fair queuing is for, in its simplest form.
 */
export class FairSeats {
  private readonly flows = new Map<string, Flow>();
  private taken = 0;
  private waiting = 0;

  constructor(private readonly seats: number) {}

  /** Seats taken, of all flows. */
  get used(): number {
    return this.taken;
  }

  /** How many of the flow's requests wait. */
  queued(name: string): number {
    return this.flows.get(name)?.waiting.length ?? 0;
  }

  /** What gives the seat back, once; undefined when there is none for this flow. */
  take(name: string): (() => void) | undefined {
    const flow = this.flows.get(name) ?? { taken: 0, waiting: [] };
    this.flows.set(name, flow);
    if (this.fits(flow)) return this.seat(name, flow);
    this.forget(name, flow);
    return undefined;
  }

  /** Calls back with a seat when one is free; what comes back gives the place in the queue up. */
  wait(name: string, seated: (leave: () => void) => void): () => void {
    const flow = this.flows.get(name) ?? { taken: 0, waiting: [] };
    this.flows.set(name, flow);
    const turn = (): void => seated(this.seat(name, flow));
    flow.waiting.push(turn);
    this.waiting++;
    return () => {
      const at = flow.waiting.indexOf(turn);
      if (at < 0) return;
      flow.waiting.splice(at, 1);
      this.waiting--;
      this.forget(name, flow);
    };
  }

  /** Counts one flow more than there are: a flow that is alone gets half, and who comes next finds room at once. */
  private fits({ taken }: Flow): boolean {
    return this.taken < this.seats && taken < Math.ceil(this.seats / (this.flows.size + 1));
  }

  /** Takes a seat. What comes back gives it up, and does nothing when called again. */
  private seat(name: string, flow: Flow): () => void {
    flow.taken++;
    this.taken++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      flow.taken--;
      this.taken--;
      this.forget(name, flow);
      if (this.waiting > 0) this.call();
    };
  }

  /** A flow that holds nothing and waits for nothing is none: it must not lessen the others' share. */
  private forget(name: string, flow: Flow): void {
    if (flow.taken === 0 && flow.waiting.length === 0) this.flows.delete(name);
  }

  /** Free seats go to those who wait, the flow with the fewest first. */
  private call(): void {
    for (;;) {
      let next: Flow | undefined;
      for (const flow of this.flows.values()) {
        if (flow.waiting.length > 0 && this.fits(flow) && (!next || flow.taken < next.taken)) next = flow;
      }
      const turn = next?.waiting.shift();
      if (!turn) return;
      this.waiting--;
      turn();
    }
  }
}
