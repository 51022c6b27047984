import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { health } from '#proto';
import type { Container, ExecAction, HTTPGetAction, ProbeHandler, SleepAction } from '#api/types';
import type { Clock } from '#base';

export interface CheckTarget {
  container: Pick<Container, 'ports'>;
  podIp: string;
  exec: (command: string[], timeoutMs: number) => Promise<{ exitCode: number; output: string }>;
  clock: Clock;
  timeoutMs: number;
}

export type CheckResult = { ok: true } | { ok: false; message: string };

/** Ways to look at a container from its node: probes and, with `sleep`, hooks. */
export type Handler = ProbeHandler & { sleep?: SleepAction };

const ok: CheckResult = { ok: true };
const failed = (message: string): CheckResult => ({ ok: false, message });

/** Carries out one probe or hook. Never throws: what goes wrong is a failed result with the kubelet's words. */
export async function check(handler: Handler, target: CheckTarget): Promise<CheckResult> {
  try {
    if (handler.exec) return await checkExec(handler.exec, target);
    if (handler.httpGet) return await checkHttp(handler.httpGet, target);
    if (handler.tcpSocket)
      return await checkTcp(
        { host: handler.tcpSocket.host || target.podIp, port: portNumber(handler.tcpSocket.port, target) },
        target.timeoutMs,
      );
    if (handler.grpc) return await checkGrpc(handler.grpc, target);
    if (handler.sleep) await target.clock.sleep(handler.sleep.seconds * 1000);
    return ok;
  } catch (err) {
    return failed((err as Error).message);
  }
}

/** A port by number or by the name of one of the container's ports. */
export function portNumber(port: number | string, { container }: Pick<CheckTarget, 'container'>): number {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find((p) => p.name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(named) || named <= 0) throw new Error(`couldn't find port: ${port}`);
  return named;
}

async function checkExec({ command }: ExecAction, { exec, timeoutMs }: CheckTarget): Promise<CheckResult> {
  const { exitCode, output } = await exec(command ?? [], timeoutMs);
  return exitCode === 0 ? ok : failed(output);
}

const MAX_BODY_BYTES = 10 * 1024;

function checkHttp(action: HTTPGetAction, target: CheckTarget): Promise<CheckResult> {
  const https = action.scheme === 'HTTPS';
  const host = action.host || target.podIp;
  const port = portNumber(action.port, target);
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`;
  const url = `${https ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  const headers: Record<string, string | string[]> = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*', Connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) {
    const same = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
    if (same) delete headers[same];
    if (value !== '' || !/^(accept|user-agent)$/i.test(name)) headers[name] = value;
  }
  return new Promise((resolve) => {
    // Certificates are not checked: the probe is about the container, not its name (Kubernetes, "HTTP probes").
    const request = (https ? httpsRequest : httpRequest)({
      host,
      port,
      path,
      headers,
      agent: false,
      timeout: target.timeoutMs,
      rejectUnauthorized: false,
    });
    const signal = AbortSignal.timeout(target.timeoutMs);
    const late = (): void => void request.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'));
    signal.addEventListener('abort', late, { once: true });
    const settle = (result: CheckResult): void => {
      signal.removeEventListener('abort', late);
      resolve(result);
    };
    request.on('response', (response) => {
      const code = response.statusCode ?? 0;
      let read = 0;
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > MAX_BODY_BYTES) response.destroy();
      });
      response.on('error', () => undefined); // the status has told already
      response.on('close', () => settle(code >= 200 && code < 400 ? ok : failed(`HTTP probe failed with statuscode: ${code}`)));
    });
    request.on('error', (err) => settle(failed(`Get "${url}": ${dialError(err, `${host}:${port}`)}`)));
    request.end();
  });
}

function checkTcp({ host, port }: { host: string; port: number }, timeoutMs: number): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => settle(ok));
    socket.on('timeout', () => settle(failed(`dial tcp ${host}:${port}: i/o timeout`)));
    socket.on('error', (err) => settle(failed(dialError(err, `${host}:${port}`))));
  });
}

/** Go's words, which people search for. */
function dialError(err: Error, address: string): string {
  const words: Record<string, string> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'i/o timeout',
  };
  const known = words[(err as NodeJS.ErrnoException).code ?? ''];
  return known ? `dial tcp ${address}: ${known}` : err.message;
}

function rpcError({ code, details }: ServiceError, timeoutMs: number): string {
  if (code === status.DEADLINE_EXCEEDED) return `timeout: health rpc did not complete within ${timeoutMs / 1000}s`;
  if (code === status.UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${details}`;
  return `error: health rpc failed: rpc error: code = ${status[code]} desc = ${details}`;
}

function checkGrpc(
  { port, service = '' }: { port: number; service?: string },
  { podIp, timeoutMs, clock }: CheckTarget,
): Promise<CheckResult> {
  const client = new health.HealthClient(`${podIp}:${port}`, credentials.createInsecure());
  return new Promise((resolve) => {
    client.check({ service }, new Metadata(), { deadline: clock.now().getTime() + timeoutMs }, (err, reply) => {
      client.close();
      if (err) return resolve(failed(rpcError(err, timeoutMs)));
      const serving = reply.status === health.HealthCheckResponse_ServingStatus.SERVING;
      resolve(serving ? ok : failed(`service unhealthy (responded with "${health.HealthCheckResponse_ServingStatus[reply.status]}")`));
    });
  });
}
