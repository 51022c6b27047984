import type { Status } from '#api';

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

/** `{"Width":80,"Height":24}`, as client-go sends it; undefined when it is something else. */
export function sizeOf(text: string): { columns: number; rows: number } | undefined {
  if (text.length > maxResizeBytes) return undefined;
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    return typeof Width === 'number' && typeof Height === 'number' ? { columns: Width, rows: Height } : undefined;
  } catch (err) {
    if (err instanceof SyntaxError) return undefined;
    throw err;
  }
}
