import type { ResourcedPod } from './pod-resources.ts';
import { qosClassOf, type QosClass } from './qos-class.ts';

type Lists = NonNullable<ResourcedPod['resources']>;
const both = (cpu: string, memory: string) => ({ cpu, memory });
const c = (requests?: Lists['requests'], limits?: Lists['limits']) => ({
  resources: { ...(requests && { requests }), ...(limits && { limits }) },
});
const whole = c(both('1', '1Gi'), both('1', '1Gi'));

describe('the class of a pod', () => {
  it.each<[QosClass, string, ResourcedPod]>([
    ['BestEffort', 'asks for nothing', { containers: [c(), {}] }],
    ['BestEffort', 'asks for zero', { containers: [c({ cpu: '0' }, { memory: '0' })] }],
    ['BestEffort', 'asks for what is neither processor nor memory', { containers: [c({ 'ephemeral-storage': '1Gi' })] }],
    ['Burstable', 'asks for something', { containers: [c({ cpu: '1' })] }],
    ['Burstable', 'limits one of both', { containers: [c(undefined, { cpu: '1' })] }],
    ['Burstable', 'asks for less than its limits', { containers: [c(both('1', '1Gi'), both('1', '2Gi'))] }],
    ['Burstable', 'has a container that says nothing', { containers: [whole, {}] }],
    ['Burstable', 'has an init container that says nothing', { containers: [whole], initContainers: [{}] }],
    ['Guaranteed', 'asks for all its limits', { containers: [whole, whole], initContainers: [whole] }],
    ['Guaranteed', 'asks for them in other words', { containers: [c(both('1000m', '1024Mi'), both('1', '1Gi'))] }],
    ['Guaranteed', 'has limits alone', { containers: [c(undefined, both('1', '1Gi'))] }],
    ['Guaranteed', 'is guaranteed as a whole (KEP-2837)', { ...whole, containers: [c({ cpu: '1m' })] }],
    ['Burstable', 'asks for something as a whole', { ...c({ cpu: '1' }), containers: [whole] }],
    ['Guaranteed', 'says nothing as a whole', { ...c({}, {}), containers: [whole] }],
    ['BestEffort', 'says what is no quantity', { containers: [c({ cpu: 'much' })] }],
  ])('%s: it %s', (want, _how, spec) => expect(qosClassOf({ spec })).toBe(want));
});
