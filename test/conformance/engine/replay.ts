import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '#base';

/** Requests that a real Docker daemon (20.10, API 1.41) was sent, with its answers. */
export interface Scenario {
  name: string;
  steps: Step[];
  answers: Answer[];
}

interface Step {
  id: string;
  m: string;
  p: string;
  body?: unknown;
  /** Files of a build context. */
  tar?: Record<string, string>;
  wait?: number;
}

export interface Answer {
  id: string;
  status: number;
  body: unknown;
}

export const scenarios = (): Scenario[] =>
  readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Scenario);

/** Plays a scenario; answers what the engine said, without what differs from run to run. `{{id:s0}}` is the Id that the step answered. */
export async function play(socket: string, { steps }: Scenario): Promise<Answer[]> {
  const ids = new Map<string, string>();
  const answers: Answer[] = [];
  for (const { id, m, p, body, tar, wait } of steps) {
    if (wait) await systemClock.sleep(wait);
    const path = `/v1.41${p.replaceAll(/\{\{id:(\w+)\}\}/g, (_, step: string) => ids.get(step) ?? 'unknown')}`;
    const content = tar ? contextOf(tar) : body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const { status, type, bytes } = await send(socket, { method: m, path, content, type: tar ? 'application/x-tar' : 'application/json' });
    const parsed = parse(type, bytes);
    if (isObject(parsed) && typeof parsed['Id'] === 'string') ids.set(id, parsed['Id']);
    answers.push({ id, status, body: normalized(parsed) });
  }
  return answers;
}

interface Sent {
  method: string;
  path: string;
  content?: string | Buffer | undefined;
  type: string;
}

export interface Received {
  status: number;
  type: string;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

export function send(socketPath: string, { method, path, content, type }: Sent): Promise<Received> {
  const headers = { host: 'docker', ...(content !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(content) }) };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          headers: response.headers,
          bytes: Buffer.concat(parts),
        }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(content);
  });
}

export function contextOf(files: Record<string, string>): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'context-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    return execFileSync('tar', ['-C', directory, '--owner=0', '--group=0', '--mtime=2020-01-01', '-cf', '-', '.']);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function parse(type: string, bytes: Buffer): unknown {
  if (/raw-stream|multiplexed/.test(type)) return lines(bytes);
  const text = bytes.toString('utf8');
  if (text.trim() === '') return [];
  const values = text.split('\n').filter((line) => line.trim());
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return values.every((line) => line.startsWith('{')) ? values.map((line) => JSON.parse(line) as unknown) : text;
  }
}

/** What each stream said; between the two there is no order. */
function lines(bytes: Buffer): string {
  const said: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    said.push(`${bytes[at] === 2 ? 'err' : 'out'}:${bytes.toString('utf8', at + 8, at + 8 + bytes.readUInt32BE(at + 4))}`);
  }
  return said.toSorted().join('');
}

const times = new Set(['Created', 'CreatedAt', 'StartedAt', 'FinishedAt', 'LastTagTime', 'Start', 'End', 'time', 'Status']);

function normalized(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => normalized(item));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name.replace(/^[0-9a-f]{64}$/, '<id>'), normalized(item, name)]),
    );
  if (times.has(key) && (key !== 'Status' || /\d|^Up /.test(String(value)))) return '<time>';
  if (typeof value !== 'string') return value;
  return value
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:<id>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<id>')
    .replaceAll(/\b[0-9a-f]{12}\b/g, '<shortid>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '<time>');
}

/** What was wanted and is not so: code, each field that the daemon sent; of an error that there are words; of a build whether it failed. */
export function differences(want: Answer, got: Answer): string[] {
  if (want.status !== got.status) return [`status: ${got.status} ${JSON.stringify(got.body).slice(0, 200)}`];
  if (want.status >= 400) return isObject(got.body) && got.body['message'] ? [] : ['no message'];
  if (isProgress(want.body))
    return isProgress(got.body) && hasFailed(want.body) === hasFailed(got.body)
      ? []
      : [`progress: ${JSON.stringify(got.body).slice(0, 200)}`];
  return missing(normalized(want.body), got.body, '');
}

const isProgress = (body: unknown): body is Record<string, unknown>[] =>
  Array.isArray(body) && isObject(body[0]) && ('stream' in body[0] || 'aux' in body[0]);
const hasFailed = (messages: Record<string, unknown>[]): boolean => messages.some(({ error }) => error !== undefined);

function missing(want: unknown, got: unknown, at: string): string[] {
  if (Array.isArray(want)) {
    if (!Array.isArray(got)) return [`${at}: ${JSON.stringify(got)} is no list`];
    return [
      ...(want.length === got.length ? [] : [`${at}: ${got.length} items`]),
      ...want.slice(0, got.length).flatMap((item, i) => missing(item, got[i], `${at}[${i}]`)),
    ];
  }
  if (isObject(want)) {
    if (!isObject(got)) return [`${at}: ${JSON.stringify(got)} is no object`];
    return Object.entries(want).flatMap(([key, item]) =>
      (item === null || item === '') && (got[key] ?? '') === '' ? [] : missing(item, got[key], `${at}.${key}`),
    );
  }
  return want === got ? [] : [`${at}: ${JSON.stringify(got)} where ${JSON.stringify(want)} was`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
