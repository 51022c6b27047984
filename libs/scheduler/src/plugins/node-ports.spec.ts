import type { Pod } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { nodePorts } from './node-ports.ts';

interface Port {
  hostPort?: number;
  hostIP?: string;
  protocol?: string;
}
const taken = "node(s) didn't have free ports for the requested pod ports";
const withPort = (name: string, port: Port, nodeName?: string): Pod =>
  pod(name, {
    spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 1, protocol: 'TCP', ...port }] }] },
    ...(nodeName && { nodeName }),
  });

it.each<{ name: string; used: Port; wanted: Port; want: string }>([
  { name: 'the same port', used: { hostPort: 80 }, wanted: { hostPort: 80 }, want: taken },
  { name: 'another port', used: { hostPort: 80 }, wanted: { hostPort: 81 }, want: 'fits' },
  { name: 'a port of the container alone', used: {}, wanted: {}, want: 'fits' },
  { name: 'another protocol', used: { hostPort: 53 }, wanted: { hostPort: 53, protocol: 'UDP' }, want: 'fits' },
  { name: 'the same address', used: { hostPort: 80, hostIP: '10.0.0.1' }, wanted: { hostPort: 80, hostIP: '10.0.0.1' }, want: taken },
  { name: 'another address', used: { hostPort: 80, hostIP: '10.0.0.1' }, wanted: { hostPort: 80, hostIP: '10.0.0.2' }, want: 'fits' },
  { name: 'every address is taken by one', used: { hostPort: 80, hostIP: '10.0.0.1' }, wanted: { hostPort: 80 }, want: taken },
  {
    name: 'one is taken by every address',
    used: { hostPort: 80, hostIP: '0.0.0.0' },
    wanted: { hostPort: 80, hostIP: '::1' },
    want: taken,
  },
])('$name', ({ used, wanted, want }) => {
  const cluster = clusterOf([node('free'), node('used')], [pod('other', { nodeName: 'used' }), withPort('r', used, 'used')]);
  expect(verdicts(nodePorts, withPort('p', wanted), cluster)).toEqual({ free: 'fits', used: want });
});

it('one port that is taken is enough', () => {
  const ports = (...hostPorts: number[]) => hostPorts.map((hostPort) => ({ containerPort: 1, hostPort, protocol: 'TCP' }));
  const using = (name: string, ...hostPorts: number[]) =>
    pod(name, { spec: { containers: [{ name: 'c', image: 'x', ports: ports(...hostPorts) }] } });
  const running = using('r', 80, 81);
  running.spec!.nodeName = 'a';
  expect(verdicts(nodePorts, using('p', 81, 82), clusterOf([node('a')], [running]))).toEqual({ a: taken });
});

it('counts the ports of sidecars, which run as long as the pod', () => {
  const sidecar = (restartPolicy?: string) => ({
    name: 's',
    image: 'x',
    ports: [{ containerPort: 1, hostPort: 80, protocol: 'TCP' }],
    ...(restartPolicy && { restartPolicy }),
  });
  const cluster = clusterOf([node('a')], [withPort('r', { hostPort: 80 }, 'a')]);
  expect(verdicts(nodePorts, pod('p', { spec: { initContainers: [sidecar('Always')] } }), cluster)).toEqual({ a: taken });
  expect(verdicts(nodePorts, pod('p', { spec: { initContainers: [sidecar()] } }), cluster)).toEqual({ a: 'fits' });
});
