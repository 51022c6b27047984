import { connect } from 'node:net';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { health } from '#proto';
import type { Container, ExecAction, ProbeHandler, SleepAction } from '#api/types';
import { type Clock, withTimeLimit } from '#base';
import { checkHttp } from './check-http.ts';
import { type CheckResult, dialError, failed, hostPort, ok, unknown } from './result.ts';

/** What a handler is tried on. Time-outs are of the whole look, connecting included. */
export interface CheckTarget {
  container: Pick<Container, 'ports'>;
  podIp: string;
  /** Rejects, or comes to an end, when the signal aborts. */
  exec: (command: string[], signal: AbortSignal) => Promise<{ exitCode: number; output: string }>;
  clock: Clock;
  timeoutMs: number;
  /** A hook, not a probe: it has asked when an answer came, whatever that says, and knows no sockets (core/v1 LifecycleHandler). */
  hook?: boolean;
}

/** Ways to look at a container from its node: probes and, with `sleep`, hooks. */
export type Handler = ProbeHandler & { sleep?: SleepAction };

/** Carries out one probe or hook. Never throws: what goes wrong is told with the kubelet's words. */
export async function check(handler: Handler, target: CheckTarget): Promise<CheckResult> {
  try {
    return await withTimeLimit(target.clock, target.timeoutMs, (signal) => checkWithin(signal, handler, target));
  } catch (err) {
    return unknown((err as Error).message);
  }
}

async function checkWithin(signal: AbortSignal, handler: Handler, target: CheckTarget): Promise<CheckResult> {
  const { podIp, hook } = target;
  if (handler.exec) return checkExec(handler.exec, target, signal);
  if (handler.httpGet) {
    const { host, port } = handler.httpGet;
    return checkHttp(handler.httpGet, { host: host || podIp, port: portNumber(port, target), signal, hook });
  }
  if (handler.tcpSocket && hook) return failed('invalid handler: tcpSocket');
  if (handler.tcpSocket) {
    const { host, port } = handler.tcpSocket;
    return checkTcp({ host: host || podIp, port: portNumber(port, target) }, signal);
  }
  if (handler.grpc) return checkGrpc(handler.grpc, target, signal);
  if (handler.sleep) await target.clock.sleep(handler.sleep.seconds * 1000);
  return ok;
}

/** A port by number or by the name of one of the container's ports. */
export function portNumber(port: number | string, { container }: Pick<CheckTarget, 'container'>): number {
  const named = (container.ports ?? []).find((p) => p.name === port)?.containerPort;
  if (named === undefined && !/^[+-]?\d+$/.test(String(port))) throw new Error(`strconv.Atoi: parsing "${port}": invalid syntax`);
  const number = named ?? Number(port);
  if (number <= 0 || number >= 65_536) throw new Error(`invalid port number: ${number}`);
  return number;
}

async function checkExec({ command = [] }: ExecAction, { exec, timeoutMs }: CheckTarget, signal: AbortSignal): Promise<CheckResult> {
  try {
    const { exitCode, output } = await exec(command, signal);
    if (!signal.aborted) return exitCode === 0 ? ok : failed(output);
  } catch (err) {
    if (!signal.aborted) throw err;
  }
  // Not done in time is a failure of the container, not of looking at it.
  return failed(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`);
}

function checkTcp({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => settle(ok));
    socket.on('error', (err) => settle(failed(dialError(err, host, port))));
    signal.addEventListener('abort', () => settle(failed(`dial tcp ${hostPort(host, port)}: i/o timeout`)), { once: true });
  });
}

function rpcError({ code, details }: ServiceError, address: string): string {
  if (code === status.UNAVAILABLE && details.startsWith('No connection established'))
    return `error: failed to connect service at "${address}": ${details}`;
  if (code === status.UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${details}`;
  const name = (status[code] ?? '').toLowerCase().replace(/(?:^|_)(.)/g, (_all, letter: string) => letter.toUpperCase());
  return `error: health rpc probe failed: rpc error: code = ${name} desc = ${details}`;
}

function checkGrpc(
  { port, service = '' }: { port: number; service?: string },
  { podIp, timeoutMs }: CheckTarget,
  signal: AbortSignal,
): Promise<CheckResult> {
  const address = hostPort(podIp, port);
  const client = new health.HealthClient(address, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.36',
  });
  return new Promise((resolve) => {
    const call = client.check({ service }, (err, reply) => {
      client.close();
      if (signal.aborted) return resolve(failed(`timeout: health rpc did not complete within ${timeoutMs / 1000}s`));
      if (err) return resolve(failed(rpcError(err, address)));
      const serving = reply.status === health.HealthCheckResponse_ServingStatus.SERVING;
      resolve(serving ? ok : failed(`service unhealthy (responded with "${health.HealthCheckResponse_ServingStatus[reply.status]}")`));
    });
    signal.addEventListener('abort', () => call.cancel(), { once: true });
  });
}
