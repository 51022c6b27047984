import type { FieldTable } from './field-states.ts';

const claims = 'libs/objects/src/ingress/claims.ts';
const backend = 'libs/objects/src/ingress/backend.ts';
const reconcile = 'libs/controllers/src/ingress/reconcile.ts';

/** Ingresses and their classes. */
export const ingressesFields: FieldTable = {
  'networking.v1.Ingress': { done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', [claims]: 'spec', [reconcile]: 'status' } },
  'networking.v1.IngressSpec': {
    done: { 'libs/objects/src/ingress/served.ts': 'ingressClassName', [claims]: 'defaultBackend tls rules' },
  },
  'networking.v1.IngressTLS': { done: { [claims]: 'hosts secretName' } },
  'networking.v1.IngressRule': { done: { [claims]: 'host http' } },
  'networking.v1.HTTPIngressRuleValue': { done: { [claims]: 'paths' } },
  'networking.v1.HTTPIngressPath': { done: { [claims]: 'path pathType backend' } },
  'networking.v1.IngressBackend': { done: { [backend]: 'service resource' } },
  'networking.v1.IngressServiceBackend': { done: { [backend]: 'name port' } },
  'networking.v1.ServiceBackendPort': { done: { [backend]: 'name number' } },
  'networking.v1.IngressStatus': { done: { [reconcile]: 'loadBalancer' } },
  'networking.v1.IngressLoadBalancerStatus': { done: { [reconcile]: 'ingress' } },
  'networking.v1.IngressLoadBalancerIngress': {
    done: { [reconcile]: 'ip' },
    unwritten: { hostname: 'nodes have addresses', ports: 'every node serves the same two ports' },
  },
  'networking.v1.IngressClass': {
    done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', 'libs/objects/src/ingress/served.ts': 'spec' },
  },
  'networking.v1.IngressClassSpec': {
    done: { 'libs/objects/src/ingress/served.ts': 'controller' },
    warned: {
      parameters: {
        kind: 'IngressClass',
        spec: { controller: 'berth.dev/ingress', parameters: { apiGroup: 'a.io', kind: 'K', name: 'n' } },
        says: 'spec.parameters: has no effect',
      },
    },
  },
};
