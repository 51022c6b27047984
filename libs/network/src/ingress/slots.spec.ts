import { placeEndpoints, type Slots } from './slots.ts';

const at = (n: number) => ({ ip: `10.0.0.${n}`, port: 80 });
const shown = (slots: Slots): string => slots.map((slot) => slot?.ip.split('.').at(-1) ?? '-').join(' ');
const list = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => at(from + i));

describe('the servers of a backend', () => {
  it.each<[string, Slots | undefined, Slots, string]>([
    ['are more than there are endpoints', undefined, [at(1), at(2)], '1 2 - - - - - -'],
    ['are there without endpoints', undefined, [], '- - - - - - - -'],
    ['double where endpoints are many', undefined, list(1, 6), '1 2 3 4 5 6 - - - - - - - - - -'],
    ['keep the endpoints that stay, and take new ones where others were', [at(1), at(2), at(3)], [at(3), at(4)], '4 - 3 - - - - -'],
    ['double when there is no room', list(1, 8), list(1, 9), '1 2 3 4 5 6 7 8 9 - - - - - - -'],
    ['stay as many when endpoints go', list(1, 16), [at(16)], `${'- '.repeat(15)}16`],
    ['have each endpoint once', undefined, [at(1), at(1)], '1 - - - - - - -'],
  ])('%s', (_name, before, endpoints, want) =>
    expect(
      shown(
        placeEndpoints(
          before,
          endpoints.filter((each) => each !== undefined),
        ),
      ),
    ).toBe(want),
  );
});
