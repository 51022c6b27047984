import { createHash } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import type { IngressBackend, IngressCertificate, IngressRoute, IngressState } from '../contract.ts';
import type { Slots } from './slots.ts';

/*
 * The configuration of HAProxy 2.6. Nothing that a user wrote is put into it as it is: hosts, names and addresses have to be what they are
 * said to be, or are left out; paths are written with everything encoded that is no character of a path (RFC 3986 §3.3). So no text of an
 * Ingress, a Service or a Secret can say anything to the proxy but what it serves (config.laws.spec.ts).
 */

export interface ProxySettings {
  /** Where its files lie; seen by its first process alone, which reads them and does not serve. */
  directory: string;
  addresses: readonly string[];
  httpPort: number;
  httpsPort: number;
  /** Networks of proxies before this one, whose word on the client counts. */
  trustedProxies: readonly string[];
  threads: number;
}

export interface ProxyFiles {
  /** By their names in the directory. */
  texts: ReadonlyMap<string, string>;
  /** Certificates with their keys, which can be changed while it runs. */
  pems: ReadonlyMap<string, string>;
}

/** `generation`: how a process that has read these files is told from one that has read others. */
export function proxyFiles(
  state: IngressState,
  slots: ReadonlyMap<string, Slots>,
  settings: ProxySettings & { generation: string },
): ProxyFiles {
  const backends = state.backends.filter(({ name }) => isName(name));
  const known = new Set(backends.map(({ name }) => name));
  const routes = state.routes.filter(({ host, backend }) => isHost(host) && known.has(backend));
  const map = (match: 'exact' | 'prefix'): string =>
    routes
      .filter((route) => route.match === match)
      .map(({ host, path, backend }) => `${host}${encodedPath(path)}${match === 'prefix' ? '/' : ''} ${backend}\n`)
      .join('');
  const { pems, list } = certificateList(state.certificates, settings.directory);
  const texts = new Map([
    [
      'haproxy.cfg',
      `${frame(settings, routes)}${backends.map((backend) => backendSection(backend, slots.get(backend.name) ?? [], settings)).join('')}`,
    ],
    ['exact.map', map('exact')],
    ['prefix.map', map('prefix')],
    ['certificates', list],
  ]);
  return { texts, pems };
}

/** Names of backends, also of those that are made of names of objects. */
const isName = (text: string): boolean => /^[A-Za-z0-9_-]{1,255}$/.test(text);
const isHost = (text: string): boolean => text === '*' || /^(\*\.)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text);
const isNetwork = (text: string): boolean => {
  const [ip = '', bits, ...rest] = text.split('/');
  return isIP(ip) !== 0 && rest.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
};

/** As a client has to write it: what stands encoded already stays so. */
export function encodedPath(path: string): string {
  return [...Buffer.from(path, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~!$&'()*+,;=:@/%]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

const bindAddress = (ip: string, port: number): string => (isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`);

/** Everything but the backends. */
function frame(settings: ProxySettings & { generation: string }, routes: readonly IngressRoute[]): string {
  const { directory, addresses, httpPort, httpsPort, threads, generation } = settings;
  const front = (name: string, port: number, tls: string): string => {
    const binds = addresses.map((ip) => `bind ${bindAddress(ip, port)}${tls}`);
    const rules = [...routing(directory, routes), ...forwarding(settings, tls ? 'https' : 'http', port)];
    const lines = [...binds, ...rules, 'use_backend %[var(txn.to)]'];
    return port === 0 ? '' : `frontend ${name}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  };
  return `global
  description ${generation}
  user haproxy
  group haproxy
  chroot ${directory}/empty
  stats socket ${directory}/admin.sock mode 600 level admin expose-fd listeners
  fd-hard-limit 65536
  nbthread ${threads}
  hard-stop-after 1h
  mworker-max-reloads 50
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 2s
  timeout queue 5s
  timeout client 60s
  timeout server 60s
  timeout http-request 15s
  timeout http-keep-alive 75s
  timeout client-fin 30s
  timeout tunnel 1h
  option idle-close-on-response
  option redispatch 1
  retries 3
frontend metrics
  bind unix@${directory}/metrics.sock mode 600
  http-request use-service prometheus-exporter
${front('ingress', httpPort, '')}${front('ingress-tls', httpsPort, ` ssl crt-list ${directory}/certificates alpn h2,http/1.1`)}`;
}

/**
 * Exact before prefix, the longest prefix first; the host before its wildcard before any: each look-up only where none before it found one,
 * and none for what no route is of. Each rule costs every request.
 */
function routing(directory: string, routes: readonly IngressRoute[]): string[] {
  const hosts = [
    { is: (host: string) => !host.startsWith('*'), key: 'var(txn.host)' },
    { is: (host: string) => host.startsWith('*.'), key: 'str(*.),concat(,txn.domain)' },
    { is: (host: string) => host === '*', key: 'str(*)' },
  ];
  const lookups = hosts.flatMap(({ is, key }) =>
    (['exact', 'prefix'] as const)
      .filter((match) => routes.some((route) => route.match === match && is(route.host)))
      .map(
        (match) =>
          `${key},concat(,txn.path${match === 'exact' ? `),map_str(${directory}/exact.map)` : `,/),map_beg(${directory}/prefix.map)`}`,
      ),
  );
  const unless = ' if !{ var(txn.to) -m found }';
  return [
    'http-request set-var(txn.path) path',
    'http-request set-var(txn.host) req.hdr(host),host_only,lower,rtrim(.)',
    // HTTP/1.0 need not say a host. A slash in it would make host and path look like another host's.
    'http-request set-var(txn.host) str() if !{ var(txn.host) -m found }',
    'http-request deny deny_status 400 if { var(txn.host) -m sub / }',
    ...(routes.some(({ host }) => host.startsWith('*.')) ? ['http-request set-var(txn.domain) var(txn.host),field(2,.,0)'] : []),
    ...lookups.map((lookup, i) => `http-request set-var(txn.to) ${lookup}${i === 0 ? '' : unless}`),
    `http-request return status 404 content-type text/plain string "default backend - 404"${unless}`,
  ];
}

/** Who the client is and what it asked for: nobody's word counts but that of proxies that are trusted. */
function forwarding({ trustedProxies }: ProxySettings, scheme: 'http' | 'https', port: number): string[] {
  const facts = [
    ['x-real-ip', '%[src]'],
    ['x-forwarded-proto', scheme],
    ['x-forwarded-host', '%[req.hdr(host)]'],
    ['x-forwarded-port', `${port}`],
  ] as const;
  const foreign = ['x-forwarded- -m beg', 'x-real-ip', 'forwarded'];
  const trusted = trustedProxies.filter(isNetwork);
  const unlessTrusted = trusted.length > 0 ? ` unless { src ${trusted.join(' ')} }` : '';
  return [
    ...foreign.map((name) => `http-request del-header ${name}${unlessTrusted}`),
    'http-request del-header proxy', // CVE-2016-5385: CGI programs take it for a setting
    'http-request add-header x-forwarded-for %[src]',
    ...facts.map(
      ([name, value]) => `http-request add-header ${name} ${value}${trusted.length > 0 ? ` if !{ req.hdr(${name}) -m found }` : ''}`,
    ),
  ];
}

const protocols = { http: '', h2c: ' proto h2', https: ' ssl verify none alpn h2,http/1.1' } as const;

function backendSection(backend: IngressBackend, slots: Slots, { httpsPort }: ProxySettings): string {
  const { name, protocol, affinity, redirectsToTls, timeoutSeconds } = backend;
  const port = httpsPort === 443 ? '' : `:${httpsPort}`;
  const lines = [
    ...(affinity ? ['balance source', 'hash-type consistent'] : ['balance roundrobin']),
    ...(timeoutSeconds === undefined ? [] : [`timeout server ${Math.trunc(timeoutSeconds)}s`]),
    ...(redirectsToTls && httpsPort
      ? [`http-request redirect location https://%[var(txn.host)]${port}%[pathq] code 308 unless { ssl_fc }`]
      : []),
    ...slots.map((endpoint, i) => {
      const at = endpoint && isIP(endpoint.ip) ? bindAddress(endpoint.ip, Math.trunc(endpoint.port)) : undefined;
      return `server s${i} ${at ?? freeSlot}${protocols[protocol]}${at ? '' : ' disabled'}`;
    }),
  ];
  return `backend ${name}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Of a server that is not used: it has to have an address. */
const freeSlot = '127.0.0.1:9';

function certificateList(certificates: readonly IngressCertificate[], directory: string): { pems: Map<string, string>; list: string } {
  const pems = new Map<string, string>();
  const lines: string[] = [];
  for (const { hosts, certificate, key } of certificates) {
    const valid = hosts.filter(isHost).toSorted();
    if (valid.length === 0) continue;
    // By what it is for: a certificate that is renewed keeps its name, and is changed while the proxy runs.
    const name = `${createHash('sha256').update(valid.join()).digest('hex').slice(0, 20)}.pem`;
    pems.set(name, `${pemBlocks(certificate)}${pemBlocks(key)}`);
    const isDefault = valid.includes('*');
    // The first of the list is for everybody whom no other is for.
    if (isDefault) lines.unshift(`${directory}/${name}`);
    else lines.push(`${directory}/${name} ${valid.join(' ')}`);
  }
  return { pems, list: lines.map((line) => `${line}\n`).join('') };
}

/** Without anything around the blocks: an empty line would end the command that carries them. */
function pemBlocks(text: string): string {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----\r?\n[A-Za-z0-9+/=\r\n]+-----END \1-----/g) ?? [];
  return blocks.map((block) => `${block.split(/\r?\n/).filter(Boolean).join('\n')}\n`).join('');
}
