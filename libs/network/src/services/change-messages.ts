import { type AddressFamily, familyOf, ipBytes } from '../family.ts';
import {
  addChain,
  deleteChain,
  type ElementChange,
  elementMessages,
  flushChain,
  type SetElement,
  type TableRef,
} from '../netlink/table-messages.ts';
import { sameRules, type Ruleset } from './ruleset.ts';
import { portBytes, protocolNumbers, type Rule, type SpreadRule, spreadMessages } from './spread-rule.ts';

/** Beyond so much, one program costs less than their making. */
const MOST_ELEMENTS = 4096;
const MOST_CHAINS = 64;

/**
 * The messages that lead from one ruleset to another, in the order of `renderChange`; undefined where there is too much, or something that only
 * `nft` knows how to say. Pods come and go this way: starting a program, which then reads all chains, costs more than all else.
 */
export function changeMessages(
  before: Ruleset,
  after: Ruleset,
  { family, table }: { family: AddressFamily; table: string },
): Buffer[] | undefined {
  const of: TableRef = { family: family.nft, table };
  if (!sameKeys(before.sets, after.sets)) return undefined;
  const chains = differing(before.chains, after.chains, sameRules);
  const [changed, gone] = [chains.come, chains.gone.map(([name]) => name)];
  if (changed.length + gone.length > MOST_CHAINS) return undefined;
  if (!changed.every(([, rules]) => rules.every(isSpread))) return undefined;
  const elements = changedElements(of, before, after);
  if (!elements) return undefined;
  const rules = changed.flatMap(([name, all]) => all.filter(isSpread).map((rule) => ({ chain: name, rule })));
  return [
    ...changed.map(([name]) => (before.chains.has(name) ? flushChain : addChain)(of, name)),
    ...rules.flatMap(({ chain, rule }, i) => spreadMessages({ ...of, chain }, rule, i + 1)),
    ...elementMessages(elements),
    ...gone.map((name) => flushChain(of, name)),
    ...gone.map((name) => deleteChain(of, name)),
  ];
}

/** Without lists of all of them, or a second look where nothing is gone: of thousands one differs. */
function differing<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>, same: (a: T | undefined, b: T) => boolean) {
  const come: [string, T][] = [];
  const gone: [string, T][] = [];
  let common = 0;
  after.forEach((value, key) => {
    const had = before.get(key);
    if (had !== undefined) common++;
    if (!same(had, value)) come.push([key, value]);
  });
  if (common < before.size) {
    before.forEach((value, key) => {
      if (!after.has(key)) gone.push([key, value]);
    });
  }
  return { come, gone };
}

const isSpread = (rule: Rule): rule is SpreadRule => typeof rule !== 'string';

function changedElements(of: TableRef, before: Ruleset, after: Ruleset): ElementChange[] | undefined {
  const changes: Record<ElementChange['change'], ElementChange[]> = { delete: [], add: [] };
  for (const set of new Set([...before.elements.keys(), ...after.elements.keys()])) {
    const [old, now] = [before.elements.get(set) ?? none, after.elements.get(set) ?? none];
    const { come, gone } = differing(old, now, (a, b) => a === b);
    // What leads elsewhere is taken out first.
    const removed = [...gone, ...come.flatMap(([key]): [string, string][] => (old.has(key) ? [[key, old.get(key)!]] : []))];
    for (const [change, elements] of [
      ['delete', removed],
      ['add', come],
    ] as const) {
      for (const [key, value] of elements) {
        const element = elementOf(key, value);
        if (!element) return undefined;
        changes[change].push({ change, ...of, set, ...element });
      }
    }
    if (changes.delete.length + changes.add.length > MOST_ELEMENTS) return undefined;
  }
  return [...changes.delete, ...changes.add];
}

const none: ReadonlyMap<string, string> = new Map();

/** As in `10.244.1.2 . tcp . 8080` and `goto web`; undefined for ranges, which have a form of their own. */
function elementOf(key: string, value: string): SetElement | undefined {
  const parts = partsOf(key);
  if (!parts || value === '') return parts && { key: parts };
  if (value === 'drop') return { key: parts, verdict: 'drop' };
  if (value.startsWith('goto ')) return { key: parts, verdict: { goto: value.slice('goto '.length) } };
  const to = partsOf(value);
  return to && { key: parts, value: to };
}

function partsOf(text: string): Buffer[] | undefined {
  const parts: Buffer[] = [];
  for (const part of text.split(' . ')) {
    const protocol = protocolNumbers.get(part);
    if (protocol !== undefined) parts.push(Buffer.from([protocol]));
    else if (/^\d+$/.test(part)) parts.push(portBytes(Number(part)));
    else if (!part.includes('/') && familyOf(part)) parts.push(ipBytes(part));
    else return undefined;
  }
  return parts;
}

const sameKeys = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean =>
  a.size === b.size && [...a.keys()].every((key) => b.has(key));
