import { setUp } from '../netlink/route-messages.ts';
import { Family, NetlinkSocket } from '../netlink/socket.ts';

/** The kernel numbers each namespace's loopback so. */
export const LOOPBACK_INDEX = 1;

/** What a network namespace without links has to have all the same: its own loopback, up. Idempotent. */
export async function raiseLoopback(netnsPath: string): Promise<void> {
  const socket = NetlinkSocket.open(Family.Route, netnsPath);
  try {
    await socket.must('raising the loopback', setUp(LOOPBACK_INDEX));
  } finally {
    socket.close();
  }
}
