/** One block of RFC 7468. */
export interface PemBlock {
  type: string;
  /** Whether it has headers (RFC 1421), which certificates must not have. */
  hasHeaders: boolean;
  der: Buffer;
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Every whole block, in order. Text around blocks, and blocks that end otherwise than they began, are passed over, as Go's `encoding/pem` does. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { type: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const trimmed = line.trimEnd();
    const begun = between(trimmed, '-----BEGIN ');
    if (begun !== undefined) open = { type: begun, lines: [] };
    else if (!open) continue;
    else if (between(trimmed, '-----END ') === open.type) {
      blocks.push(...blockOf(open));
      open = undefined;
    } else open.lines.push(trimmed);
  }
  return blocks;
}

const between = (line: string, start: string): string | undefined =>
  line.startsWith(start) && line.endsWith('-----') && line.length >= start.length + 5 ? line.slice(start.length, -5) : undefined;

function blockOf({ type, lines }: { type: string; lines: readonly string[] }): PemBlock[] {
  const bodyStart = lines.findIndex((line) => !line.includes(':'));
  const body = lines.slice(Math.max(0, bodyStart)).join('');
  return base64.test(body) ? [{ type, hasHeaders: bodyStart > 0, der: Buffer.from(body, 'base64') }] : [];
}
