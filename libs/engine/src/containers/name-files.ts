import { readFile, writeFile } from 'node:fs/promises';
import { answersNames, type Endpoint, modeOf } from '../networks/endpoint.ts';
import { isOn, Option } from '../networks/network-record.ts';
import { extraHost } from '../networks/requested.ts';
import { CONTAINER_RESOLVER } from '#network/contract';
import { conflict } from '../errors.ts';
import type { ContainersOptions } from './containers-options.ts';
import type { ContainerRecord } from './record.ts';
import { type ContainerFiles, hostnameOf } from './runtime-spec.ts';

const localhost = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

/** Another container that one of the default bridge knows by a name of its own. */
interface Linked {
  record: ContainerRecord;
  alias: string;
  ip: string;
}

/** Docker's three files of names. They are written in place: a container that runs has them mounted. */
export class NameFiles {
  constructor(private readonly options: Pick<ContainersOptions, 'networks' | 'book'>) {}

  /** For a container that is about to run, and is connected. Answers the variables that tell it of its links. */
  async write(record: ContainerRecord, files: ContainerFiles): Promise<string[]> {
    const links = this.linksOf(record);
    await writeFile(files.hosts, `${(await this.hosts(record, links)).join('\n')}\n`, { mode: 0o644 });
    await writeFile(files.hostname, `${hostnameOf(record)}\n`, { mode: 0o644 });
    await writeFile(files.resolvConf, await this.resolvConf(record), { mode: 0o644 });
    return links.flatMap((link) => linkVariables(record, link));
  }

  /** After a container that runs has come into a network, or gone: what it wrote into its hosts file stays. */
  async follow(record: ContainerRecord, files: ContainerFiles, { gone, come }: { gone?: Endpoint; come?: Endpoint }): Promise<void> {
    const before = (await readFile(files.hosts, 'utf8')).split('\n').filter((line) => line !== '');
    const removed = gone ? ownLines(record, [gone]) : [];
    const hosts = [...before.filter((line) => !removed.includes(line)), ...(come ? ownLines(record, [come]) : [])];
    await writeFile(files.hosts, `${hosts.join('\n')}\n`);
    await writeFile(files.resolvConf, await this.resolvConf(record));
  }

  private async hosts(record: ContainerRecord, links: readonly Linked[]): Promise<string[]> {
    const { networks } = this.options;
    const extra = (record.hostConfig.ExtraHosts ?? []).map((entry) => {
      const { name, address } = extraHost(entry);
      return `${address === 'host-gateway' ? networks.hostGateway : address}\t${name}`;
    });
    if (modeOf(record).kind === 'host') return [(await readFile('/etc/hosts', 'utf8')).trimEnd(), ...extra];
    const linked = links.map(({ record: other, alias, ip }) => `${ip}\t${[...new Set([alias, hostnameOf(other), other.name])].join(' ')}`);
    return [...localhost, ...extra, ...linked, ...ownLines(record, networks.endpointsOf(record.id))];
  }

  /** As with Docker: the resolver where names of containers are answered, else what the node has, and what was asked for before both. */
  private async resolvConf(record: ContainerRecord): Promise<string> {
    const { links } = this.options.networks.options;
    const text = await readFile(links.resolvConf, 'utf8').catch(() => ''); // no file: no resolver
    const mode = modeOf(record).kind;
    const { Dns, DnsSearch, DnsOptions } = record.hostConfig;
    if (mode === 'host' && !Dns?.length && !DnsSearch?.length && !DnsOptions?.length) return text;
    const endpoints = this.options.networks.endpointsOf(record.id);
    const isNamed = endpoints.some(({ network }) => answersNames(network));
    const cluster = endpoints.some(({ network }) => isOn(network, Option.cluster, false)) ? links.cluster : undefined;
    const own = (links.servers ?? valuesOf(text, 'nameserver')).filter((server) => mode === 'host' || !/^(127\.|::1$)/.test(server));
    const servers = isNamed ? [CONTAINER_RESOLVER] : Dns?.length ? Dns : own.length > 0 ? own : [CONTAINER_RESOLVER];
    const { domain } = cluster ?? {};
    const found = domain === undefined ? valuesOf(text, 'search') : [`default.svc.${domain}`, `svc.${domain}`, domain];
    const search = DnsSearch?.length ? DnsSearch.filter((each) => each !== '.') : found;
    const dots = isNamed ? [cluster ? 'ndots:5' : 'ndots:0'] : [];
    const asked = DnsOptions?.length ? DnsOptions : valuesOf(text, 'options');
    const options = [...asked, ...(asked.some((each) => each.startsWith('ndots:')) ? [] : dots)];
    return [
      ...servers.map((server) => `nameserver ${server}\n`),
      ...(search.length > 0 ? [`search ${search.join(' ')}\n`] : []),
      ...(options.length > 0 ? [`options ${options.join(' ')}\n`] : []),
    ].join('');
  }

  /** Throws 409 for a link to what does not run. */
  private linksOf(record: ContainerRecord): Linked[] {
    // Where names are answered, links are answered with them: moby, buildSandboxOptions, "only for the default bridge network".
    if (this.options.networks.endpointsOf(record.id).every(({ network }) => answersNames(network))) return [];
    return (record.hostConfig.Links ?? []).map((text) => {
      const [reference = '', alias = reference] = text.split(':');
      const other = this.options.book.find(reference);
      const ip = this.options.networks.endpointsOf(other.id).find(({ network }) => !answersNames(network))?.ips[0];
      if (ip === undefined) throw conflict(`Cannot link to a non running container: /${other.name} AS /${record.name}/${alias}`);
      return { record: other, alias, ip };
    });
  }
}

function ownLines(record: ContainerRecord, endpoints: readonly Endpoint[]): string[] {
  const hostname = hostnameOf(record);
  const full = record.config.Domainname ? `${hostname}.${record.config.Domainname} ${hostname}` : hostname;
  return endpoints.flatMap(({ ips }) => ips.map((ip) => `${ip}\t${full}`));
}

/** All values of a word of a resolv.conf(5). Of `search` the last line counts. */
function valuesOf(text: string, word: string): string[] {
  const lines = text.split('\n').flatMap((line) => {
    const [first, ...rest] = line.trim().split(/\s+/);
    return first === word ? [rest] : [];
  });
  return word === 'search' ? (lines.at(-1) ?? []) : lines.flat();
}

/** Docker, "Legacy container links": where the other one is, and what it was told. */
function linkVariables({ name }: ContainerRecord, { record: other, alias, ip }: Linked): string[] {
  const begin = alias.toUpperCase().replaceAll('-', '_');
  const ports = Object.keys(other.config.ExposedPorts ?? {});
  const portLines = ports.flatMap((key) => {
    const [port, protocol = 'tcp'] = key.split('/');
    const at = `${begin}_PORT_${port}_${protocol.toUpperCase()}`;
    return [`${at}=${protocol}://${ip}:${port}`, `${at}_ADDR=${ip}`, `${at}_PORT=${port}`, `${at}_PROTO=${protocol}`];
  });
  const [first] = ports;
  const [port, protocol] = first?.split('/') ?? [];
  return [
    ...(first === undefined ? [] : [`${begin}_PORT=${protocol}://${ip}:${port}`]),
    ...portLines,
    `${begin}_NAME=/${name}/${alias}`,
    ...(other.config.Env ?? []).filter((entry) => !/^(HOME|PATH)=/.test(entry)).map((entry) => `${begin}_ENV_${entry}`),
  ];
}
