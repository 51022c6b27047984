import { created, type Json, podSpec } from '../../testing.ts';
import { pod } from './kind.ts';

const specOf = (spec: Json) => created(pod, { spec }).spec;

describe('a pod', () => {
  it('gets what every pod has', () => {
    expect(specOf(podSpec())).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      securityContext: {},
      containers: [{ resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }],
    });
  });

  it('asks for what it is limited to, where it says nothing else', () => {
    const { containers } = specOf(podSpec({}, { resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '100m' } } }));
    expect(containers[0]?.resources?.requests).toEqual({ cpu: '100m', memory: '64Mi' });
  });

  const limited = { resources: { limits: { cpu: '500m', memory: '64Mi' } } };
  it.each<[string, Json, Json, Json]>([
    ['no resources as a whole', {}, limited, {}],
    [
      'limits that are the sum of the containers',
      { requests: { cpu: '250m' } },
      limited,
      {
        limits: { cpu: '500m', memory: '67108864' },
        requests: { cpu: '250m', memory: '67108864' },
      },
    ],
    [
      'no limit where a container has none',
      { requests: { cpu: '1' } },
      { resources: { limits: { memory: '64Mi' } } },
      {
        limits: { memory: '67108864' },
        requests: { cpu: '1', memory: '67108864' },
      },
    ],
    [
      'its own limits',
      { limits: { cpu: '2' } },
      limited,
      {
        limits: { cpu: '2', memory: '67108864' },
        requests: { cpu: '500m', memory: '67108864' },
      },
    ],
    ['requests that are its limits', { limits: { cpu: '2' } }, {}, { limits: { cpu: '2' }, requests: { cpu: '2' } }],
  ])('has %s (KEP-2837)', (_what, resources, container, want) => {
    expect(specOf(podSpec({ ...(Object.keys(resources).length > 0 && { resources }) }, container)).resources ?? {}).toEqual(want);
  });

  it('has its ports on the host when it is on the host network', () => {
    const { containers } = specOf(podSpec({ hostNetwork: true }, { ports: [{ containerPort: 80 }] }));
    expect(containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  });

  it('has a volume of nothing as an emptyDir', () => {
    expect(specOf(podSpec({ volumes: [{ name: 'v' }] })).volumes).toEqual([{ name: 'v', emptyDir: {} }]);
  });

  it('has its service account by both names', () => {
    expect(specOf(podSpec({ serviceAccount: 's' }))).toMatchObject({ serviceAccountName: 's', serviceAccount: 's' });
    expect(specOf(podSpec({ serviceAccountName: 't', serviceAccount: 's' }))).toMatchObject({ serviceAccount: 't' });
  });
});
