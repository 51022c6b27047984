import type { Status } from '#api';

/** What a client does while its command runs. 'end-input' closes the command's stdin and nothing else. */
export type ClientEvent = { do: 'input'; data: Buffer } | { do: 'end-input' } | { do: 'resize'; columns: number; rows: number };

/** Which of a process's streams the client asked for. */
export interface CommandStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** The client of an exec or attach, whatever carries its streams. */
export interface CommandClient {
  /** Ends when the client has gone. */
  events: AsyncIterable<ClientEvent>;
  /** Resolves when the client can take more. */
  write(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  /** Sends how it ended after all output, and closes. */
  finish(status: Status): Promise<void>;
}

const maxResizeBytes = 4096;
const maxCells = 0xffff;

/** Reads `{"Width":80,"Height":24}`, one after the other, from a channel that may cut them anywhere. What is none is passed over. */
export class SizeReader {
  private text = '';

  push(data: Buffer): { columns: number; rows: number }[] {
    this.text = (this.text + data.toString('latin1')).slice(-maxResizeBytes);
    const documents = this.text.split('}');
    this.text = documents.pop() ?? '';
    return documents.flatMap((document) => sizeOf(`${document.slice(document.lastIndexOf('{'))}}`) ?? []);
  }
}

/** Sizes of a terminal are 16 bits (`TerminalSize`); kubelet passes over those without a column or a row. */
function sizeOf(document: string): { columns: number; rows: number } | undefined {
  let size: unknown;
  try {
    size = JSON.parse(document);
  } catch (err) {
    if (err instanceof SyntaxError) return undefined;
    throw err;
  }
  const { Width, Height } = (size ?? {}) as { Width?: unknown; Height?: unknown };
  return isCells(Width) && isCells(Height) ? { columns: Width, rows: Height } : undefined;
}

const isCells = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxCells;
