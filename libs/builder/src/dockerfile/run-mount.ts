import { suggestion } from './suggestion.ts';

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;

/** `RUN --mount`, its variables put in. */
export interface RunMount {
  type: (typeof types)[number];
  /** A stage, an image or a named context. */
  from?: string;
  source?: string;
  target?: string;
  readOnly: boolean;
  /** Of tmpfs. */
  sizeBytes?: number;
  id?: string;
  sharing?: (typeof sharings)[number];
  /** Of secrets and ssh: an error when it is not given. */
  required: boolean;
  /** The variable that a secret becomes. */
  env?: string;
  mode?: number;
  uid?: number;
  gid?: number;
}

const keys = 'type from source src target dst destination readonly ro readwrite rw required size id sharing mode uid gid env'.split(' ');

/** The stage or image of a mount, which is known before any variable is. Throws Error with BuildKit's words. */
export function mountFrom(text: string): string | undefined {
  const pair = csvFields(text).find((field) => /^from=/i.test(field));
  const value = pair?.slice('from='.length);
  if (value && /\$./.test(value)) throw new Error("'from' doesn't support variable expansion, define alias stage instead");
  return value;
}

/** Dockerfile reference, "RUN --mount". Throws Error with BuildKit's words. */
export function parseRunMount(text: string, expand: (value: string) => string): RunMount {
  const mount: RunMount = { type: 'bind', readOnly: false, required: false };
  let isReadOnly: boolean | undefined;
  for (const field of csvFields(text)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    if (!keys.includes(key)) {
      if (equals < 0) throw new Error(`invalid field '${field}' must be a key=value pair`);
      throw new Error(`unexpected key '${key}' in '${field}'${suggestion(key, keys)}`);
    }
    const value = equals < 0 ? undefined : expand(field.slice(equals + 1));
    if (key === 'readonly' || key === 'ro') isReadOnly = boolean(key, value);
    else if (key === 'readwrite' || key === 'rw') isReadOnly = !boolean(key, value);
    else if (key === 'required') mount.required = boolean(key, value) && demandType(mount, key, ['secret', 'ssh']);
    else if (value === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
    else setField(mount, key, value);
  }
  demandSense(mount);
  return { ...mount, readOnly: isReadOnly ?? !['cache', 'tmpfs'].includes(mount.type) };
}

function setField(mount: RunMount, key: string, value: string): void {
  switch (key) {
    case 'type':
      mount.type = oneOf(types, value, 'unsupported mount type');
      return;
    case 'sharing':
      mount.sharing = oneOf(sharings, value, 'unsupported sharing value');
      return;
    case 'from':
    case 'id':
    case 'env':
      mount[key] = value;
      return;
    case 'source':
    case 'src':
      mount.source = value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      mount.target = value;
      return;
    case 'size':
      demandType(mount, key, ['tmpfs']);
      mount.sizeBytes = bytesOf(value) ?? fail(`invalid value for ${key}: ${value}`);
      return;
    case 'mode':
      if (!/^[0-7]+$/.test(value)) fail(`invalid value ${value} for mode`);
      mount.mode = Number.parseInt(value, 8);
      return;
    case 'uid':
    case 'gid':
      if (!/^\d+$/.test(value) || Number(value) > 0xffff_ffff) fail(`invalid value ${value} for ${key}`);
      mount[key] = Number(value);
  }
}

function demandSense(mount: RunMount): void {
  const { type } = mount;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) if (mount[key] !== undefined) fail(`${key} not allowed for "${type}" type mounts`);
  }
  if (type === 'secret') {
    if (mount.from) fail('secret mount should not have a from');
    if (mount.sharing) fail('secret mount should not define sharing');
    if (!mount.source && !mount.target && !mount.id) fail('invalid secret mount. one of source, target required');
    if (mount.source && mount.id) fail("both source and id can't be set");
  }
  if (type === 'ssh' && mount.source) fail('ssh does not support source');
  if (mount.sharing && type !== 'cache') fail(`invalid cache sharing set for ${type} mount`);
}

/** go-units' RAMInBytes: `64m`, `1.5GiB`, `100`. */
export function bytesOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Math.floor(Number(digits) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}

/** One row of comma-separated values (RFC 4180). */
function csvFields(text: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = /"((?:[^"]|"")*)"(?=,|$)/y;
    quoted.lastIndex = at;
    const match = quoted.exec(text);
    const end = match ? quoted.lastIndex : text.indexOf(',', at) < 0 ? text.length : text.indexOf(',', at);
    const field = match ? match[1]!.replaceAll('""', '"') : text.slice(at, end);
    if (!match && field.includes('"')) throw new Error('failed to parse csv mounts: parse error: bare " in non-quoted-field');
    fields.push(field);
    if (end >= text.length) return fields;
    at = end + 1;
  }
}

function boolean(key: string, value: string | undefined): boolean {
  if (value === undefined || ['1', 't', 'true'].includes(value.toLowerCase())) return true;
  if (['0', 'f', 'false'].includes(value.toLowerCase())) return false;
  return fail(`invalid value for ${key}: ${value}`);
}

function demandType({ type }: RunMount, key: string, allowed: readonly string[]): true {
  return allowed.includes(type) || fail(`unexpected key '${key}' for mount type '${type}'`);
}

function oneOf<T extends string>(allowed: readonly T[], value: string, what: string): T {
  const found = allowed.find((name) => name === value.toLowerCase());
  return found ?? fail(`${what} "${value}"${suggestion(value, allowed)}`);
}

function fail(reason: string): never {
  throw new Error(reason);
}
