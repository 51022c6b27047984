import type { Endpoints } from '#api/types';
import type { Column } from '../../contract.ts';
import { age } from '../../rules/columns.ts';

const shownAtMost = 3;

export const columns: readonly Column<Endpoints>[] = [{ name: 'Endpoints', type: 'string', value: shown }, age];

/** `a:80,b:80 + 1 more...` */
function shown({ subsets }: Endpoints): string {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
  });
  if (all.length === 0) return '<none>';
  const more = all.length - shownAtMost;
  return more > 0 ? `${all.slice(0, shownAtMost).join(',')} + ${more} more...` : all.join(',');
}
