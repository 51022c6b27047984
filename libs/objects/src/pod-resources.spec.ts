import { podTotals, type ResourcedPod } from './pod-resources.ts';
import { formatQuantity } from '#api';

const asks = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu }, limits: { cpu } }, ...more });
const sidecar = { restartPolicy: 'Always' };

it('a container that does not say counts as what is missing', () => {
  const pod = { initContainers: [{}], containers: [asks('1'), {}, { resources: { requests: { memory: '1Gi' } } }] };
  const totals = podTotals(pod, 'requests', { cpu: '100m', memory: '200Mi' });
  expect([...totals].map(([name, sum]) => `${name} ${formatQuantity(sum)}`).toSorted()).toEqual(['cpu 1200m', 'memory 1424Mi']);
});

describe('what a pod takes', () => {
  it.each<[string, ResourcedPod, string, string]>([
    ['the sum of its containers', { containers: [asks('100m'), asks('200m')] }, '300m', '300m'],
    ['the largest init container', { initContainers: [asks('2'), asks('1')], containers: [asks('1500m')] }, '2', '2'],
    ['sidecars beside the containers', { initContainers: [asks('500m', sidecar)], containers: [asks('1')] }, '1500m', '1500m'],
    ['init containers beside earlier sidecars', { initContainers: [asks('1', sidecar), asks('2')], containers: [asks('1')] }, '3', '3'],
    ['overhead', { containers: [asks('1')], overhead: { cpu: '250m' } }, '1250m', '1250m'],
    ['pod-level resources', { containers: [asks('1')], resources: { requests: { cpu: '4' } } }, '4', '1'],
  ])('is %s', (_what, pod, requests, limits) => {
    expect(formatQuantity(podTotals(pod, 'requests').get('cpu')!)).toBe(requests);
    expect(formatQuantity(podTotals(pod, 'limits').get('cpu')!)).toBe(limits);
  });
});
