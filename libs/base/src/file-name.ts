import { isUtf8 } from 'node:buffer';

/*
 * Names of files are bytes, and nothing makes them UTF-8. As strings, bytes that are no UTF-8 become the lone surrogates U+DC80 to U+DCFF,
 * which UTF-8 cannot have (Python's PEP 383 does the same): every name has a string of its own, and gets its bytes back. Most names are
 * UTF-8, and cost one look.
 */

/** The string for a name's bytes. Never throws and loses nothing: `encodeName` gives the same bytes back. */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    name += length > 0 ? bytes.toString('utf8', at, at + length) : String.fromCharCode(0xdc00 + bytes[at]!);
    at += Math.max(1, length);
  }
  return name;
}

/** The bytes of a name that `decodeName` has read, or of any other text. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  // With `u` only surrogates that are alone match.
  const parts = name.split(/([\udc80-\udcff])/u);
  return Buffer.concat(parts.map((part, i) => (i % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))));
}

/** A path for Node's file functions, which take strings for UTF-8. */
export function filePath(path: string): string | Buffer {
  return path.isWellFormed() ? path : encodeName(path);
}

/** Length in bytes: what NAME_MAX and PATH_MAX bound, and what archives have fields for. */
export function nameBytes(name: string): number {
  return name.isWellFormed() ? Buffer.byteLength(name) : encodeName(name).length;
}

/** By bytes, whatever they mean: the order that does not depend on a machine's language. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(encodeName(a), encodeName(b));
}

/** Of the character that begins at `at`; 0 when none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  // RFC 3629: 0x80 to 0xBF go on with a character, and 0xC0, 0xC1 and 0xF5 to 0xFF never appear.
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
