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
    },
    warned: {
      loadBalancerIP: {
        kind: 'Service',
        spec: { type: 'LoadBalancer', loadBalancerIP: '192.0.2.1', ports: [{ port: 80 }] },
        says: 'spec.loadBalancerIP: has no effect',
      },
      loadBalancerClass: {
        kind: 'Service',
        spec: { type: 'LoadBalancer', loadBalancerClass: 'example.com/lb', ports: [{ port: 80 }] },
        says: 'spec.loadBalancerClass: has no effect',
      },
    },
  },
  'core.v1.LoadBalancerIngress': {
    done: {
      'libs/network/src/services/service-routes.ts': 'ip ipMode',
      'libs/kinds/src/core/service/columns.ts': 'hostname',
    },
    unwritten: {
      ports: 'written by a load balancer that is installed; nothing here reads it, nor does kube-proxy',
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
    },
    unwritten: {
      conditions: 'written by a load balancer that is installed; nothing here reads it, nor does kube-proxy',
    },
  },
  'core.v1.Service': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/network/src/services/service-routes.ts': 'spec status',
    },
  },
};
