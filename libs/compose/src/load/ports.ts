import { invalid } from '../compose-error.ts';
import { isModel } from './merge.ts';

export interface Port {
  target: number;
  /** '': whichever is free. */
  published: string;
  host_ip?: string;
  protocol: string;
  [other: string]: unknown;
}

/** compose-spec, "ports": `[HOST:]CONTAINER[/PROTOCOL]` with ranges on both sides, or the long form. */
export function longPorts(item: unknown, at: string): Port[] {
  if (isModel(item)) {
    const { target, published, protocol = 'tcp' } = item;
    const [from, to] = range(String((published as string | undefined) ?? ''), at);
    // A range is a choice of one: the first, which is there for sure when the whole range is.
    if (from !== to) throw invalid(`${at}.published`, 'a range to choose from is not supported by berth compose: give one port');
    return [
      { ...item, target: portNumber(String(target as string), `${at}.target`), published: from, protocol: String(protocol as string) },
    ];
  }
  const text = String(item as string);
  const [, host, container = '', protocol = 'tcp'] = /^(?:(.*):)?([^:/]+)(?:\/(\w+))?$/.exec(text) ?? [];
  if (container === '') throw invalid(at, `invalid port ${JSON.stringify(text)}`);
  const [, ip, published = ''] = host === undefined ? [] : (/^(?:(\[[^\]]*\]|[^:]*):)?([\d-]*)$/.exec(host) ?? [undefined, undefined, 'x']);
  const targets = sequence(container, at, text);
  const published_ = published === '' ? targets.map(() => '') : sequence(published, at, text).map(String);
  if (published_.length !== targets.length) throw invalid(at, `invalid ranges specified for container and host Ports: ${text}`);
  return targets.map((target, i) => ({
    mode: 'ingress',
    target,
    published: published_[i]!,
    protocol,
    ...(ip !== undefined && ip !== '' && { host_ip: ip.replace(/^\[(.*)\]$/, '$1') }),
  }));
}

function sequence(text: string, at: string, whole: string): number[] {
  const [from, to] = range(text, at, whole);
  const [first, last] = [portNumber(from, at, whole), portNumber(to, at, whole)];
  if (last < first) throw invalid(at, `invalid range specified for the port: ${whole}`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function range(text: string, at: string, whole = text): [string, string] {
  if (text === '') return ['', ''];
  const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (from === undefined) throw invalid(at, `invalid port ${JSON.stringify(whole)}`);
  return [from, to ?? from];
}

function portNumber(text: string, at: string, whole = text): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw invalid(at, `invalid port ${JSON.stringify(whole)}`);
}
