import { connect } from 'node:net';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { health } from '#proto';
import type { Container, ExecAction, ProbeHandler, SleepAction } from '#api/types';
import type { Clock } from '#base';
import { checkHttp } from './check-http.ts';
import { type CheckResult, dialError, failed, hostPort, ok, unknown } from './result.ts';

export interface CheckTarget {
  container: Pick<Container, 'ports'>;
  podIp: string;
  exec: (command: string[], timeoutMs: number) => Promise<{ exitCode: number; output: string }>;
  clock: Clock;
  timeoutMs: number;
  /** A hook, not a probe: it has asked when an answer came, whatever that says, and knows no sockets (core/v1 LifecycleHandler). */
  hook?: boolean;
}

/** Ways to look at a container from its node: probes and, with `sleep`, hooks. */
export type Handler = ProbeHandler & { sleep?: SleepAction };

/** A command was not done in time: a failure of the container, not of looking at it. */
export class CommandTimedOut extends Error {}

/** Carries out one probe or hook. Never throws: what goes wrong is told with the kubelet's words. */
export async function check(handler: Handler, target: CheckTarget): Promise<CheckResult> {
  const { podIp, timeoutMs, hook } = target;
  try {
    if (handler.exec) return await checkExec(handler.exec, target);
    if (handler.httpGet) {
      const { host, port } = handler.httpGet;
      return await checkHttp(handler.httpGet, { host: host || podIp, port: portNumber(port, target), timeoutMs, hook });
    }
    if (handler.tcpSocket && hook) return failed('invalid handler: tcpSocket');
    if (handler.tcpSocket) {
      const { host, port } = handler.tcpSocket;
      return await checkTcp({ host: host || podIp, port: portNumber(port, target) }, timeoutMs);
    }
    if (handler.grpc) return await checkGrpc(handler.grpc, target);
    if (handler.sleep) await target.clock.sleep(handler.sleep.seconds * 1000);
    return ok;
  } catch (err) {
    return err instanceof CommandTimedOut ? failed(err.message) : unknown((err as Error).message);
  }
}

/** A port by number or by the name of one of the container's ports. */
export function portNumber(port: number | string, { container }: Pick<CheckTarget, 'container'>): number {
  const named = (container.ports ?? []).find((p) => p.name === port)?.containerPort;
  if (named === undefined && !/^[+-]?\d+$/.test(String(port))) throw new Error(`strconv.Atoi: parsing "${port}": invalid syntax`);
  const number = named ?? Number(port);
  if (number <= 0 || number >= 65_536) throw new Error(`invalid port number: ${number}`);
  return number;
}

async function checkExec({ command }: ExecAction, { exec, timeoutMs }: CheckTarget): Promise<CheckResult> {
  const { exitCode, output } = await exec(command ?? [], timeoutMs);
  return exitCode === 0 ? ok : failed(output);
}

function checkTcp({ host, port }: { host: string; port: number }, timeoutMs: number): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => settle(ok));
    socket.on('timeout', () => settle(failed(`dial tcp ${hostPort(host, port)}: i/o timeout`)));
    socket.on('error', (err) => settle(failed(dialError(err, host, port))));
  });
}

function rpcError({ code, details }: ServiceError, address: string, timeoutMs: number): string {
  if (code === status.UNAVAILABLE && details.startsWith('No connection established'))
    return `error: failed to connect service at "${address}": ${details}`;
  if (code === status.DEADLINE_EXCEEDED) return `timeout: health rpc did not complete within ${timeoutMs / 1000}s`;
  if (code === status.UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${details}`;
  const name = (status[code] ?? '').toLowerCase().replace(/(?:^|_)(.)/g, (_all, letter: string) => letter.toUpperCase());
  return `error: health rpc probe failed: rpc error: code = ${name} desc = ${details}`;
}

function checkGrpc(
  { port, service = '' }: { port: number; service?: string },
  { podIp, timeoutMs, clock }: CheckTarget,
): Promise<CheckResult> {
  const address = hostPort(podIp, port);
  const client = new health.HealthClient(address, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.36',
  });
  return new Promise((resolve) => {
    client.check({ service }, new Metadata(), { deadline: clock.now().getTime() + timeoutMs }, (err, reply) => {
      client.close();
      if (err) return resolve(failed(rpcError(err, address, timeoutMs)));
      const serving = reply.status === health.HealthCheckResponse_ServingStatus.SERVING;
      resolve(serving ? ok : failed(`service unhealthy (responded with "${health.HealthCheckResponse_ServingStatus[reply.status]}")`));
    });
  });
}
