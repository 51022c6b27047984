import type { PodSpec, PodStatus } from '#api/types';
import { asksForHostPorts, hostPortsOf } from './host-ports-plan.ts';
import { pod } from './testing/pod-builder.ts';

const web = { name: 'c', ports: [{ containerPort: 80, hostPort: 8080 }] };
const dns = { name: 's', ports: [{ containerPort: 53, hostPort: 5353, hostIP: '127.0.0.1', protocol: 'UDP' }] };
const tcp = { podIps: ['10.244.0.2'], hostPort: 8080, containerPort: 80, protocol: 'TCP' };
const udp = { podIps: ['10.244.0.2'], hostPort: 5353, containerPort: 53, protocol: 'UDP', hostIp: '127.0.0.1' };

describe('host ports', () => {
  it.each<{ of: string; spec: Partial<PodSpec>; status?: Partial<PodStatus>; asks: boolean; want: unknown[] }>([
    { of: 'a container', spec: { containers: [web] }, asks: true, want: [tcp] },
    {
      of: 'a sidecar',
      spec: { containers: [{ name: 'c' }], initContainers: [{ ...dns, restartPolicy: 'Always' }] },
      asks: true,
      want: [udp],
    },
    { of: 'an init container, which is gone when they could be used', spec: { initContainers: [dns] }, asks: false, want: [] },
    { of: 'a pod on the network of the host', spec: { containers: [web], hostNetwork: true }, asks: true, want: [] },
    { of: 'a pod that has ended', spec: { containers: [web] }, status: { phase: 'Failed' }, asks: true, want: [] },
    { of: 'a pod without an address', spec: { containers: [web] }, status: { podIP: undefined }, asks: true, want: [] },
  ])('of $of', ({ spec, status, asks, want }) => {
    const object = { ...pod(spec), status: { phase: 'Running', podIP: '10.244.0.2', ...status } };
    expect(hostPortsOf(object)).toEqual(want);
    expect(asksForHostPorts(object)).toBe(asks);
  });
});
