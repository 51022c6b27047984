import { type ApiError, requestEntityTooLarge } from '../meta/api-error.ts';

/** Deeper values would overflow the stack of those who walk or write them. Upstream's decoder stops at 10,000, V8 near 4,000. */
const maxDepth = 2000;

/**
 * Members and items of one object, all levels together: 40,000 environment variables have 120,000. Each costs every step of the way some
 * time, and a body of 3 MiB may hold a million of them; what the store takes (`MAX_VALUE_BYTES`) has fewer, with the owners of its fields.
 */
export const maxValues = 125_000;

export const tooDeep = 'exceeded max depth';
export const tooManyValues = (): ApiError => requestEntityTooLarge(`Request entity too large: an object has at most ${maxValues} values`);

const [quote, backslash, comma] = ['"', '\\', ','].map((c) => c.charCodeAt(0)) as [number, number, number];
const [open, close, openList, closeList] = ['{', '}', '[', ']'].map((c) => c.charCodeAt(0)) as [number, number, number, number];

/** Looks at a JSON text before it is parsed. Throws SyntaxError for one that is too deep, ApiError 413 for one of too many values. */
export function checkJson(text: string): void {
  if (text.length <= 2 * maxDepth) return; // each level takes two characters
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case open:
      case openList:
        values++;
        if (++depth > maxDepth) throw new SyntaxError(tooDeep);
        break;
      case close:
      case closeList:
        depth--;
        break;
      case comma:
        values++;
        break;
      case quote:
        i = endOfString(text, i);
        break;
      default:
    }
  }
  if (values > maxValues) throw tooManyValues();
}

/** Index of the quote that ends the string which begins at `start`. The engine's search is many times faster than a loop here. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** The same for a value that was put together here: by a patch. Throws ApiError 413. */
export function checkValue(value: unknown): void {
  let values = 0;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw requestEntityTooLarge(`Request entity too large: an object has at most ${maxDepth} levels`);
    const below: unknown[] = [];
    for (const it of level) {
      if (typeof it !== 'object' || it === null) continue;
      const parts: readonly unknown[] = Array.isArray(it) ? it : Object.values(it);
      values += parts.length;
      if (values > maxValues) throw tooManyValues();
      for (const part of parts) if (typeof part === 'object' && part !== null) below.push(part);
    }
    level = below;
  }
}
