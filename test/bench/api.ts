import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { runCommand } from '#base';

export const home = process.env.BERTH_HOME ?? '/var/lib/berth';
export const port = 6443 + Number(process.env.BERTH_PORT_OFFSET ?? 0);

const pki = (name: string): Buffer => readFileSync(join(home, 'pki', name));
export const tls = { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
export const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 256 });

/** One request to the cluster's API with the administrator's certificate; throws for a status of 400 and above. */
// oxlint-disable-next-line typescript/no-explicit-any -- a benchmark reads whatever fields it needs
export function api(method: string, path: string, body?: unknown, type = 'application/json'): Promise<any> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) };
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 400)}`));
        else resolve(answer.startsWith('{') ? JSON.parse(answer) : answer);
      });
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

/** Creates objects over one HTTP/2 connection, as client-go does (and gRPC, by which etcd is asked). */
export function creator(path: string, objectOf: (name: string) => unknown): { create(name: string): Promise<void>; close(): void } {
  const session = connect(`https://127.0.0.1:${port}`, tls);
  session.on('error', () => undefined); // the requests fail with it
  const create = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
      let status: number | undefined;
      stream.on('response', (headers) => (status = headers[':status']));
      stream.on('error', reject);
      stream.on('end', () => (status === 201 ? resolve() : reject(new Error(`POST ${path}: ${status}`))));
      stream.resume();
      stream.end(JSON.stringify(objectOf(name)));
    });
  return { create, close: () => session.destroy() };
}

interface Running {
  stop: () => void;
  open: Promise<void>;
}

/** Events of a watch as they come, each with the time of its arrival. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export function watch(path: string, onEvent: (event: any, atMs: number) => void): Running {
  return lines(path, (line) => onEvent(JSON.parse(line), performance.now()));
}

/** Lines of an answer that goes on. */
export function lines(path: string, onLine: (line: string) => void): Running {
  let opened: () => void;
  const open = new Promise<void>((resolve) => (opened = resolve));
  const outgoing = request({ agent, host: '127.0.0.1', port, method: 'GET', path }, (response) => {
    opened();
    let rest = '';
    response.on('data', (chunk: Buffer) => {
      const whole = (rest + chunk.toString()).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) if (line) onLine(line);
    });
    response.on('error', () => undefined); // the benchmark itself ends the watch
  });
  outgoing.on('error', () => undefined); // as above
  outgoing.end();
  return { stop: () => outgoing.destroy(), open };
}

export async function isInstalled(program: string): Promise<boolean> {
  return (await runCommand([program, '--version']).catch(() => undefined))?.code === 0;
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? Number.NaN;
}

export const namespace = 'bench';
const offset = Number(process.env.BERTH_PORT_OFFSET ?? 0);
export const image = `registry.berth.local:${5000 + offset}/demo:v1`;

export async function withNamespace<T>(work: () => Promise<T>): Promise<T> {
  await api('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  try {
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await until('the default service account', () =>
      api('GET', account).then(
        () => true,
        () => false,
      ),
    );
    return await work();
  } finally {
    await api('DELETE', `/api/v1/namespaces/${namespace}`);
    await until('the namespace to be gone', () =>
      api('GET', `/api/v1/namespaces/${namespace}`).then(
        () => false,
        () => true,
      ),
    );
  }
}

/** What a step before has left to clean up is not to be measured with the next. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3000));

export async function until(what: string, condition: () => Promise<boolean>, deadlineMs = 120_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
