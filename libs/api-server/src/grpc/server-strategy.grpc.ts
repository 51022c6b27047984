import { isIPv6 } from 'node:net';
import {
  type sendUnaryData,
  Server as GrpcServer,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type CustomTransportStrategy, type MessageHandler, Server, Transport } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Clock } from '#base';
import { health, nodeSession, resources } from '#proto';
import { serviceErrorOf } from './status.ts';

export interface GrpcServerOptions {
  hosts: readonly string[];
  port: number;
  /** PEM. Callers without a certificate of `ca` do not get as far as a call. */
  tls: { cert: Buffer | string; key: Buffer | string; ca: Buffer | string };
  clock: Clock;
}

/** A call of any of the four shapes; which of them it is, the method's definition says. */
interface AnyCall {
  emit(event: 'error', error: ServiceError): unknown;
  end(): void;
}

const services = { Resources: resources.ResourcesService, NodeSession: nodeSession.NodeSessionService, Health: health.HealthService };
const graceMs = 2000;

/**
 * Nest's handlers on grpc-js with the generated codecs: objects stay the Buffers that they are, without a reflection of the .proto files at
 * start. Every
 * handler gets the call; with streams, its promise settles when the call is over.
 */
export class GrpcServerStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = Transport.GRPC;
  private readonly server: GrpcServer;

  constructor(private readonly options: GrpcServerOptions) {
    super();
    this.server = new GrpcServer({
      'grpc.max_receive_message_length': 16 << 20,
      'grpc.max_send_message_length': -1,
      // Calls of one connection at a time: a node has one for each of its pods' streams, and a hostile one may not have a million.
      'grpc.max_concurrent_streams': 4096,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 20_000,
    });
  }

  override addHandler(pattern: { service: string; rpc: string }, callback: MessageHandler): void {
    this.messageHandlers.set(`${pattern.service}/${pattern.rpc}`, callback);
  }

  listen(listening: (error?: unknown) => void): void {
    this.bind().then(() => listening(), listening);
  }

  /** Lets calls in flight end, for a while; watches and sessions do not end by themselves and are cut after it. */
  async close(): Promise<void> {
    const finished = new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    const cut = this.options.clock.after(graceMs, () => this.server.forceShutdown());
    await finished;
    cut();
  }

  on(): never {
    throw new Error('the gRPC server has no events');
  }

  unwrap<T>(): T {
    return this.server as T;
  }

  private async bind(): Promise<void> {
    for (const [name, definition] of Object.entries(services)) {
      this.server.addService(definition as ServiceDefinition, this.implementation(name, definition as ServiceDefinition));
    }
    const { ca, cert, key } = this.options.tls;
    const credentials = ServerCredentials.createSsl(
      Buffer.from(ca),
      [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }],
      true,
    );
    for (const host of this.options.hosts) {
      const address = `${isIPv6(host) ? `[${host}]` : host}:${this.options.port}`;
      await new Promise<void>((resolve, reject) => {
        this.server.bindAsync(address, credentials, (err) => (err ? reject(err) : resolve()));
      });
    }
  }

  private implementation(service: string, definition: ServiceDefinition): UntypedServiceImplementation {
    const methods = Object.fromEntries(
      Object.entries(definition).map(([key, { path, requestStream, responseStream }]) => {
        const handler = this.messageHandlers.get(`${service}/${path.slice(path.lastIndexOf('/') + 1)}`);
        if (!handler) throw new Error(`no handler for ${path}`);
        return [key, requestStream || responseStream ? streaming(handler) : unary(handler)];
      }),
    );
    return methods as unknown as UntypedServiceImplementation;
  }
}

function unary(handler: MessageHandler) {
  return (call: AnyCall, answer: sendUnaryData<unknown>): void => {
    settled(handler, call).then(
      (reply) => answer(null, reply),
      (err: unknown) => answer(wireError(err)),
    );
  };
}

function streaming(handler: MessageHandler) {
  return (call: AnyCall): void => {
    settled(handler, call).then(
      () => call.end(),
      (err: unknown) => call.emit('error', wireError(err)),
    );
  };
}

/** Nest answers with a value, a promise or an observable; the exception filter's errors come as an observable that fails. */
async function settled(handler: MessageHandler, call: AnyCall): Promise<unknown> {
  const result: unknown = await handler(call);
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

function wireError(error: unknown): ServiceError {
  return isServiceError(error) ? error : serviceErrorOf(error);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'metadata' in error;
}
