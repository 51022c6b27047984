import { textOf } from '../services/spread-rule.ts';
import ipaddr from 'ipaddr.js';
import type { Ruleset } from '../services/ruleset.ts';
import type { Connection } from './policy-model.ts';

/** Judges a connection's first packet as the kernel would: by the rules of policies of one family, written out. Throws for a word that it does not know. */
export function judge(ruleset: Ruleset, connection: Connection): boolean {
  return (['egress', 'ingress'] as const).every((direction) => {
    const verdict = ruleset.elements.get(direction)?.get(direction === 'egress' ? connection.from : connection.to);
    return verdict === undefined || run(ruleset, verdict.replace(/^goto /, ''), connection) === 'accept';
  });
}

function run(ruleset: Ruleset, chain: string, connection: Connection): 'accept' | 'drop' | undefined {
  const rules = ruleset.chains.get(chain);
  if (!rules) throw new Error(`no chain ${chain}`);
  for (const rule of rules) {
    const verdict = judgeRule(ruleset, textOf(rule), connection);
    if (verdict) return verdict;
  }
  return undefined;
}

function judgeRule(ruleset: Ruleset, rule: string, connection: Connection): 'accept' | 'drop' | undefined {
  const values: Record<string, string> = { source: connection.from, destination: connection.to, port: String(connection.port) };
  let rest = rule
    .replaceAll(/ct original ip6? saddr/g, 'source')
    .replaceAll(/ct reply ip6? saddr/g, 'destination')
    .replaceAll('ct reply proto-src', 'port');
  for (;;) {
    let found: RegExpExecArray | null;
    if ((found = /^(accept|drop)$/.exec(rest))) return found[1] as 'accept' | 'drop';
    if ((found = /^jump (\S+)$/.exec(rest))) return run(ruleset, found[1]!, connection);
    if (rest.includes('ct state related')) return undefined; // of errors, which are no connections
    if ((found = /^meta l4proto (\S+) /.exec(rest))) {
      if (found[1] !== connection.protocol.toLowerCase()) return undefined;
    } else if ((found = /^(\w+) \{ ([^}]+) \} /.exec(rest))) {
      const value = values[found[1]!]!;
      if (!found[2]!.split(', ').some((range) => isWithin(value, range))) return undefined;
    } else if ((found = /^(\w+(?: \. \w+)*) @(\S+) /.exec(rest))) {
      const key = found[1]!
        .split(' . ')
        .map((word) => values[word])
        .join(' . ');
      if (found[2] !== 'self' && !ruleset.sets.has(found[2]!)) throw new Error(`no set ${found[2]}`);
      if (!ruleset.elements.get(found[2]!)?.has(key)) return undefined;
    } else {
      throw new Error(`not a rule that is known: ${rest} (of ${rule})`);
    }
    rest = rest.slice(found[0].length);
  }
}

function isWithin(value: string, range: string): boolean {
  const [first = '', last = first] = range.split('-');
  return numberOf(value) >= numberOf(first) && numberOf(value) <= numberOf(last);
}

const numberOf = (text: string): bigint =>
  /^\d+$/.test(text) ? BigInt(text) : BigInt(`0x${Buffer.from(ipaddr.parse(text).toByteArray()).toString('hex')}`);
