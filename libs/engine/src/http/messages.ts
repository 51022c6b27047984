/** What a long request tells on its way, one JSON object a line: Docker's `jsonmessage`. */
export class Messages {
  constructor(private readonly out: Pick<NodeJS.WritableStream, 'write'>) {}

  text(stream: string): void {
    this.write({ stream });
  }

  /** About a layer when it has an id. */
  status(status: string, id?: string): void {
    this.write({ status, ...(id !== undefined && { progressDetail: {}, id }) });
  }

  progress(status: string, id: string, detail: { current: number; total: number }): void {
    this.write({ status, progressDetail: detail, progress: bar(detail), id });
  }

  aux(aux: object): void {
    this.write({ progressDetail: {}, aux });
  }

  error(err: unknown): void {
    const message = err instanceof Error ? err.message : String(err);
    this.write({ errorDetail: { message }, error: message });
  }

  private write(message: object): void {
    this.out.write(`${JSON.stringify(message)}\r\n`);
  }
}

/** Messages of before there is anybody to tell. */
export class WaitingMessages {
  private readonly lines: string[] = [];
  private out: NodeJS.WritableStream | undefined;
  readonly messages = new Messages({ write: (line: string) => (this.out ? this.out.write(line) : this.lines.push(line) > 0) });

  to(out: NodeJS.WritableStream): void {
    for (const line of this.lines.splice(0)) out.write(line);
    this.out = out;
  }
}

const width = 50;

/** For who shows lines as they are. */
function bar({ current, total }: { current: number; total: number }): string {
  if (total <= 0) return human(current).padStart(8);
  const done = Math.min(width, Math.floor((current / total) * width));
  const arrow = current >= total ? '='.repeat(width) + '>' : `${'='.repeat(done)}>`;
  const figures = `${human(current).padStart(8)}/${human(total)}`;
  return `[${arrow.padEnd(width).slice(0, Math.max(width, arrow.length))}] ${figures}`;
}

/** go-units' HumanSize: four figures, thousands of 1000. */
function human(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${Number(value.toPrecision(4))}${units[at]!}`;
}
