import { cells, complaintsAbout, created, type Json } from '../../testing.ts';
import { podDisruptionBudget } from './kind.ts';

describe('a disruption budget', () => {
  it.each<[Json, string[]]>([
    [{ minAvailable: 1, selector: {} }, []],
    [{ maxUnavailable: '50%' }, []],
    [
      { minAvailable: 1, maxUnavailable: 1 },
      ['spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set'],
    ],
    [{ minAvailable: -1 }, ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
    [{ maxUnavailable: '150%' }, ['spec.maxUnavailable: Invalid value: "150%": must not be greater than 100%']],
  ])('of %j', (spec, want) => expect(complaintsAbout(podDisruptionBudget, { spec })).toEqual(want));

  it('is shown by what it allows', () => {
    expect(cells(podDisruptionBudget, created(podDisruptionBudget, { spec: { minAvailable: 2 } }))).toMatchObject({
      'Min Available': '2',
      'Max Unavailable': 'N/A',
      'Allowed Disruptions': 0,
    });
  });
});
