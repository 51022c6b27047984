import { complaintsAbout, created } from '../../testing.ts';
import { limitRange } from './kind.ts';

describe('a limit range', () => {
  it('fills in what containers get', () => {
    const limits = [
      {
        type: 'Container',
        max: { cpu: '1' },
        min: { cpu: '10m' },
        default: { cpu: '200m', memory: '64Mi' },
        defaultRequest: { cpu: '50m' },
      },
    ];
    expect(created(limitRange, { spec: { limits } }).spec?.limits).toEqual([
      { ...limits[0], default: { cpu: '200m', memory: '64Mi' }, defaultRequest: { cpu: '50m', memory: '64Mi' } },
    ]);
  });

  it.each([
    [
      { type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } },
      [
        'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
        'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
      ],
    ],
    [{ type: 'Pod', default: { cpu: '1' } }, ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"]],
    [{ type: 'Nope' }, ['spec.limits[0].type: Invalid value: "Nope": must be a standard limit type or fully qualified']],
    [
      { type: 'PersistentVolumeClaim' },
      ['spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided'],
    ],
  ])('of %j is refused', (item, want) => expect(complaintsAbout(limitRange, { spec: { limits: [item] } })).toEqual(want));
});
