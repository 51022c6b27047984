import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import { maxValues } from './limits.ts';
import { exactText, scalarOf, YamlSyntax } from './yaml-scalars.ts';

type Event = ReturnType<typeof parseEvents>[number];
type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

/** What a YAML text says, as JSON; or why it says nothing. It is plain data: large texts are read in another thread. */
export type YamlOutcome =
  | { json: string /** Keys that the text repeats, as complaints. */; duplicates: string[] }
  | { error: string }
  | { tooLarge: true };

/** No object of the API is nested deeper than a tenth of it. */
const maxDepth = 500;
const maxDuplicates = 100;

/**
 * Reads the first document of a YAML text as upstream's library does (`sigs.k8s.io/yaml`): YAML 1.1, of which dates and numbers to the
 * base of sixty stay text. In time and memory that grow with the text, and for no more values than an object may have, aliases counted
 * as what they stand for.
 */
export function readYaml(text: string): YamlOutcome {
  try {
    const reader = new Reader(text, parseEvents(text, { maxDepth }));
    const value = reader.document();
    return { json: JSON.stringify(value), duplicates: reader.complaints() };
  } catch (err) {
    if (err instanceof TooLarge) return { tooLarge: true };
    if (err instanceof YAMLException) return { error: `line ${(err.mark?.line ?? 0) + 1}: ${err.reason}` };
    if (err instanceof YamlSyntax) return { error: err.message };
    throw err;
  }
}

class TooLarge extends Error {}

/** A value and how many values it has in it. */
interface Node {
  value: unknown;
  size: number;
}
type Mapping = Map<string, unknown>;

class Reader {
  private at = 0;
  private values = 0;
  private aliased = 0;
  /** Undefined while the anchor's own value is being read. */
  private readonly anchors = new Map<string, Node | undefined>();
  private readonly duplicates: { key: string; at: number }[] = [];

  private readonly text: string;
  private readonly events: readonly Event[];

  constructor(text: string, events: readonly Event[]) {
    this.text = text;
    this.events = events;
  }

  document(): unknown {
    if (this.events[this.at]?.type !== EVENT_ID.DOCUMENT) return null;
    this.at++;
    return this.events[this.at]!.type === EVENT_ID.POP ? null : this.node();
  }

  complaints(): string[] {
    if (this.duplicates.length === 0) return [];
    const lines = this.duplicates.map(({ key, at }) => `line ${this.lineOf(at)}: key ${JSON.stringify(key)} already set in map`);
    return [`yaml: unmarshal errors:\n  ${lines.join('\n  ')}`];
  }

  private node(): unknown {
    const event = this.events[this.at++]!;
    this.count(1);
    if (event.type === EVENT_ID.ALIAS) return this.alias(this.text.slice(event.anchorStart, event.anchorEnd));
    if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) throw new YamlSyntax('did not find expected node content');
    const anchor = event.anchorStart < 0 ? undefined : this.text.slice(event.anchorStart, event.anchorEnd);
    if (anchor === undefined) return this.content(event);
    this.anchors.set(anchor, undefined);
    const before = this.values;
    const value = this.content(event);
    this.anchors.set(anchor, { value, size: this.values - before });
    return value;
  }

  private count(values: number): void {
    this.values += values;
    if (this.values <= maxValues) return;
    if (this.aliased > 0) throw new YamlSyntax('document contains excessive aliasing');
    throw new TooLarge();
  }

  private alias(name: string): unknown {
    if (!this.anchors.has(name)) throw new YamlSyntax(`unknown anchor '${name}' referenced`);
    const node = this.anchors.get(name);
    if (!node) throw new YamlSyntax(`anchor '${name}' value contains itself`);
    this.aliased++;
    this.count(node.size);
    return node.value;
  }

  private content(event: Exclude<Event, { type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP | typeof EVENT_ID.ALIAS }>): unknown {
    if (event.type === EVENT_ID.SCALAR) return this.scalar(event);
    if (event.type === EVENT_ID.MAPPING) return this.mapping();
    const items: unknown[] = [];
    while (this.events[this.at]!.type !== EVENT_ID.POP) items.push(this.node());
    this.at++;
    return items;
  }

  private scalar(event: ScalarEvent): unknown {
    const text = this.scalarText(event);
    if (!text.isWellFormed()) {
      throw new YamlSyntax(`line ${this.lineOf(Math.max(event.valueStart, 0))}: found invalid Unicode character escape code`);
    }
    const tag = event.tagStart < 0 ? '' : this.text.slice(event.tagStart, event.tagEnd);
    try {
      return scalarOf(text, { tag, plain: event.style === SCALAR_STYLE.PLAIN });
    } catch (err) {
      if (err instanceof YamlSyntax) throw new YamlSyntax(`line ${this.lineOf(Math.max(event.valueStart, 0))}: ${err.message}`);
      throw err;
    }
  }

  /** The last line of a block ends with a break only where there is one; the parser adds one at the end of the text. */
  private scalarText(event: ScalarEvent): string {
    const text = getScalarValue(this.text, event);
    const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
    return isBlock && event.valueEnd === this.text.length && !/[\r\n]$/.test(this.text) ? text.replace(/\n$/, '') : text;
  }

  /** Later keys win, as in JSON. */
  private mapping(): unknown {
    const members: Mapping = new Map();
    while (this.events[this.at]!.type !== EVENT_ID.POP) {
      const event = this.events[this.at]!;
      if (this.isMerge(event)) {
        this.at++;
        this.merge(this.node(), members);
        continue;
      }
      const key = keyOf(this.node());
      const valueAt = this.events[this.at]!;
      const value = this.node();
      if (members.has(key) && this.duplicates.length < maxDuplicates) this.duplicates.push({ key, at: startOf(valueAt, event) });
      members.set(key, value);
    }
    this.at++;
    return Object.fromEntries(members);
  }

  private isMerge(event: Event): boolean {
    if (event.type !== EVENT_ID.SCALAR || event.style !== SCALAR_STYLE.PLAIN || event.valueEnd - event.valueStart !== 2) return false;
    return this.text.startsWith('<<', event.valueStart);
  }

  private merge(value: unknown, into: Mapping): void {
    const maps = Array.isArray(value) ? (value as unknown[]).toReversed() : [value]; // of several, the first wins
    for (const map of maps) {
      if (typeof map !== 'object' || map === null || Array.isArray(map)) {
        throw new YamlSyntax('map merge requires map or sequence of maps as the value');
      }
      const members = Object.entries(map);
      this.count(members.length);
      for (const [key, member] of members) into.set(key, member);
    }
  }

  private lineOf(offset: number): number {
    let line = 1;
    for (let at = this.text.indexOf('\n'); at >= 0 && at < offset; at = this.text.indexOf('\n', at + 1)) line++;
    return line;
  }
}

function startOf(event: Event, key: Event): number {
  if (event.type === EVENT_ID.SCALAR && event.valueStart >= 0) return event.valueStart;
  if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) return event.start;
  return key.type === EVENT_ID.SCALAR ? Math.max(key.valueStart, 0) : 0;
}

/** Keys of JSON are text; `sigs.k8s.io/yaml`, convertToJSONableObject. */
function keyOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const exact = exactText(value);
  if (exact !== undefined) return exact;
  if (value === null) throw new YamlSyntax('unsupported map key of type: %!s(<nil>), key: <nil>');
  throw new YamlSyntax(`invalid map key: ${JSON.stringify(value)}`);
}
