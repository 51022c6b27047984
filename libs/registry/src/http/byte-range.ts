/** First and last byte, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * RFC 9110 §14.2 for one range. `whole`: no range, a unit or form that we do not know, or several ranges (all may be ignored);
 * `unsatisfiable`: 416.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  if (match[1] === '') {
    const suffix = Number(match[2]);
    if (suffix === 0 || sizeBytes === 0) return 'unsatisfiable';
    return { first: Math.max(0, sizeBytes - suffix), last: sizeBytes - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  if (match[2] !== '' && Number(match[2]) < first) return 'whole'; // syntactically invalid: ignored
  return first >= sizeBytes ? 'unsatisfiable' : { first, last };
}

/** `<start>-<end>` of an upload chunk (OCI distribution-spec, "Pushing a blob in chunks"); some clients write RFC 9110's form. */
export function parseChunkRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/i.exec(header.trim());
  if (!match) return undefined;
  const range = { first: Number(match[1]), last: Number(match[2]) };
  return range.last < range.first ? undefined : range;
}
