import { canonicalIp } from '#api';
import { badParameter } from '../errors.ts';
import type { Config, HostConfig } from '../containers/settings.ts';

/** `80/tcp` → where the node publishes it. */
export type PortMap = Record<string, { HostIp: string; HostPort: string }[]>;

/** One port of a container that is to be published. */
export interface WantedPort {
  /** `80/tcp` */
  key: string;
  protocol: 'tcp' | 'udp' | 'sctp';
  containerPort: number;
  /** '': all addresses of the node. */
  hostIp: string;
  /** The first and the last that will do; 0: any. */
  from: number;
  to: number;
}

/** `80`, `80/tcp` and `80/TCP` are one. Throws 400. */
export function portKey(text: string): string {
  const [port = '', protocol = 'tcp', ...rest] = text.split('/');
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number < 1 || number > 65_535 || rest.length > 0) throw invalid(text);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw badParameter(`invalid protocol: ${protocol}`);
  return `${number}/${protocol.toLowerCase()}`;
}

const invalid = (text: string): Error => badParameter(`invalid port specification: ${JSON.stringify(text)}`);

/** Ports that a container says it has, those that are published among them; ranges (`80-82/tcp`) are each of their ports. Throws 400. */
export function exposedPorts(config: Config, host: HostConfig): string[] {
  const exposed = Object.keys(config.ExposedPorts ?? {}).flatMap((text) => {
    const [, from, to, protocol] = /^(\d{1,5})-(\d{1,5})(\/.*)?$/.exec(text) ?? [];
    if (from === undefined) return [portKey(text)];
    if (Number(to) < Number(from)) throw invalid(text);
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => portKey(`${Number(from) + i}${protocol ?? ''}`));
  });
  return [...new Set([...exposed, ...Object.keys(host.PortBindings ?? {}).map(portKey)])].toSorted(
    (a, b) => Number(a.split('/')[0]) - Number(b.split('/')[0]) || (a < b ? -1 : 1),
  );
}

/** What is to be published, in the order of the ports. Throws 400. */
export function wantedPorts(config: Config, host: HostConfig): WantedPort[] {
  const bindings = new Map(Object.entries(host.PortBindings ?? {}).map(([text, list]) => [portKey(text), list ?? []] as const));
  return exposedPorts(config, host).flatMap((key) => {
    const given = bindings.get(key) ?? [];
    const wanted = given.length === 0 && host.PublishAllPorts ? [{ HostIp: '', HostPort: '' }] : given;
    return wanted.map(({ HostIp, HostPort }) => wantedPort(key, HostIp, HostPort));
  });
}

function wantedPort(key: string, hostIp: string, hostPort: string): WantedPort {
  const [containerPort, protocol] = key.split('/') as [string, WantedPort['protocol']];
  const bare = hostIp.replace(/^\[(.*)\]$/, '$1');
  if (bare !== '' && canonicalIp(bare) === undefined) throw badParameter(`invalid IP address: ${hostIp}`);
  const [, from = '0', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(hostPort) ?? [];
  if ((hostPort !== '' && !/^\d{1,5}(-\d{1,5})?$/.test(hostPort)) || Number(to) < Number(from) || Number(to) > 65_535)
    throw invalid(hostPort);
  return {
    key,
    protocol,
    containerPort: Number(containerPort),
    hostIp: bare === '' ? '' : canonicalIp(bare)!,
    from: Number(from),
    to: Number(to),
  };
}
