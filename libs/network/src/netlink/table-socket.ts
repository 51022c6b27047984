import { Family, NetlinkSocket } from './socket.ts';
import { transaction } from './table-messages.ts';

/**
 * Changes of nftables, one transaction after the other. The socket is kept: closing one waits until every processor has let go of what was
 * deleted, some 10 ms (`nft_rcv_nl_event`), where the transaction itself takes a tenth of one.
 */
export class TableSocket {
  private socket: NetlinkSocket | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** In the network namespace at `netns`, or in this process's own. */
  constructor(private readonly netns?: string) {}

  /** Answers the first error number, 0 when all of it has happened; otherwise nothing has. */
  change(messages: readonly Buffer[]): Promise<number> {
    if (messages.length === 0) return Promise.resolve(0);
    const turn = this.last.then(() => this.ask(messages));
    this.last = turn.catch(() => undefined); // its caller is told
    return turn;
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
  }

  private async ask(messages: readonly Buffer[]): Promise<number> {
    this.socket ??= NetlinkSocket.open(Family.Netfilter, this.netns);
    let errno: number | undefined;
    try {
      errno = (await this.socket.askBatch(transaction(messages), messages.length)).errno;
      return errno;
    } finally {
      if (errno !== 0) this.close(); // further answers may come, which are not those of the next transaction
    }
  }
}
