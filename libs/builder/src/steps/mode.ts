import { lookUp } from '#base';

/** What a file's mode becomes. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

interface Clause {
  /** Bits that it speaks of: of the owner, the group, the others. */
  who: number;
  actions: { operator: string; bits: string }[];
}

/** Which bits `u`, `g` and `o` speak of: set-user-ID is the owner's, set-group-ID the group's, sticky the others'. */
const classes: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const everyone = 0o111;
const permissions: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: everyone, s: 0o6000, t: 0o1000 };

/** `--chmod`: octal, or symbolic as for chmod(1): `u=rwX,go=rX`. Throws Error with BuildKit's words. */
export function modeChange(text: string): ModeChange {
  if (/^[0-7]{1,4}$/.test(text)) return () => Number.parseInt(text, 8);
  const clauses = text.split(',').map(clauseOf);
  if (/^\d/.test(text) || clauses.includes(undefined)) {
    throw new Error(`invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`);
  }
  return (mode, isDirectory) => (clauses as Clause[]).reduce((changed, clause) => applied(clause, changed, isDirectory), mode);
}

function clauseOf(text: string): Clause | undefined {
  const [whole, who = '', actions = ''] = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return {
    who: Array.from(who || 'a').reduce((bits, name) => bits | lookUp(classes, name)!, 0),
    actions: [...actions.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)].map(([, operator = '', bits = '']) => ({ operator, bits })),
  };
}

function applied({ who, actions }: Clause, mode: number, isDirectory: boolean): number {
  let changed = mode;
  for (const { operator, bits } of actions) {
    const meant = who & Array.from(bits).reduce((sum, name) => sum | meaning(name, changed, isDirectory), 0);
    if (operator === '+') changed |= meant;
    else if (operator === '-') changed &= ~meant;
    else changed = (changed & ~who) | meant;
  }
  return changed;
}

/** `X` is `x` for directories and for what somebody may execute already; `u`, `g` and `o` stand for what these have. */
function meaning(name: string, mode: number, isDirectory: boolean): number {
  switch (name) {
    case 'X':
      return isDirectory || mode & everyone ? everyone : 0;
    case 'u':
      return ((mode >> 6) & 7) * everyone;
    case 'g':
      return ((mode >> 3) & 7) * everyone;
    case 'o':
      return (mode & 7) * everyone;
    default:
      return lookUp(permissions, name)!;
  }
}
