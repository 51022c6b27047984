import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { ApiError, type Status } from '#api';
import { type ClusterSettings } from './supervisor/cluster-settings.ts';
import { type Layout, portsOf } from './supervisor/layout.ts';

/** The cluster's HTTPS API as its administrator, for what the CLI does itself. */
export class ClusterApi {
  private constructor(
    private readonly agent: Agent,
    private readonly port: number,
  ) {}

  static async open(layout: Layout, settings: ClusterSettings): Promise<ClusterApi> {
    const [ca, cert, key] = await Promise.all(
      [layout.certificate('ca'), layout.certificate('admin'), layout.key('admin')].map((p) => readFile(p)),
    );
    return new ClusterApi(new Agent({ ca, cert, key, keepAlive: true, maxSockets: 64 }), portsOf(settings).api);
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('POST', path, { type: 'application/json', text: JSON.stringify(body) });
  }

  /** Server-side apply: makes the object or brings it to what is given. */
  apply<T>(path: string, object: unknown): Promise<T> {
    const text = JSON.stringify(object);
    return this.send<T>('PATCH', `${path}?fieldManager=berth&force=true`, { type: 'application/apply-patch+yaml', text });
  }

  /** RFC 7386. */
  mergePatch<T>(path: string, patch: unknown): Promise<T> {
    return this.send<T>('PATCH', path, { type: 'application/merge-patch+json', text: JSON.stringify(patch) });
  }

  /** What belongs to it goes too. */
  delete<T>(path: string): Promise<T> {
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
    return this.send<T>('DELETE', path, { type: 'application/json', text: JSON.stringify(options) });
  }

  /** Undefined when it is not there. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (err) {
      if (err instanceof ApiError && err.status.code === 404) return undefined;
      throw err;
    }
  }

  /** A text that comes bit by bit, such as a log that is followed. Throws ApiError for what the server refuses. */
  async *stream(path: string): AsyncGenerator<Buffer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request({ agent: this.agent, host: '127.0.0.1', port: this.port, method: 'GET', path }, resolve);
      outgoing.on('error', reject);
      outgoing.end();
    });
    if ((response.statusCode ?? 500) >= 400) {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      throw ApiError.fromStatus(JSON.parse(Buffer.concat(chunks).toString()) as Status);
    }
    for await (const chunk of response) yield chunk as Buffer;
  }

  /** Whether `/readyz` answers ok. */
  async isReady(): Promise<boolean> {
    return this.send<string>('GET', '/readyz').then(
      (text) => text === 'ok',
      () => false,
    );
  }

  close(): void {
    this.agent.destroy();
  }

  /** Throws ApiError for what the server refuses, and the socket's error when it does not answer. */
  private send<T>(method: string, path: string, body?: { type: string; text: string }): Promise<T> {
    return new Promise((resolve, reject) => {
      const headers = body ? { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) } : {};
      const outgoing = request(
        { agent: this.agent, host: '127.0.0.1', port: this.port, method, path, headers, timeout: 10_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const value: unknown = response.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text;
            if ((response.statusCode ?? 500) < 400) return resolve(value as T);
            reject(
              typeof value === 'object'
                ? ApiError.fromStatus(value as Status)
                : new Error(`${method} ${path}: ${response.statusCode} ${text}`),
            );
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
      outgoing.on('error', reject);
      outgoing.end(body?.text);
    });
  }
}
