import { parseExact } from '#base';
import type { KubeObject } from '#api';
import { type Entry, StoreError } from '../contract.ts';
import { parseKey } from '../keys.ts';
import type { CachedObject, CacheEvent, WatchEventType } from './contract.ts';

/** One object as the cache holds it. Decoded when first asked for: much of what is stored is only ever copied to a socket. */
export class Cached implements CachedObject {
  readonly namespace: string;
  readonly name: string;
  private decoded: KubeObject | undefined;
  private forms: Map<string, unknown> | undefined;

  /** The line of a watch that shows it as `shownAs`; `bytes` is a part of it, so that what has an event is held once. */
  private readonly line: Buffer;
  readonly bytes: Buffer;

  constructor(
    readonly key: string,
    readonly revision: number,
    json: string,
    private readonly shownAs: WatchEventType = 'ADDED',
  ) {
    const parts = parseKey(key);
    this.namespace = parts.namespace;
    this.name = parts.name;
    this.line = ownBytes(opening[shownAs], json, closing);
    this.bytes = this.line.subarray(opening[shownAs].length, -closing.length);
  }

  static of({ key, revision, value }: Entry, shownAs?: WatchEventType): Cached {
    return new Cached(key, revision, withResourceVersion(key, value, revision), shownAs);
  }

  /** The same state under another revision: deletion events carry the revision of the deletion. */
  at(revision: number): Cached {
    const object: KubeObject = { ...this.object, metadata: { ...this.object.metadata, resourceVersion: String(revision) } };
    const moved = new Cached(this.key, revision, JSON.stringify(object), 'DELETED');
    moved.decoded = object;
    return moved;
  }

  /** The line of a watch. The one it was made with costs nothing; others are put together at each call. */
  lineAs(type: WatchEventType): Buffer {
    return type === this.shownAs ? this.line : Buffer.concat([opening[type], this.bytes, closing]);
  }

  /** Whatever can be made again from the bytes. */
  lighten(): void {
    this.decoded = undefined;
    this.forms = undefined;
  }

  get object(): KubeObject {
    this.decoded ??= parse(this.key, this.bytes.toString()) as KubeObject;
    return this.decoded;
  }

  memo<V>(form: string, make: (object: never) => V): V {
    this.forms ??= new Map();
    if (!this.forms.has(form)) this.forms.set(form, make(this.object as never));
    return this.forms.get(form) as V;
  }
}

/** One change. Its frame is made once, whoever watches: a thousand watchers of a pod share one buffer. */
export class Event implements CacheEvent {
  readonly type: WatchEventType;
  readonly revision: number;
  readonly current: Cached;
  private left: Cached | undefined;
  private frames: { [T in WatchEventType]?: Buffer } = {};

  /** `now` undefined: deleted; then `previous` must be there. */
  constructor(
    revision: number,
    readonly previous: Cached | undefined,
    now: Cached | undefined,
  ) {
    this.revision = revision;
    this.type = now ? (previous ? 'MODIFIED' : 'ADDED') : 'DELETED';
    this.current = now ?? previous!.at(revision);
    if (!now) this.left = this.current;
  }

  /** The state before, under this event's revision; undefined for an object that was only just added. Made when somebody first asks. */
  get departed(): Cached | undefined {
    this.left ??= this.previous?.at(this.revision);
    return this.left;
  }

  /** The line for watchers that see the change as `type`. One buffer for all of them: never change it. */
  frame(type: WatchEventType = this.type): Buffer {
    const object = type === 'DELETED' ? (this.departed ?? this.current) : this.current;
    this.frames[type] ??= object.lineAs(type);
    return this.frames[type];
  }

  /** What no longer is in the cache, and what few still ask for. The present state of an object stays decoded. */
  lighten(): void {
    this.frames = {};
    this.previous?.lighten();
    if (this.type === 'DELETED') this.current.lighten();
    else this.left = undefined;
  }
}

/**
 * Memory of its own, for what is kept. `Buffer.from` and `Buffer.concat` cut short buffers out of a pool of 8 KiB, and one that stays holds
 * all of it.
 */
function ownBytes(before: Buffer, text: string, after: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(before.length + Buffer.byteLength(text) + after.length);
  before.copy(own);
  own.write(text, before.length);
  after.copy(own, own.length - after.length);
  return own;
}

const opening: Record<WatchEventType, Buffer> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const closing = Buffer.from('}\n');

/** The head that the api-server's own writes have: then the revision is set in without parsing. */
const usualHead = /^\{(?:"(?:apiVersion|kind)":"[^"\\]*",){0,2}"metadata":\{/;

/** Stored JSON with `metadata.resourceVersion` set. */
export function withResourceVersion(key: string, json: string, revision: number): string {
  const end = usualHead.exec(json)?.[0].length;
  if (end === undefined) {
    const object = parse(key, json) as Partial<KubeObject>;
    return JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
  }
  return `${json.slice(0, end)}"resourceVersion":"${revision}"${json[end] === '}' ? '' : ','}${json.slice(end)}`;
}

function parse(key: string, json: string): unknown {
  try {
    return parseExact(json);
  } catch (cause) {
    throw new StoreError('corrupt', `${key}: the stored value is not JSON`, { cause });
  }
}
