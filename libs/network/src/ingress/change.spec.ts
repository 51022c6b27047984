import { type Applied, proxyChange } from './change.ts';
import type { Slots } from './slots.ts';

const at = (n: number) => ({ ip: `10.0.0.${n}`, port: 80 });
const applied = (slots: Slots, { text = 'x', pem = 'a\n' } = {}): Applied => ({
  structure: { texts: new Map([['haproxy.cfg', text]]), pems: new Map([['c.pem', pem]]) },
  slots: new Map([['b', slots]]),
});
const before = applied([at(1), at(2), undefined]);

describe('a change of the ingress proxy', () => {
  it.each<[string, Applied, string[]]>([
    ['of nothing', applied([at(1), at(2), undefined]), []],
    ['an endpoint more', applied([at(1), at(2), at(3)]), ['set server b/s2 addr 10.0.0.3 port 80', 'set server b/s2 state ready']],
    ['an endpoint less', applied([at(1), undefined, undefined]), ['set server b/s1 state maint']],
    ['another endpoint', applied([at(1), at(3), undefined]), ['set server b/s1 addr 10.0.0.3 port 80']],
    [
      'a renewed certificate',
      applied([at(1), at(2), undefined], { pem: 'b\n' }),
      ['set ssl cert /d/c.pem <<\nb\n', 'commit ssl cert /d/c.pem'],
    ],
  ])('is told while it runs: %s', (_name, next, commands) => expect(proxyChange(before, next, '/d')).toEqual({ do: 'tell', commands }));

  it.each<[string, Applied]>([
    ['other rules', applied([at(1), at(2), undefined], { text: 'y' })],
    ['more servers', applied([at(1), at(2), undefined, undefined])],
    ['a certificate too long for a command', applied([at(1), at(2), undefined], { pem: 'x'.repeat(20_000) })],
  ])('needs new workers: %s', (_name, next) => expect(proxyChange(before, next, '/d')).toEqual({ do: 'reload' }));
});
