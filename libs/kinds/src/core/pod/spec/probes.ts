import { type FieldError, forbiddenField, invalidValue, isHttpHeaderName, required } from '#api';
import type { Container, HTTPGetAction, Lifecycle, Probe } from '#api/types';
import { complaints, nonNegative, oneOf, portNumber, portNumberOrName } from '../../../rules/checks.ts';

/** What a probe or a hook may do; each uses its own subset. */
interface Handler {
  exec?: { command?: readonly string[] };
  httpGet?: HTTPGetAction;
  tcpSocket?: { port?: number | string };
  grpc?: { port?: number };
  sleep?: { seconds?: number };
}

/** Liveness, readiness and start-up probe, as regular containers and sidecars have them. */
export function validateProbes(container: Container, path: string): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...validateProbe(livenessProbe, `${path}.livenessProbe`),
    ...validateSuccessOnce(livenessProbe, `${path}.livenessProbe`),
    ...validateProbe(readinessProbe, `${path}.readinessProbe`),
    ...(readinessProbe?.terminationGracePeriodSeconds !== undefined
      ? [
          invalidValue(
            `${path}.readinessProbe.terminationGracePeriodSeconds`,
            readinessProbe.terminationGracePeriodSeconds,
            'must not be set for readinessProbes',
          ),
        ]
      : []),
    ...validateProbe(startupProbe, `${path}.startupProbe`),
    ...validateSuccessOnce(startupProbe, `${path}.startupProbe`),
  ];
}

function validateSuccessOnce(probe: Probe | undefined, path: string): FieldError[] {
  if (!probe || probe.successThreshold === 1) return [];
  return [invalidValue(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1')];
}

function validateProbe(probe: Probe | undefined, path: string): FieldError[] {
  if (!probe) return [];
  const { exec, httpGet, tcpSocket, grpc, terminationGracePeriodSeconds: grace } = probe;
  const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;
  return [
    ...validateHandler({ exec, httpGet, tcpSocket, grpc }, path, undefined),
    ...counts.flatMap((name) => nonNegative(probe[name], `${path}.${name}`)),
    ...(grace !== undefined && grace <= 0 ? [invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')] : []),
  ];
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, gracePeriod: number | undefined, path: string): FieldError[] {
  const { postStart, preStop } = lifecycle ?? {};
  return [
    ...(postStart ? validateHandler(postStart, `${path}.postStart`, gracePeriod) : []),
    ...(preStop ? validateHandler(preStop, `${path}.preStop`, gracePeriod) : []),
  ];
}

function validateHandler(handler: Handler, path: string, gracePeriod: number | undefined): FieldError[] {
  const kinds = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((kind) => handler[kind] !== undefined);
  const [first, ...more] = kinds;
  if (!first) return [required(path, 'must specify a handler type')];
  return [
    ...validateAction(handler, first, { path: `${path}.${first}`, gracePeriod }),
    ...more.map((kind) => forbiddenField(`${path}.${kind}`, 'may not specify more than 1 handler type')),
  ];
}

function validateAction(
  handler: Handler,
  kind: keyof Handler,
  { path, gracePeriod }: { path: string; gracePeriod?: number },
): FieldError[] {
  switch (kind) {
    case 'exec':
      return (handler.exec?.command ?? []).length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return validateHttpGet(handler.httpGet, path);
    case 'tcpSocket':
      return portNumberOrName(handler.tcpSocket?.port, `${path}.port`);
    case 'grpc':
      return portNumber(handler.grpc?.port, `${path}.port`);
    case 'sleep': {
      const seconds = handler.sleep?.seconds ?? 0;
      if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
      return [invalidValue(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)];
    }
  }
}

function validateHttpGet(action: HTTPGetAction | undefined, path: string): FieldError[] {
  return [
    ...(action?.path ? [] : [required(`${path}.path`)]),
    ...portNumberOrName(action?.port, `${path}.port`),
    ...oneOf(action?.scheme, ['HTTP', 'HTTPS'], `${path}.scheme`),
    ...(action?.httpHeaders ?? []).flatMap((header) => complaints(isHttpHeaderName, header.name ?? '', `${path}.httpHeaders`)),
  ];
}
