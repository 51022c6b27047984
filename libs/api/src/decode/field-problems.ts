import { endOfString } from './limits.ts';
import type { StructSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';

/** sigs.k8s.io/json stops after this many. */
const limit = 100;

/** One name of a megabyte may have a hundred wrong fields below it. */
const maxPathChars = 1024;
const cut = (path: string): string => (path.length > maxPathChars ? `${path.slice(0, maxPathChars)}...` : path);

/** Fields that the schema does not have, in document order, as `unknown field "spec.foo"`. */
export function unknownFields(table: TypeTable, struct: StructSchema, value: unknown): string[] {
  const found: string[] = [];
  const visit = (schema: ValueSchema, it: unknown, path: string): void => {
    if (typeof it !== 'object' || it === null || found.length >= limit) return;
    if (schema.type === 'list' && Array.isArray(it)) it.forEach((item, i) => visit(schema.items, item, `${path}[${i}]`));
    else if (schema.type === 'map') for (const [key, item] of Object.entries(it)) visit(schema.values, item, `${path}.${key}`);
    else if (schema.type === 'struct') visitStruct(table.type(schema.of), it as Record<string, unknown>, path);
  };
  const visitStruct = (schema: StructSchema | undefined, it: Record<string, unknown>, path: string): void => {
    if (!schema) return;
    for (const key of Object.keys(it)) {
      if (found.length >= limit) return;
      const at = cut(path ? `${path}.${key}` : key);
      const field = schema.fields.get(key);
      if (field) visit(field.value, it[key], at);
      else if (!schema.preserveUnknown) found.push(`unknown field "${at}"`);
    }
  };
  visitStruct(struct, value as Record<string, unknown>, '');
  return found;
}

const [quote, open, close] = ['"', '{', '}'].map((c) => c.charCodeAt(0)) as [number, number, number];
const [openList, closeList, comma] = ['[', ']', ','].map((c) => c.charCodeAt(0)) as [number, number, number];

/** How many members the objects of a JSON text have, duplicates counted: the colons outside of strings. */
export function countMembers(text: string): number {
  let count = 0;
  let colonAt = text.indexOf(':'); // the engine's search is many times faster than a loop here, and most of a text is strings
  for (let from = 0; colonAt >= 0; ) {
    const quoteAt = text.indexOf('"', from);
    if (quoteAt >= 0 && quoteAt < colonAt) {
      from = endOfString(text, quoteAt) + 1;
      if (colonAt < from) colonAt = text.indexOf(':', from);
    } else {
      count++;
      from = colonAt + 1;
      colonAt = text.indexOf(':', from);
    }
  }
  return count;
}

/** How many members a parsed value has: fewer than its text when the text repeats some. */
export function countParsedMembers(value: unknown): number {
  let count = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const it = pending.pop();
    if (Array.isArray(it)) {
      for (const item of it) if (typeof item === 'object' && item !== null) pending.push(item);
    } else if (typeof it === 'object' && it !== null) {
      for (const key in it) {
        count++;
        const item = (it as Record<string, unknown>)[key];
        if (typeof item === 'object' && item !== null) pending.push(item);
      }
    }
  }
  return count;
}

interface Level {
  keys: Set<string> | undefined;
  /** Path of the value that the level is. */
  path: string;
  /** Key or index of the member that is being read. */
  member: string;
  index: number;
  expectsKey: boolean;
}

/** Members that stand twice in an object of a well-formed JSON text, as `duplicate field "metadata.labels.a"`. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  const memberPath = (level: Level | undefined): string => {
    if (!level) return '';
    if (!level.keys) return cut(`${level.path}[${level.index}]`);
    return cut(level.path ? `${level.path}.${level.member}` : level.member);
  };
  for (let i = 0; i < text.length && found.length < limit; i++) {
    const level = levels.at(-1);
    switch (text.charCodeAt(i)) {
      case open:
        levels.push({ keys: new Set(), path: memberPath(level), member: '', index: 0, expectsKey: true });
        break;
      case openList:
        levels.push({ keys: undefined, path: memberPath(level), member: '', index: 0, expectsKey: false });
        break;
      case close:
      case closeList:
        levels.pop();
        break;
      case comma:
        level!.index++;
        level!.expectsKey = level!.keys !== undefined;
        break;
      case quote: {
        const end = endOfString(text, i);
        if (level?.expectsKey) {
          level.member = JSON.parse(text.slice(i, end + 1)) as string;
          level.expectsKey = false;
          const complaint = `duplicate field "${memberPath(level)}"`;
          if (level.keys!.has(level.member) && !found.includes(complaint)) found.push(complaint);
          level.keys!.add(level.member);
        }
        i = end;
        break;
      }
      default:
    }
  }
  return found;
}
