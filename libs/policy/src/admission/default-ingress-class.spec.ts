import { FakeView } from '#api-server/testing';
import type { KubeObject } from '#api';
import type { Ingress } from '#api/types';
import { admit, dev } from '../testing/admission.ts';
import { defaultIngressClass } from './default-ingress-class.ts';

const classOf = (name: string, created: string, marked = 'true'): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: {
    name,
    creationTimestamp: created,
    annotations: { 'ingressclass.kubernetes.io/is-default-class': marked },
  },
});
const [old, recent] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];

async function classGiven(classes: KubeObject[], { spec = {}, metadata = {}, verb = 'create', subresource = '' } = {}) {
  const object = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i', namespace: 'dev', ...metadata }, spec };
  const given = { resource: 'ingresses', group: 'networking.k8s.io', verb: verb as 'create', subresource, object: object as KubeObject };
  return ((await admit(defaultIngressClass, given, new FakeView(dev, ...classes))) as Ingress).spec?.ingressClassName;
}

describe('DefaultIngressClass', () => {
  it.each<[string, KubeObject[], string | undefined]>([
    ['no class', [], undefined],
    ['no default class', [classOf('a', old, 'false')], undefined],
    ['a default class', [classOf('a', old), classOf('b', recent, 'false')], 'a'],
    ['several: the newest', [classOf('a', old), classOf('b', recent)], 'b'],
    ['several of one second: the first by name', [classOf('b', old), classOf('a', old)], 'a'],
  ])('where there is %s', async (_name, classes, want) => expect(await classGiven(classes)).toBe(want));

  it.each([
    ['names its class', { spec: { ingressClassName: 'mine' } }, 'mine'],
    ['names its class as it was once done', { metadata: { annotations: { 'kubernetes.io/ingress.class': 'mine' } } }, undefined],
    ['is updated', { verb: 'update' }, undefined],
    ['has its status written', { subresource: 'status' }, undefined],
  ])('leaves alone what %s', async (_name, given, want) => expect(await classGiven([classOf('a', old)], given)).toBe(want));
});
