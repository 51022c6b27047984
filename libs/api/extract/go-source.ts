import { execFileSync } from 'node:child_process';

/** One field of a Go struct as its declaration states it. */
export interface GoField {
  /** '' for an embedded struct whose fields are inlined. */
  json: string;
  goType: string;
  protobuf: number | undefined;
  omitEmpty: boolean;
  omitZero: boolean;
  patchStrategy: string | undefined;
  patchMergeKey: string | undefined;
  markers: ReadonlyMap<string, readonly string[]>;
}

export type GoType = { name: string; markers: ReadonlyMap<string, readonly string[]> } & (
  | { form: 'struct'; fields: GoField[] }
  | { form: 'named'; goType: string }
);

export interface GoPackage {
  types: GoType[];
  /** Import path by the name that the package is used under. */
  imports: ReadonlyMap<string, string>;
  /** String constants by name, with the type they are declared to have. */
  constants: ReadonlyMap<string, { goType: string; value: string }>;
  /** Names in the order of `AddKnownTypes`. */
  kinds: string[];
  group: string;
}

/** A git repository at one revision. */
export class Revision {
  readonly repository: string;
  readonly revision: string;

  constructor(repository: string, revision: string) {
    this.repository = repository;
    this.revision = revision;
  }

  read(path: string): string {
    return this.readBytes(path).toString();
  }

  readBytes(path: string): Buffer {
    return this.git('show', `${this.revision}:${path}`);
  }

  list(path: string): string[] {
    return this.git('ls-tree', '-r', '--name-only', this.revision, path).toString().split('\n').filter(Boolean);
  }

  private git(...args: string[]): Buffer {
    return execFileSync('git', ['-C', this.repository, ...args], { maxBuffer: 1 << 28 });
  }
}

/** Reads a directory of Go files. Only what type definitions of the Kubernetes API use is understood: gofmt'ed, one declaration a line. */
export function readPackage(revision: Revision, directory: string): GoPackage {
  const files = revision
    .list(`${directory}/`)
    .filter((path) => /^[^/]+\.go$/.test(path.slice(directory.length + 1)) && !/(_test|generated[^/]*|zz_[^/]*)\.go$/.test(path));
  const found = {
    types: [] as GoType[],
    imports: new Map<string, string>(),
    constants: new Map<string, { goType: string; value: string }>(),
  };
  const kinds: string[] = [];
  let group = '';
  for (const path of files) {
    const source = revision.read(path);
    readFile(source, found);
    group = /GroupName\s*=\s*"([^"]*)"/.exec(source)?.[1] ?? group;
    for (const call of source.matchAll(
      /AddKnownTypes\(\s*(?:SchemeGroupVersion|groupVersion|Unversioned|schemeGroupVersion)[^,]*,([^)]*)\)/g,
    )) {
      for (const kind of call[1]!.matchAll(/&([A-Z]\w*)\{\}/g)) kinds.push(kind[1]!);
    }
  }
  return { ...found, kinds: [...new Set(kinds)], group };
}

interface Found {
  types: GoType[];
  imports: Map<string, string>;
  constants: Map<string, { goType: string; value: string }>;
}

function readFile(source: string, found: Found): void {
  let comments: string[] = [];
  let struct: (GoType & { form: 'struct' }) | undefined;
  for (const line of source.replaceAll(/\/\*[^]*?\*\//g, '').split('\n')) {
    const text = line.trim();
    if (text.startsWith('//')) {
      comments.push(text.slice(2).trim());
      continue;
    }
    if (struct) {
      if (text === '}') struct = undefined;
      else if (text) struct.fields.push(...fieldOf(text, markersOf(comments)));
    } else {
      struct = declaration(text, comments, found);
    }
    comments = [];
  }
}

function declaration(text: string, comments: string[], found: Found): (GoType & { form: 'struct' }) | undefined {
  const imported = /^(?:import )?(\w+)? ?"([^"]+\/[^"]+)"$/.exec(text);
  if (imported) found.imports.set(imported[1] ?? imported[2]!.split('/').at(-1)!, imported[2]!);
  const constant = /^(?:const )?(\w+) +([\w.]+)? *= *(?:\w+\()?"([^"]*)"\)?(?: *\/\/.*)?$/.exec(text);
  if (constant) found.constants.set(constant[1]!, { goType: constant[2] ?? '', value: constant[3]! });
  const type = /^type (\w+) (=? ?)(.+?)( \{\}|\{\})?$/.exec(text);
  if (!type) return undefined;
  const [, name, , form] = type as unknown as [string, string, string, string];
  if (form === 'struct {') {
    const struct: GoType & { form: 'struct' } = { name, markers: markersOf(comments), form: 'struct', fields: [] };
    found.types.push(struct);
    return struct;
  }
  if (form === 'struct') found.types.push({ name, markers: markersOf(comments), form: 'struct', fields: [] });
  else if (!/^(interface|func)/.test(form)) found.types.push({ name, markers: markersOf(comments), form: 'named', goType: form });
  return undefined;
}

function fieldOf(text: string, markers: GoField['markers']): GoField[] {
  const embedded = /^(\*?[\w.]+) +`(.*)`/.exec(text);
  const named = /^(\w+) +(\S+|interface\{\}|map\[\S+) +`(.*)`/.exec(text);
  const match = embedded ?? named;
  if (!match) return [];
  const tag = match.at(-1)!;
  const goType = match.at(-2)!;
  const [json = '', ...options] = (/json:"([^"]*)"/.exec(tag)?.[1] ?? '-').split(',');
  if (json === '-') return [];
  const protobuf = /protobuf:"\w+,(\d+)/.exec(tag)?.[1];
  return [
    {
      json,
      goType,
      protobuf: protobuf === undefined ? undefined : Number(protobuf),
      omitEmpty: options.includes('omitempty'),
      omitZero: options.includes('omitzero'),
      patchStrategy: /patchStrategy:"([^"]*)"/.exec(tag)?.[1],
      patchMergeKey: /patchMergeKey:"([^"]*)"/.exec(tag)?.[1],
      markers,
    },
  ];
}

/** `+name` and `+name=value` lines of a doc comment. */
function markersOf(comments: readonly string[]): Map<string, string[]> {
  const markers = new Map<string, string[]>();
  for (const comment of comments) {
    const marker = /^\+([\w:]+)(?:=(.*))?$/.exec(comment);
    if (marker) markers.set(marker[1]!, [...(markers.get(marker[1]!) ?? []), marker[2] ?? '']);
  }
  return markers;
}
