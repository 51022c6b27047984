/** RFC 9110 §11.6.1 as registries use it: one challenge of a header. */
export interface Challenge {
  scheme: 'basic' | 'bearer';
  parameters: ReadonlyMap<string, string>;
}

/** The first challenge that we can answer; Bearer before Basic, which gives the password away. */
export function parseChallenges(header: string | undefined): Challenge | undefined {
  const found: Challenge[] = [];
  for (const part of (header ?? '').split(/,\s*(?=[A-Za-z]+(?:\s|$))/)) {
    const match = /^\s*(Basic|Bearer)\b(.*)$/is.exec(part);
    if (!match) continue;
    const parameters = new Map<string, string>();
    for (const [, key = '', quoted, plain] of (match[2] ?? '').matchAll(/([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
      parameters.set(key.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
    }
    found.push({ scheme: match[1]!.toLowerCase() as Challenge['scheme'], parameters });
  }
  return found.find(({ scheme }) => scheme === 'bearer') ?? found[0];
}
