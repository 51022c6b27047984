import type { Ingress, IngressBackend, Service, ServicePort } from '#api/types';

/** Why a backend leads nowhere, as an event says it. */
export interface BackendProblem {
  reason: string;
  message: string;
}

/** The port of the Service that a backend names. Those that lead nowhere are answered with 503, and the Ingress is told why. */
export function resolveBackend(
  { service: named, resource }: IngressBackend,
  { metadata: { namespace } }: Pick<Ingress, 'metadata'>,
  serviceNamed: (name: string) => Service | undefined,
): { service: Service; port: ServicePort } | { problem: BackendProblem } {
  if (!named) {
    const name = `${resource?.kind} "${resource?.name}"`;
    return problem('UnsupportedBackend', `backend ${name}: resources are not served, only services are`);
  }
  const service = serviceNamed(named.name);
  const name = `service "${namespace}/${named.name}"`;
  if (!service) return problem('ServiceNotFound', `${name} does not exist`);
  // An alias may lead anywhere, to addresses of the node itself as well: who may write Services must not reach those.
  if (service.spec?.type === 'ExternalName') return problem('UnsupportedBackend', `${name} is of type ExternalName, which is not served`);
  const port = (service.spec?.ports ?? []).find(
    (each) => (each.protocol ?? 'TCP') === 'TCP' && (named.port?.name ? each.name === named.port.name : each.port === named.port?.number),
  );
  return port ? { service, port } : problem('PortNotFound', `${name} has no TCP port ${named.port?.name ?? named.port?.number}`);
}

const problem = (reason: string, message: string): { problem: BackendProblem } => ({ problem: { reason, message } });
