import type { FieldTable } from './field-states.ts';

/** Services. */
export const servicesFields: FieldTable = {
  'core.v1.ServicePort': {
    done: {
      'libs/network/src/services/service-routes.ts': 'name protocol port nodePort',
      'libs/controllers/src/endpoint-slice/endpoints-of-service.ts': 'appProtocol targetPort',
    },
  },
  'core.v1.ClientIPConfig': {
    done: {
      'libs/network/src/services/service-routes.ts': 'timeoutSeconds',
    },
  },
  'core.v1.ServiceSpec': {
    done: {
      'libs/network/src/services/service-routes.ts':
        'ports clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerSourceRanges externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig internalTrafficPolicy',
      'libs/controllers/src/endpoint-slice/reconcile.ts': 'selector',
      'libs/network/src/dns/records.ts': 'externalName',
      'libs/controllers/src/endpoint-slice/endpoints-of-service.ts': 'ipFamilies trafficDistribution',
      'libs/kinds/src/core/service/choose-families.ts': 'ipFamilyPolicy',
      'libs/kinds/src/core/service/shape.ts': 'allocateLoadBalancerNodePorts',
      'libs/objects/src/load-balancer.ts': 'loadBalancerClass',
      'libs/controllers/src/service-load-balancer/allot.ts': 'loadBalancerIP',
    },
  },
  'core.v1.LoadBalancerIngress': {
    done: {
      'libs/network/src/services/service-routes.ts': 'ip ipMode',
      'libs/kinds/src/core/service/columns.ts': 'hostname',
      'libs/controllers/src/service-load-balancer/reconcile.ts': 'ports',
    },
  },
  'core.v1.LoadBalancerStatus': {
    done: {
      'libs/network/src/services/service-routes.ts': 'ingress',
    },
  },
  'core.v1.ServiceStatus': {
    done: {
      'libs/network/src/services/service-routes.ts': 'loadBalancer',
      'libs/controllers/src/service-load-balancer/reconcile.ts': 'conditions',
    },
  },
  'meta.v1.Condition': {
    done: {
      'libs/controllers/src/service-load-balancer/reconcile.ts': 'type status lastTransitionTime reason message',
    },
    unwritten: {
      observedGeneration: 'written where the object has a generation, and a Service has none',
    },
  },
  'core.v1.PortStatus': {
    done: {
      'libs/controllers/src/service-load-balancer/reconcile.ts': 'port protocol error',
    },
  },
  'core.v1.Service': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/network/src/services/service-routes.ts': 'spec status',
    },
  },
};
