import { formatQuantity, type KubeObject, parseQuantity } from '#api';
import type { Pod, ResourceQuota } from '#api/types';
import { beyondQuota, moreThan, quotaChooses, quotaUsage, sumUsage, unsaidForQuota, type Usage } from './quota-usage.ts';

const now = new Date('2026-01-01T00:01:00Z');
const pods = { group: '', resource: 'pods' };
const pod = (spec: Partial<Pod['spec']> = {}, more: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c' }], ...spec },
  ...more,
});
const asking = (requests: Record<string, string>, limits: Record<string, string> = {}): Partial<Pod['spec']> => ({
  containers: [{ name: 'c', resources: { requests, limits } }],
});
const shown = (usage: Usage): Record<string, string> =>
  Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]));
const amounts = (list: Record<string, string>): Usage => new Map(Object.entries(list).map(([name, text]) => [name, parseQuantity(text)]));
const service = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec }) as KubeObject;
const going = (deletionTimestamp: string): Partial<Pod> => ({ metadata: { name: 'p', deletionTimestamp, deletionGracePeriodSeconds: 30 } });

describe('what an object takes of quotas', () => {
  it.each<[string, { group: string; resource: string }, KubeObject, Record<string, string>]>([
    [
      'a pod its place, and what it asks for by both names',
      pods,
      pod(asking({ cpu: '1', memory: '1Gi' }, { cpu: '2' })),
      { 'count/pods': '1', pods: '1', cpu: '1', 'requests.cpu': '1', memory: '1Gi', 'requests.memory': '1Gi', 'limits.cpu': '2' },
    ],
    [
      'huge pages and extended resources by their request',
      pods,
      pod(asking({ 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' })),
      { 'count/pods': '1', pods: '1', 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi', 'requests.example.com/gpu': '2' },
    ],
    ['a pod that has ended only its place in the store', pods, pod({}, { status: { phase: 'Succeeded' } }), { 'count/pods': '1' }],
    ['a pod that goes all it has', pods, pod({}, going('2026-01-01T00:00:45Z')), { 'count/pods': '1', pods: '1' }],
    ['a pod that should have gone by now only its place', pods, pod({}, going('2026-01-01T00:00:29Z')), { 'count/pods': '1' }],
    [
      'a claim its size',
      { group: '', resource: 'persistentvolumeclaims' },
      service({ resources: { requests: { storage: '1Gi' } }, storageClassName: '' }),
      { 'count/persistentvolumeclaims': '1', persistentvolumeclaims: '1', 'requests.storage': '1Gi' },
    ],
    [
      'a claim of a class its size there too, and what it has grown to',
      { group: '', resource: 'persistentvolumeclaims' },
      {
        ...service({ resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' }),
        status: { allocatedResources: { storage: '2Gi' } },
      } as KubeObject,
      {
        'count/persistentvolumeclaims': '1',
        persistentvolumeclaims: '1',
        'requests.storage': '2Gi',
        'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
        'fast.storageclass.storage.k8s.io/requests.storage': '2Gi',
      },
    ],
    ['a secret by both names', { group: '', resource: 'secrets' }, service({}), { 'count/secrets': '1', secrets: '1' }],
    ['an object of a group by one', { group: 'apps', resource: 'deployments' }, service({}), { 'count/deployments.apps': '1' }],
    [
      'a service no ports inside',
      { group: '', resource: 'services' },
      service({ type: 'ClusterIP', ports: [{}] }),
      { 'count/services': '1', services: '1' },
    ],
    [
      'a service ports of the nodes',
      { group: '', resource: 'services' },
      service({ type: 'NodePort', ports: [{}, {}] }),
      { 'count/services': '1', services: '1', 'services.nodeports': '2' },
    ],
    [
      'a balanced service both',
      { group: '', resource: 'services' },
      service({ type: 'LoadBalancer', ports: [{}] }),
      { 'count/services': '1', services: '1', 'services.loadbalancers': '1', 'services.nodeports': '1' },
    ],
    [
      'a balanced service without ports of nodes those that it has',
      { group: '', resource: 'services' },
      service({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ nodePort: 30000 }, {}] }),
      { 'count/services': '1', services: '1', 'services.loadbalancers': '1', 'services.nodeports': '1' },
    ],
  ])('%s', (_what, of, object, want) => expect(shown(quotaUsage(of, object, now))).toEqual(want));
});

describe('what a quota is about', () => {
  const quota = (spec: ResourceQuota['spec']): ResourceQuota => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: {}, spec });
  const affine = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'k', namespaces: ['other'] }] } };
  const classed = (operator: string, ...values: string[]): ResourceQuota['spec'] => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, ...(values.length > 0 && { values }) }] },
  });
  it.each<[string, ResourceQuota['spec'], Pod, boolean]>([
    ['without scopes: all', {}, pod(), true],
    ['Terminating', { scopes: ['Terminating'] }, pod({ activeDeadlineSeconds: 0 }), true],
    ['Terminating, not', { scopes: ['Terminating'] }, pod(), false],
    ['NotTerminating', { scopes: ['NotTerminating'] }, pod(), true],
    ['BestEffort', { scopes: ['BestEffort'] }, pod({}, { status: { qosClass: 'BestEffort' } }), true],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, pod({}, { status: { qosClass: 'BestEffort' } }), false],
    ['all of several', { scopes: ['NotTerminating', 'BestEffort'] }, pod({}, { status: { qosClass: 'Burstable' } }), false],
    ['a class by name', classed('In', 'high'), pod({ priorityClassName: 'high' }), true],
    ['a class by other names', classed('NotIn', 'high'), pod({ priorityClassName: 'high' }), false],
    ['any class', classed('Exists'), pod({ priorityClassName: 'low' }), true],
    ['no class', classed('DoesNotExist'), pod({ priorityClassName: 'low' }), false],
    ['affinity across namespaces', { scopes: ['CrossNamespacePodAffinity'] }, pod({ affinity: affine }), true],
    ['affinity across namespaces, none', { scopes: ['CrossNamespacePodAffinity'] }, pod(), false],
    ['a scope that nobody knows', { scopes: ['Odd'] }, pod(), false],
  ])('%s', (_scope, spec, object, want) => expect(quotaChooses(quota(spec), pods, object)).toBe(want));

  const attributes = (operator: string, ...values: string[]): Partial<ResourceQuota['spec']> => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator, ...(values.length > 0 && { values }) }] },
  });
  const claim = (spec: object, status?: object): KubeObject => ({ metadata: { name: 'c' }, spec, status }) as unknown as KubeObject;
  const gold = { volumeAttributesClassName: 'gold' };
  it.each<[string, Partial<ResourceQuota['spec']>, KubeObject, boolean]>([
    ['any class of attributes', attributes('Exists'), claim(gold), true],
    ['any class of attributes, by a bare scope', { scopes: ['VolumeAttributesClass'] }, claim(gold), true],
    ['any class of attributes, none', attributes('Exists'), claim({}), false],
    ['no class of attributes', attributes('DoesNotExist'), claim({}), true],
    ['no class of attributes, one', attributes('DoesNotExist'), claim(gold), false],
    ['the class that is asked for', attributes('In', 'gold'), claim(gold), true],
    [
      'the class that it has',
      attributes('In', 'gold'),
      claim({ volumeAttributesClassName: 'tin' }, { currentVolumeAttributesClassName: 'gold' }),
      true,
    ],
    [
      'the class that it changes to',
      attributes('In', 'gold'),
      claim({}, { modifyVolumeStatus: { targetVolumeAttributesClassName: 'gold' } }),
      true,
    ],
    ['other classes', attributes('NotIn', 'gold'), claim({ volumeAttributesClassName: 'tin' }), true],
    ['other classes, none at all', attributes('NotIn', 'gold'), claim({}), true],
    ['other classes, this one', attributes('NotIn', 'gold'), claim(gold), false],
    ['a scope of pods', { scopes: ['NotTerminating'] }, claim(gold), false],
    ['scopes of both', { scopes: ['NotTerminating'], ...attributes('Exists') }, claim(gold), false],
  ])('of claims: %s', (_scope, spec, object, want) => {
    expect(quotaChooses(quota(spec), { group: '', resource: 'persistentvolumeclaims' }, object)).toBe(want);
  });

  it('with scopes is about pods and claims alone', () => {
    expect(quotaChooses(quota({ scopes: ['NotTerminating'] }), { group: '', resource: 'secrets' }, service({}))).toBe(false);
  });
});

describe('a charge', () => {
  const quota = (hard: Record<string, string>, used: Record<string, string> = {}): ResourceQuota => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: {},
    spec: { hard },
    status: { hard, used },
  });

  it('is what is more than before', () => {
    const [before, after] = [
      amounts({ cpu: '1', memory: '2Gi', pods: '1' }),
      amounts({ cpu: '1500m', memory: '1Gi', pods: '1', secrets: '1' }),
    ];
    expect(shown(moreThan(before, after))).toEqual({ cpu: '500m', secrets: '1' });
  });

  it('is refused by the names of what it would go beyond', () => {
    const of = quota({ cpu: '2', pods: '3' }, { cpu: '1500m', pods: '2' });
    expect(beyondQuota(of, amounts({ cpu: '500m', pods: '1', memory: '9Ti' }))).toEqual([]);
    expect(beyondQuota(of, amounts({ pods: '2', cpu: '501m' }))).toEqual(['cpu', 'pods']);
  });

  it('is summed up', () => {
    expect(shown(sumUsage(amounts({ cpu: '1' }), amounts({ cpu: '500m', pods: '1' })))).toEqual({ cpu: '1500m', pods: '1' });
  });

  it('needs containers to say what is counted, each of them unless the pod does', () => {
    const two = { containers: [{ name: 'b' }, { name: 'a', resources: { requests: { cpu: '1' } } }], initContainers: [{ name: 'i' }] };
    const of = quota({ 'requests.cpu': '1', memory: '1', pods: '3' });
    expect(unsaidForQuota(of, pod(two))).toEqual(['memory for: a,b,i', 'requests.cpu for: b,i']);
    expect(unsaidForQuota(of, pod({ ...two, resources: { requests: { cpu: '1', memory: '1Gi' } } }))).toEqual([]);
  });
});
