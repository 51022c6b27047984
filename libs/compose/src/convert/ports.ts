import type { NetworkPolicy, Service, ServicePort } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { labelsOf, type Naming, serviceLabel } from './names.ts';
import type { Reader } from './reader.ts';

export interface Published {
  target: number;
  /** Undefined: whichever is free. */
  published: number | undefined;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  /** Of the node that the pod is on, not of the cluster. */
  host: boolean;
}

/** The range of node ports of a cluster: a port of it is published on every node, others at an address of a load balancer. */
const nodePorts = { from: 30_000, to: 32_767 };
const isNodePort = (port: number): boolean => port >= nodePorts.from && port <= nodePorts.to;

export function publishedOf(service: Reader): Published[] {
  return service
    .at('ports')
    .items()
    .map((port) => {
      const ip = port.at('host_ip');
      if (ip.isSet && !['0.0.0.0', '::', ''].includes(ip.text()))
        throw unsupported(ip.path, 'a port is published on nodes or at an address of a load balancer, not at one of this machine');
      const mode = port.has('mode') ? port.at('mode').oneOf('ingress', 'host') : 'ingress';
      const text = port.has('published') ? port.at('published').text() : '';
      const protocol = (
        port.has('protocol') ? port.at('protocol').oneOf('tcp', 'udp', 'sctp') : 'tcp'
      ).toUpperCase() as Published['protocol'];
      port.skip('name', 'target');
      port.done({ app_protocol: '' });
      if (mode === 'host' && text === '') throw invalid(port.path, 'in mode host a published port has to be given');
      return { target: port.at('target').whole(), published: text === '' ? undefined : Number(text), protocol, host: mode === 'host' };
    });
}

/** Ports that others are told of: each can be reached by others anyway. Checked, and of no further use. */
export function checkExposed(service: Reader): void {
  for (const port of service.at('expose').items())
    if (!/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/.test(port.text()))
      throw invalid(port.path, `invalid port ${JSON.stringify(port.value)}`);
}

/** Docker's names lead to the containers themselves, at any port, well or not: so does a Service without an address. */
export function nameService(name: string, service: string, naming: Naming): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: labelsOf(naming, service) },
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: { [serviceLabel]: service } },
  };
}

/** The Services that publish ports: one of the nodes, one of a load balancer, as far as they are needed. */
export function publishingServices(published: readonly Published[], service: string, naming: Naming): Service[] {
  const ingress = published.filter(({ host }) => !host);
  const onNodes = ingress.filter((port) => port.published === undefined || isNodePort(port.published));
  const balanced = ingress.filter((port) => !onNodes.includes(port));
  const make = (name: string, type: string, ports: ServicePort[]): Service[] =>
    ports.length === 0
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name, labels: labelsOf(naming, service) },
            spec: { type, selector: { [serviceLabel]: service }, ports },
          },
        ];
  const portName = ({ target, published: port, protocol }: Published): string => `${protocol.toLowerCase()}-${port ?? 'any'}-${target}`;
  return [
    ...make(
      `${service}-node-ports`,
      'NodePort',
      onNodes.map((port) => ({
        name: portName(port),
        port: port.published ?? port.target,
        targetPort: port.target,
        protocol: port.protocol,
        ...(port.published !== undefined && { nodePort: port.published }),
      })),
    ),
    ...make(
      `${service}-ports`,
      'LoadBalancer',
      balanced.map((port) => ({ name: portName(port), port: port.published!, targetPort: port.target, protocol: port.protocol })),
    ),
  ];
}

/** What is published is reached from everywhere, whatever networks keep apart. */
export function publishedPolicy(published: readonly Published[], service: string, naming: Naming): NetworkPolicy[] {
  if (published.length === 0) return [];
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `ports-${service}`, labels: labelsOf(naming, service) },
      spec: {
        podSelector: { matchLabels: { [serviceLabel]: service } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: published.map(({ target, protocol }) => ({ port: target, protocol })) }],
      },
    },
  ];
}
