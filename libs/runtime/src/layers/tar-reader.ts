import { decodeName } from '#base';
import { applyPax, bad, blockBytes, isKnownType, parseHeader, parsePax, type RawHeader, type TarEntry } from './tar-header.ts';
import { demandSegments, oldRealSize, readOldSegments, SparseCursor, type SparseFile, SparseMapReader, sparseOfPax } from './tar-sparse.ts';

/**
 * What a reader hands its members to. A promise holds the reader until it has settled; nothing returned lets it go on at once, which
 * is what makes archives of many small files quick.
 */
export interface TarSink {
  entry(entry: TarEntry): void | Promise<void>;
  /** Content of the last entry, in order. The buffer is reused by nobody. */
  data(chunk: Buffer): void | Promise<void>;
  /** Content that is all zeros, and takes no place in the archive. */
  hole(bytes: number): void;
  /** The last entry is complete. */
  entryEnd(): void | Promise<void>;
}

/** Extended headers are names, numbers and attributes; a megabyte of them is an attack. */
const extensionLimitBytes = 1024 * 1024;

type State = 'header' | 'extension' | 'segments' | 'map' | 'body' | 'padding' | 'ended';

/** Reads ustar, pax and GNU archives as their bytes come in. Throws RuntimeError 'bad-image'. */
export class TarReader {
  private state: State = 'header';
  private readonly partial = Buffer.alloc(blockBytes);
  private partialBytes = 0;
  /** Bytes of the present member (or extension) and its padding that are still to come. */
  private remaining = 0;
  private padding = 0;
  private extension: Buffer[] = [];
  private extensionFlag = '';
  private globals = new Map<string, Buffer>();
  private locals = new Map<string, Buffer>();
  private longPath: string | undefined;
  private longLink: string | undefined;
  private oldSparse: { header: RawHeader; file: SparseFile } | undefined;
  /** Until its map is complete. */
  private sparse: { entry: TarEntry; file: SparseFile; map: SparseMapReader } | undefined;
  private cursor: SparseCursor | undefined;

  constructor(private readonly sink: TarSink) {}

  /** Takes the archive in pieces of any size. Wait for each: a member that comes in pieces is handed on in pieces, in order. */
  async write(chunk: Buffer): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      switch (this.state) {
        case 'header': {
          const block = this.takeBlock(chunk, at);
          at += block.used;
          if (block.whole) await this.header(block.whole);
          break;
        }
        case 'extension': {
          const part = chunk.subarray(at, at + this.remaining);
          at += part.length;
          this.extension.push(Buffer.from(part));
          this.remaining -= part.length;
          if (this.remaining === 0) this.endExtension();
          break;
        }
        case 'segments':
        case 'map': {
          const block = this.takeBlock(chunk, at);
          at += block.used;
          if (block.whole) await (this.state === 'map' ? this.sparseMap(block.whole) : this.oldSegments(block.whole));
          break;
        }
        case 'body': {
          const part = chunk.subarray(at, at + this.nextPart(chunk.length - at));
          at += part.length;
          this.remaining -= part.length;
          const busy = this.sink.data(part);
          if (busy) await busy;
          if (this.remaining === 0) await this.endBody();
          break;
        }
        case 'padding': {
          const skipped = Math.min(this.padding, chunk.length - at);
          at += skipped;
          this.padding -= skipped;
          if (this.padding === 0) this.state = 'header';
          break;
        }
        case 'ended':
          return; // record padding; whoever hashes the stream has seen it
      }
    }
  }

  /** The stream is over. Throws when it is in the middle of a member; a missing end mark is forgiven, as by other readers. */
  end(): void {
    if (this.state === 'ended' || (this.state === 'header' && this.partialBytes === 0 && !this.pendingExtension())) return;
    throw bad('it is cut off');
  }

  private takeBlock(chunk: Buffer, at: number): { used: number; whole?: Buffer } {
    if (this.partialBytes === 0 && chunk.length - at >= blockBytes) {
      return { used: blockBytes, whole: chunk.subarray(at, at + blockBytes) };
    }
    const used = Math.min(blockBytes - this.partialBytes, chunk.length - at);
    chunk.copy(this.partial, this.partialBytes, at, at + used);
    this.partialBytes += used;
    if (this.partialBytes < blockBytes) return { used };
    this.partialBytes = 0;
    return { used, whole: this.partial };
  }

  private async header(block: Buffer): Promise<void> {
    const header = parseHeader(block);
    if (!header) {
      this.state = 'ended';
      return;
    }
    this.padding = (blockBytes - (header.sizeBytes % blockBytes)) % blockBytes;
    if ('xgLK'.includes(header.flag)) {
      if (header.sizeBytes > extensionLimitBytes) throw bad('an extended header is too large');
      this.extensionFlag = header.flag;
      this.extension = [];
      this.remaining = header.sizeBytes;
      this.state = 'extension';
      if (this.remaining === 0) this.endExtension();
      return;
    }
    if (header.flag === 'S') {
      this.oldSparse = { header, file: { sizeBytes: oldRealSize(block), segments: [], isMapInContent: false } };
      if (readOldSegments(block, this.oldSparse.file.segments, true)) this.state = 'segments';
      else await this.member(header, this.oldSparse.file);
      return;
    }
    await this.member(header);
  }

  /** Further blocks of the map of an old sparse file. */
  private async oldSegments(block: Buffer): Promise<void> {
    const { header, file } = this.oldSparse!;
    if (file.segments.length > extensionLimitBytes / 24) throw bad('a sparse map is too large');
    if (!readOldSegments(block, file.segments, false)) await this.member(header, file);
  }

  private async member(raw: RawHeader, oldSparse?: SparseFile): Promise<void> {
    if (!isKnownType(raw.flag)) throw bad(`entry type '${raw.flag}' of ${raw.path} is not supported`);
    const records = new Map([...this.globals, ...this.locals]);
    const entry = applyPax(raw, records);
    if (this.longPath !== undefined) entry.path = this.longPath;
    if (this.longLink !== undefined) entry.linkPath = this.longLink;
    const sparse = oldSparse ?? (entry.type === 'file' ? sparseOfPax(entry, records) : undefined);
    this.locals = new Map();
    this.longPath = undefined;
    this.longLink = undefined;
    // Links and directories have no content, whatever their size field says (POSIX: "shall be ignored"), as Go's reader has it.
    if (entry.type !== 'file') entry.sizeBytes = 0;
    this.padding = (blockBytes - (entry.sizeBytes % blockBytes)) % blockBytes;
    this.remaining = entry.sizeBytes;
    if (sparse) {
      entry.sizeBytes = sparse.sizeBytes;
      this.sparse = { entry, file: sparse, map: new SparseMapReader() };
      if (sparse.isMapInContent) {
        this.state = 'map';
        return;
      }
    }
    await this.beginBody(entry);
  }

  private async beginBody(entry: TarEntry): Promise<void> {
    if (this.sparse) demandSegments(this.sparse.file, this.remaining);
    this.cursor = this.sparse && new SparseCursor(this.sparse.file);
    this.sparse = undefined;
    const busy = this.sink.entry(entry);
    if (busy) await busy;
    this.state = 'body';
    if (this.remaining === 0) await this.endBody();
  }

  private async sparseMap(block: Buffer): Promise<void> {
    const { entry, file, map } = this.sparse!;
    this.remaining -= blockBytes;
    const segments = map.take(block);
    if (this.remaining < 0 || (!segments && this.remaining === 0)) throw bad('a sparse map is cut off');
    if (!segments) return;
    file.segments = segments;
    await this.beginBody(entry);
  }

  /** How much of the content that is here goes on together. */
  private nextPart(available: number): number {
    const bytes = Math.min(available, this.remaining);
    if (!this.cursor) return bytes;
    const step = this.cursor.step(bytes);
    if (step.holeBytes > 0) this.sink.hole(step.holeBytes);
    return step.bytes;
  }

  private async endBody(): Promise<void> {
    if (this.cursor && this.cursor.tailBytes > 0) this.sink.hole(this.cursor.tailBytes);
    this.cursor = undefined;
    const busy = this.sink.entryEnd();
    if (busy) await busy;
    this.state = this.padding > 0 ? 'padding' : 'header';
  }

  private endExtension(): void {
    const bytes = Buffer.concat(this.extension);
    this.extension = [];
    switch (this.extensionFlag) {
      case 'x':
        this.locals = new Map([...this.locals, ...parsePax(bytes)]);
        break;
      case 'g':
        this.globals = new Map([...this.globals, ...parsePax(bytes)]);
        break;
      case 'L':
        this.longPath = untilNul(bytes);
        break;
      case 'K':
        this.longLink = untilNul(bytes);
        break;
    }
    this.state = this.padding > 0 ? 'padding' : 'header';
  }

  private pendingExtension(): boolean {
    return this.locals.size > 0 || this.longPath !== undefined || this.longLink !== undefined;
  }
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return decodeName(bytes.subarray(0, end < 0 ? bytes.length : end));
}
