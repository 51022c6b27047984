import type { AdmissionIo, AdmissionPlugin } from '#api-server/contract';
import type { Ingress, IngressClass } from '#api/types';
import { defaultIngressClassAnnotation, gvks, ingressClassAnnotation } from '#objects';

/** An Ingress that names no class when it is made is one of the default class, where there is one ("Default IngressClass"). */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (verb, { group, resource }, subresource) =>
    verb === 'create' && group === gvks.Ingress.group && resource === 'ingresses' && subresource === '',
  mutate({ object }, io) {
    const ingress = object as Ingress;
    const isNamed = ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[ingressClassAnnotation] !== undefined;
    const name = isNamed ? undefined : defaultClass(io)?.metadata.name;
    return name === undefined ? ingress : { ...ingress, spec: { ...ingress.spec, ingressClassName: name } };
  },
};

/** The newest, should there be several; of two made at once the first by name. */
function defaultClass(io: AdmissionIo): IngressClass | undefined {
  const made = ({ metadata }: IngressClass): number => Date.parse(metadata.creationTimestamp ?? '');
  return io
    .list<IngressClass>(gvks.IngressClass)
    .filter(({ metadata }) => metadata.annotations?.[defaultIngressClassAnnotation] === 'true')
    .toSorted((a, b) => made(b) - made(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))[0];
}
