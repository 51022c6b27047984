import { readFileSync } from 'node:fs';
import { provedRows } from '../../architecture/proofs.ts';

export const document = readFileSync('docs/compatibility.md', 'utf8');

export interface Row {
  groupVersion: string;
  kind: string;
  subresources: string[];
  state: string;
}

/** `v1 Pod, Node: \`log\` \`exec\`` is a line for each of the kinds; only one alone has subresources. */
export const rows: Row[] = provedRows(document)
  .filter((row) => 'kind' in row)
  .flatMap(({ kind: cell = '', state = '' }) => {
    const [, groupVersion = '', kinds = '', subresources = ''] = /^(\S+) ([^:]+)(?:: (.*))?$/.exec(cell) ?? [];
    return kinds
      .split(', ')
      .map((kind) => ({ groupVersion, kind, subresources: subresources.match(/[a-z]+/g) ?? [], state: state.split(':')[0]! }));
  });
export const named = ({ groupVersion, kind }: Pick<Row, 'groupVersion' | 'kind'>): string => `${groupVersion} ${kind}`;
export const inState = (state: string): Row[] => rows.filter((row) => row.state === state);
export const isAbsent = ({ state }: Row): boolean => state === 'absent';

export const root = (groupVersion: string): string => (groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`);

export function pluralOf(kind: string): string {
  // Metrics have the names of what they are of.
  const word = kind.replace(/Metrics$/, '').toLowerCase();
  if (word === 'endpoints') return word;
  return /(s|x)$/.test(word) ? `${word}es` : word.replace(/y$/, 'ie').concat('s');
}
