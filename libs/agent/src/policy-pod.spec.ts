import type { Pod, PodSpec, PodStatus } from '#api/types';
import { policyFacts, policyPodOf } from './policy-pod.ts';

const named = [{ name: 'web', containerPort: 8080 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }, { containerPort: 9090 }];
const pod = (spec: Partial<PodSpec>, status: PodStatus = { podIPs: [{ ip: '10.244.1.2' }, { ip: 'fd00::2' }] }): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'one', uid: 'u', labels: { app: 'web' }, annotations: { large: 'x' } },
  spec: { containers: [{ name: 'c', ports: named, env: [{ name: 'A' }] }], ...spec } as PodSpec,
  status,
});
const seen = {
  namespace: 'one',
  labels: { app: 'web' },
  ips: ['10.244.1.2', 'fd00::2'],
  ports: [
    { name: 'web', protocol: 'TCP', port: 8080 },
    { name: 'dns', protocol: 'UDP', port: 53 },
  ],
};

describe('a pod as policies see it', () => {
  it.each<[string, Pod, object | undefined]>([
    ['with its addresses, labels and named ports', pod({}), seen],
    [
      'with the ports of sidecars, not of what runs before',
      pod({
        containers: [{ name: 'c' }],
        initContainers: [
          { name: 's', restartPolicy: 'Always', ports: named.slice(0, 1) },
          { name: 'i', ports: named.slice(1) },
        ],
      } as Partial<PodSpec>),
      { ...seen, ports: seen.ports.slice(0, 1) },
    ],
    ['that has no address yet', pod({}, {}), undefined],
    ['of its node’s network', pod({ hostNetwork: true }), undefined],
    ['that has ended: its address is free', pod({}, { phase: 'Succeeded', podIPs: [{ ip: '10.244.1.2' }] }), undefined],
  ])('%s', (_name, given, want) => {
    expect(policyPodOf(given)).toEqual(want);
    expect(policyPodOf(policyFacts(given))).toEqual(want);
  });

  it('on its own node has the addresses that it was given, before the API knows them', () => {
    expect(policyPodOf(pod({}, {}), ['10.244.1.9'])?.ips).toEqual(['10.244.1.9']);
  });

  it('is kept without what they do not look at', () => {
    expect(JSON.stringify(policyFacts(pod({})))).not.toMatch(/large|env/);
  });
});
