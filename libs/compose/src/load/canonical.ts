import { lookUp } from '#base';
import { invalid } from '../compose-error.ts';
import { isModel } from './merge.ts';
import { longPorts } from './ports.ts';
import { longMount } from './volumes.ts';
import { OVERRIDE, RESET } from './yaml.ts';

type Model = Record<string, unknown>;

/** Where the short forms of a file are written out: so merging compares like with like. */
export interface Base {
  /** An absolute path of one that the file gives. */
  path: (relative: string) => string;
}

/** A service in long form, its paths absolute. Throws ComposeError. */
export function canonicalService(service: unknown, path: string, base: Base): unknown {
  if (service === RESET) return service;
  if (!isModel(service)) throw invalid(path, 'must be a mapping');
  const forms: Record<string, (value: unknown, at: string) => unknown> = {
    build: (value, at) => canonicalBuild(value, at, base),
    environment: dictionary,
    labels: dictionary,
    annotations: dictionary,
    sysctls: dictionary,
    extra_hosts: hostList,
    env_file: (value, at) => envFiles(value, at, base),
    label_file: (value, at) => textList(value, at).map(base.path),
    depends_on: (value, at) => named(value, at, () => ({ condition: 'service_started', required: true })),
    networks: (value, at) => named(value, at, () => null),
    extends: (value, at) => extended(value, at, base),
    ports: (value, at) => list(value, at).flatMap((item, i) => longPorts(item, `${at}[${i}]`)),
    volumes: (value, at) => list(value, at).map((item, i) => longMount(item, `${at}[${i}]`, base)),
    configs: grants,
    secrets: grants,
    dns: textList,
    dns_search: textList,
    tmpfs: textList,
    profiles: textList,
    expose: (value, at) => list(value, at).map(String),
    deploy: (value, at) => within(value, { labels: (labels) => dictionary(labels, `${at}.labels`) }),
  };
  return within(service, Object.fromEntries(Object.entries(forms).map(([key, form]) => [key, (value) => form(value, `${path}.${key}`)])));
}

/** Of configs and secrets: the path of their file. */
export const canonicalFile = (value: unknown, base: Base): unknown =>
  within(value, { file: (file) => (typeof file === 'string' ? base.path(file) : file) });

/** Marks of merging stay around what they mark. */
function within(value: unknown, forms: Readonly<Record<string, (value: unknown) => unknown>>): unknown {
  if (!isModel(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const form = lookUp(forms, key);
      if (!form || inner === RESET || inner === null) return [key, inner];
      return [key, isModel(inner) && Object.hasOwn(inner, OVERRIDE) ? { [OVERRIDE]: form(inner[OVERRIDE]) } : form(inner)];
    }),
  );
}

function canonicalBuild(value: unknown, at: string, base: Base): unknown {
  if (typeof value === 'string') return { context: context(value, base) };
  return within(value, {
    context: (inner) => context(String(inner as string), base),
    args: (inner) => dictionary(inner, `${at}.args`),
    labels: (inner) => dictionary(inner, `${at}.labels`),
    additional_contexts: (inner) => dictionary(inner, `${at}.additional_contexts`),
  });
}

/** A URL stays one. */
const context = (text: string, base: Base): string => (/^[a-z+]+:\/\/|^git@/.test(text) ? text : base.path(text));

function extended(value: unknown, at: string, base: Base): unknown {
  if (typeof value === 'string') return { service: value };
  if (!isModel(value) || typeof value['service'] !== 'string') throw invalid(at, 'must name a service');
  return typeof value['file'] === 'string' ? { ...value, file: base.path(value['file']) } : value;
}

function envFiles(value: unknown, at: string, base: Base): unknown[] {
  return (Array.isArray(value) ? value : [value]).map((item: unknown, i) => {
    const entry = typeof item === 'string' ? { path: item } : item;
    if (!isModel(entry) || typeof entry['path'] !== 'string') throw invalid(`${at}[${i}]`, 'must be a path, or a mapping with one');
    return { ...entry, path: base.path(entry['path']) };
  });
}

/** `[a, b]` or `{a: …, b: …}`. */
function named(value: unknown, at: string, plain: () => unknown): Model {
  if (isModel(value)) return value;
  return Object.fromEntries(textList(value, at).map((name) => [name, plain()]));
}

function grants(value: unknown, at: string): unknown[] {
  return list(value, at).map((item) => (typeof item === 'string' ? { source: item } : item));
}

function list(value: unknown, at: string): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw invalid(at, 'must be a list');
}

function textList(value: unknown, at: string): string[] {
  if (typeof value === 'string') return [value];
  return list(value, at).map((item, i) => {
    if (typeof item !== 'string' && typeof item !== 'number') throw invalid(`${at}[${i}]`, 'must be a string');
    return String(item);
  });
}

/** `[A=b, C]` or `{A: b, C: }`: a name without a value is null. */
export function dictionary(value: unknown, at: string): Model {
  if (isModel(value)) {
    for (const [key, inner] of Object.entries(value))
      if (typeof inner === 'object' && inner !== null) throw invalid(`${at}.${key}`, 'must be a string, number, boolean or null');
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, inner === null || inner === RESET ? inner : String(inner as string)]),
    );
  }
  return Object.fromEntries(
    textList(value, at).map((entry) => {
      const split = entry.indexOf('=');
      return split < 0 ? [entry, null] : [entry.slice(0, split), entry.slice(split + 1)];
    }),
  );
}

/** `name=address` or `name:address`, an IPv6 one with or without brackets; several addresses of a name are a list. */
function hostList(value: unknown, at: string): Model {
  const pairs = isModel(value)
    ? Object.entries(value).flatMap(([host, addresses]) => [addresses].flat().map((address) => [host, String(address as string)] as const))
    : textList(value, at).map((entry) => {
        const [, host, address] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
        if (host === undefined) throw invalid(at, `${JSON.stringify(entry)} is not NAME=ADDRESS`);
        return [host, address!] as const;
      });
  const hosts = new Map<string, string[]>();
  for (const [host, address] of pairs) hosts.set(host, [...(hosts.get(host) ?? []), address.replace(/^\[(.*)\]$/, '$1')]);
  return Object.fromEntries(hosts);
}
