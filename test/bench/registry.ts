import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { home } from './api.ts';
import type { Row } from './run.ts';

const megabyte = 1024 * 1024;
const blobBytes = 32 * megabyte;
const contents = 16;
/** Pulls are quick: one turn through the blobs would be over before much can be told. */
const turns = { push: 1, pull: 4 };

/**
 * Push and pull of blobs over loopback by 1 and 8 clients, at the registry of the cluster. A client that only counts bytes takes its part
 * of the machine's processors too, so the processor time of the registry stands beside: it says more on a machine that others use.
 */
export async function registry(): Promise<Row[]> {
  const pid = Number(readFileSync(join(home, 'run/registry.pid'), 'utf8'));
  const blobs = Array.from({ length: contents }, () => randomBytes(blobBytes));
  const digests = blobs.map((bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  const rows: Row[] = [];
  for (const clients of [1, 8]) {
    const repository = `/v2/bench-${clients}/blobs`;
    const tasks = {
      push: (i: number) => ask('POST', `${repository}/uploads/?digest=${digests[i]!}`, blobs[i]),
      pull: async (i: number) => {
        const { head, bytes } = await pull(`${repository}/${digests[i]!}`);
        if (bytes !== blobBytes) throw new Error(`pull: ${head.split('\r\n')[0]}, ${bytes} bytes`);
      },
    };
    for (const what of ['push', 'pull'] as const) {
      const todo = Array.from({ length: turns[what] * contents }, (_n, n) => n % contents);
      const gigabytes = (todo.length * blobBytes) / megabyte / 1024;
      const [began, used] = [performance.now(), processorMs(pid)];
      const client = async (): Promise<void> => {
        for (let i = todo.shift(); i !== undefined; i = todo.shift()) await tasks[what](i);
      };
      await Promise.all(Array.from({ length: clients }, client));
      const seconds = (performance.now() - began) / 1000;
      const value = `${((gigabytes * 1024) / seconds).toFixed(0)} MB/s, ${((processorMs(pid) - used) / gigabytes).toFixed(0)} ms of processor a GB`;
      rows.push({ what: `registry ${what} × ${clients}`, value });
    }
    for (const digest of digests) await ask('DELETE', `${repository}/${digest}`);
  }
  connections.destroy();
  return rows;
}

const connections = new Agent({ keepAlive: true });
const port = 5000 + Number(process.env.BERTH_PORT_OFFSET ?? 0);

/** Reads into one buffer and counts: Node's HTTP clients take longer to receive a blob than the registry to send it. */
function pull(path: string): Promise<{ head: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    let head: string | undefined;
    let bytes = 0;
    const callback = (length: number, buffer: Uint8Array): boolean => {
      bytes += length;
      if (head === undefined) {
        head = Buffer.from(buffer.subarray(0, length)).toString('latin1').split('\r\n\r\n')[0]!;
        bytes -= head.length + 4;
      }
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port, onread: { buffer: Buffer.alloc(256 * 1024), callback } });
    socket.on('error', reject);
    socket.on('end', () => resolve({ head: head ?? '', bytes }));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  });
}

/** With the login that `npm start` made. Throws for a status of 400 and above. */
function ask(method: string, path: string, body?: Buffer): Promise<void> {
  const { auths } = JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8')) as { auths: Record<string, { auth: string }> };
  const headers = { authorization: `Basic ${Object.values(auths)[0]!.auth}`, ...(body && { 'content-length': body.length }) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent: connections, host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode! < 400) resolve();
        else reject(new Error(`${method} ${path}: ${response.statusCode}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Of proc(5), `stat`: utime and stime, in hundredths of a second. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
