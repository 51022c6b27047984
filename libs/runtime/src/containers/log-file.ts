import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LogLine, LogOptions } from '../logs.contract.ts';
import { isAbsent } from './state-file.ts';

const BLOCK_BYTES = 64 * 1024;

/**
 * Lines of a log in the CRI format, `<RFC 3339> <stdout|stderr> <F|P> <text>`, from an offset on, in batches as they are read. Follows
 * through rotation; when `ended` resolves, what is left is read and the stream ends. A log that does not exist yet is empty.
 */
export async function* readLog(path: string, options: LogOptions = {}): AsyncGenerator<LogLine[]> {
  let file = await openLog(path);
  const changes = options.follow ? new Changes(path, options) : undefined;
  try {
    file ??= changes && (await appearing(path, changes));
    if (!file) return;
    const reader = new LineReader(file.handle, await startOffset(file.handle, options));
    for (;;) {
      const wasEnded = changes?.ended ?? true;
      for await (const lines of reader.available()) {
        const asked = wanted(lines, options);
        if (asked.length > 0) yield asked;
      }
      if (wasEnded || options.signal?.aborted) return;
      const next = await openIfRotated(path, file.inode);
      if (next) {
        for await (const lines of reader.available()) yield wanted(lines, options); // written between the last read and the rename
        await file.handle.close();
        file = next;
        reader.restart(next.handle);
        continue;
      }
      await changes?.next();
    }
  } finally {
    changes?.close();
    await file?.handle.close();
  }
}

/** The text of one line after its stamp, stream and tag. undefined: not a line of this format. */
export function parseLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(0x20);
  const second = line.indexOf(0x20, first + 1);
  const third = line.indexOf(0x20, second + 1);
  const tagEnd = third < 0 ? line.length : third;
  if (first < 0 || second < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const partial = line.toString('latin1', second + 1, tagEnd).split(':')[0] === 'P';
  return { time: line.toString('latin1', 0, first), stream, partial, text: line.subarray(Math.min(line.length, tagEnd + 1)) };
}

function wanted(lines: LogLine[], { sinceTime, stream }: LogOptions): LogLine[] {
  if (!sinceTime && !stream) return lines;
  return lines.filter((line) => (!stream || line.stream === stream) && (!sinceTime || Date.parse(line.time) >= sinceTime.getTime()));
}

interface OpenLog {
  handle: FileHandle;
  inode: number;
}

async function openLog(path: string): Promise<OpenLog | undefined> {
  try {
    const handle = await open(path, 'r');
    return { handle, inode: (await handle.stat()).ino };
  } catch (err) {
    if (isAbsent(err)) return undefined;
    throw err;
  }
}

async function appearing(path: string, changes: Changes): Promise<OpenLog | undefined> {
  for (;;) {
    const wasEnded = changes.ended;
    const file = await openLog(path);
    if (file || wasEnded) return file;
    await changes.next();
  }
}

async function openIfRotated(path: string, inode: number): Promise<OpenLog | undefined> {
  const now = await stat(path).catch((err: unknown) => {
    if (isAbsent(err)) return undefined;
    throw err;
  });
  return now && now.ino !== inode ? openLog(path) : undefined;
}

async function startOffset(file: FileHandle, { tailLines, offset }: LogOptions): Promise<number> {
  if (tailLines === undefined) return offset ?? 0;
  return tailOffset(file, (await file.stat()).size, tailLines);
}

/** Where the last `lines` lines begin, found from the end in blocks. */
export async function tailOffset(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines <= 0) return size;
  const block = Buffer.alloc(BLOCK_BYTES);
  let missing = lines + 1; // the newline before the first wanted line
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - BLOCK_BYTES);
    await file.read(block, 0, end - begin, begin);
    for (let i = end - begin - 1; i >= 0; i--) {
      const atEnd = begin + i === size - 1;
      if (block[i] !== 0x0a || (atEnd && missing <= 0)) continue;
      if (--missing === 0) return begin + i + 1;
    }
    end = begin;
  }
  return 0;
}

class LineReader {
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private file: FileHandle,
    private offset: number,
  ) {}

  /** From the beginning of a new file; an unfinished line of the old one is given up. */
  restart(file: FileHandle): void {
    this.file = file;
    this.offset = 0;
    this.rest = Buffer.alloc(0);
  }

  /** What is in the file now, whole lines only. */
  async *available(): AsyncGenerator<LogLine[]> {
    for (;;) {
      const block = Buffer.alloc(BLOCK_BYTES);
      const { bytesRead } = await this.file.read(block, 0, BLOCK_BYTES, this.offset);
      if (bytesRead === 0) return;
      this.offset += bytesRead;
      const bytes = Buffer.concat([this.rest, block.subarray(0, bytesRead)]);
      const lines: LogLine[] = [];
      let begin = 0;
      for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, begin)) {
        const line = parseLine(bytes.subarray(begin, end));
        if (line) lines.push(line);
        begin = end + 1;
      }
      this.rest = bytes.subarray(begin);
      if (lines.length > 0) yield lines;
    }
  }
}

/** Wakes when the directory of the log changes, the container ended, or the reader goes away. */
class Changes {
  /** Nothing more is waited for: what is in the file is read, and that was all. */
  ended = false;
  private dirty = true;
  private wake: (() => void) | undefined;
  private readonly watcher: FSWatcher;
  private readonly onAbort = (): void => this.finish();

  constructor(
    path: string,
    private readonly options: LogOptions,
  ) {
    this.watcher = watch(dirname(path), () => this.touch());
    this.watcher.on('error', () => this.finish()); // the directory is gone, and the log with it
    void options.ended?.then(() => this.finish());
    options.signal?.addEventListener('abort', this.onAbort, { once: true });
    if (options.signal?.aborted) this.finish();
  }

  async next(): Promise<void> {
    if (!this.dirty && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
    this.dirty = false;
  }

  private touch(): void {
    this.dirty = true;
    this.wake?.();
    this.wake = undefined;
  }

  private finish(): void {
    this.ended = true;
    this.touch();
  }

  close(): void {
    this.watcher.close();
    this.options.signal?.removeEventListener('abort', this.onAbort);
  }
}
