import { type ChannelOptions, connectivityState, credentials } from '@grpc/grpc-js';
import { serviceUnavailable } from '#api';
import type { Clock } from '#base';
import { resources } from '#proto';

/** PEM texts: the cluster's CA, and the caller's certificate and key. */
export interface Identity {
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

const options: ChannelOptions = {
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
  'grpc.max_send_message_length': 64 * 1024 * 1024,
  // A dead peer (a lost machine, a partition) is noticed in 15 s even when nothing is said on the connection.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  // A restarted api-server is found again within a second.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/** One channel per api-server. Calls go to the first that is connected, and stay there while it is. */
export class Connections {
  private readonly clients: resources.ResourcesClient[];
  private preferred = 0;
  private closed = false;

  constructor(
    servers: readonly string[],
    identity: Identity,
    private readonly clock: Clock,
  ) {
    if (servers.length === 0) throw new Error('no api-server is named');
    const pem = (text: string | Buffer): Buffer => Buffer.from(text);
    const secret = credentials.createSsl(pem(identity.ca), pem(identity.key), pem(identity.cert));
    this.clients = servers.map((server) => new resources.ResourcesClient(server, secret, options));
  }

  /**
   * A client whose connection stands, so that a write is never lost without a trace on a dead one. Waits for the first server that
   * comes up; throws ApiError 503 when none does within `withinMs`.
   */
  async connected(withinMs: number): Promise<resources.ResourcesClient> {
    const started = this.clock.monotonicMs();
    for (;;) {
      if (this.closed) throw serviceUnavailable('the client is closed');
      const ready = this.ready();
      if (ready) return ready;
      const leftMs = withinMs - (this.clock.monotonicMs() - started);
      if (leftMs <= 0) throw serviceUnavailable('no api-server can be reached');
      await this.stateChange(leftMs);
    }
  }

  close(): void {
    this.closed = true;
    for (const client of this.clients) client.close();
  }

  private ready(): resources.ResourcesClient | undefined {
    for (let i = 0; i < this.clients.length; i++) {
      const index = (this.preferred + i) % this.clients.length;
      const client = this.clients[index]!;
      if (client.getChannel().getConnectivityState(true) !== connectivityState.READY) continue;
      this.preferred = index;
      return client;
    }
    return undefined;
  }

  private stateChange(withinMs: number): Promise<void> {
    const deadline = new Date(this.clock.now().getTime() + withinMs);
    return new Promise((resolve) => {
      for (const client of this.clients) {
        const channel = client.getChannel();
        channel.watchConnectivityState(channel.getConnectivityState(true), deadline, () => resolve());
      }
    });
  }
}
