import { type AddressFamily, ipBytes } from '../family.ts';
import type { ElementChange } from '../links/set-element-messages.ts';
import type { Ruleset } from '../services/ruleset.ts';

/** Beyond so many, one program costs less than their answers. */
const MAX_CHANGES = 256;

/**
 * The elements that differ, where nothing but elements does and they are few; undefined otherwise. They go to the kernel without a program in
 * between, which would cost more than all else: pods come and go this way.
 */
export function elementChanges(
  before: Ruleset,
  after: Ruleset,
  { family, table }: { family: AddressFamily; table: string },
): ElementChange[] | undefined {
  if (!sameKeys(before.sets, after.sets) || !sameChains(before.chains, after.chains)) return undefined;
  const gone: ElementChange[] = [];
  const come: ElementChange[] = [];
  for (const set of new Set([...before.elements.keys(), ...after.elements.keys()])) {
    const [old, now] = [before.elements.get(set), after.elements.get(set)];
    for (const [key, value] of old ?? [])
      if (now?.get(key) !== value) gone.push({ change: 'delete', family: family.nft, table, set, key: bytesOf(key) });
    for (const [key, value] of now ?? [])
      if (old?.get(key) !== value) come.push({ change: 'add', family: family.nft, table, set, key: bytesOf(key), ...target(value) });
    if (gone.length + come.length > MAX_CHANGES) return undefined;
  }
  return [...gone, ...come];
}

/** Addresses and ports, as in `10.244.1.2 . 8080`. */
function bytesOf(key: string): Buffer[] {
  return key.split(' . ').map((part) => {
    if (!/^\d+$/.test(part)) return ipBytes(part);
    const port = Buffer.alloc(2);
    port.writeUInt16BE(Number(part));
    return port;
  });
}

const target = (value: string): { goto?: string } => (value === '' ? {} : { goto: value.replace(/^goto /, '') });

const sameKeys = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean =>
  a.size === b.size && [...a.keys()].every((key) => b.has(key));

const sameChains = (a: Ruleset['chains'], b: Ruleset['chains']): boolean =>
  sameKeys(a, b) && [...a].every(([name, rules]) => b.get(name)?.join('\n') === rules.join('\n'));
