import { type Rule, textOf } from './spread-rule.ts';

/*
 * What the services need in nftables, as data: chains, sets and map elements by name. Two of them can be compared, so that a change of
 * one service touches the kernel's objects of that service only.
 */
export interface Ruleset {
  /** Set name → declaration. */
  sets: Map<string, string>;
  /** Chain name → its rules. */
  chains: Map<string, readonly Rule[]>;
  /** Set or map name → element key → what it maps to ('' in a set). */
  elements: Map<string, Map<string, string>>;
}

/** A new one each time: who makes rules fills it. */
export const emptyRuleset = (): Ruleset => ({ sets: new Map(), chains: new Map(), elements: new Map() });

/** Elements in one `add element` line. */
const CHUNK = 500;

/**
 * The commands that lead from one ruleset to another, for one `nft -f -` transaction: what is new is declared first, then used, then
 * what nothing refers to any more is taken away. '' when nothing changes.
 */
export function renderChange(table: string, before: Ruleset, after: Ruleset): string {
  const lines: string[] = [];
  for (const [name, declaration] of after.sets) {
    if (before.sets.get(name) !== declaration) lines.push(`add set ${table} ${name} { ${declaration} }`);
  }
  const changed = [...after.chains].filter(([name, rules]) => !sameRules(before.chains.get(name), rules));
  for (const [name] of changed) lines.push(`${before.chains.has(name) ? 'flush' : 'add'} chain ${table} ${name}`);
  for (const [name, rules] of changed) lines.push(...rules.map((rule) => `add rule ${table} ${name} ${textOf(rule)}`));
  // After the chains that new elements lead to, and before those go that old ones led to.
  lines.push(...renderElements(table, before, after));
  const gone = [...before.chains.keys()].filter((name) => !after.chains.has(name));
  // All of them are emptied before the first is deleted: they may lead to each other.
  lines.push(...gone.map((name) => `flush chain ${table} ${name}`), ...gone.map((name) => `delete chain ${table} ${name}`));
  for (const name of before.sets.keys()) if (!after.sets.has(name)) lines.push(`delete set ${table} ${name}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function renderElements(table: string, before: Ruleset, after: Ruleset): string[] {
  const removals: string[] = [];
  const additions: string[] = [];
  for (const name of new Set([...before.elements.keys(), ...after.elements.keys()])) {
    const old = before.elements.get(name) ?? new Map<string, string>();
    const now = after.elements.get(name) ?? new Map<string, string>();
    const removed = [...old].filter(([key, value]) => now.get(key) !== value);
    const added = [...now].filter(([key, value]) => old.get(key) !== value);
    for (const chunk of chunks(removed)) removals.push(`delete element ${table} ${name} { ${chunk.map(element).join(', ')} }`);
    for (const chunk of chunks(added)) additions.push(`add element ${table} ${name} { ${chunk.map(element).join(', ')} }`);
  }
  return [...removals, ...additions];
}

const element = ([key, value]: [string, string]): string => (value === '' ? key : `${key} : ${value}`);

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) => items.slice(i * CHUNK, (i + 1) * CHUNK));
}

export const sameRules = (a: readonly Rule[] | undefined, b: readonly Rule[]): boolean =>
  a === b || (a !== undefined && a.length === b.length && a.every((rule, i) => textOf(rule) === textOf(b[i]!)));
