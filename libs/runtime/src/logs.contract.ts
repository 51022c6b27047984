/** Lines of container logs (CRI log format), in batches as they are read. A log that does not exist is empty. */
export interface LogReader {
  read(path: string, options?: LogOptions): AsyncIterable<LogLine[]>;
}

export interface LogOptions {
  follow?: boolean;
  /** Begin at this byte of the file. */
  offset?: number;
  tailLines?: number;
  sinceTime?: Date;
  /** Both unless told otherwise. */
  stream?: LogLine['stream'];
  /** When it resolves, following ends after what is left has been read. */
  ended?: Promise<void>;
  signal?: AbortSignal;
}

export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** No newline follows: the line goes on in the next one. */
  partial: boolean;
  text: Buffer;
}
