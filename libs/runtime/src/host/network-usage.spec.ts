import { parseNetworkUsage } from './network-usage.ts';

it('reads what a link received and sent, not of the loopback', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       9       9    9    9    0     0          0         0        9       9    9    9    0     0       0          0
  eth0:     426       5    1    2    0     0          0         0      300       4    3    6    0     0       0          0
`;
  expect(parseNetworkUsage(text)).toEqual([
    { name: 'eth0', received: { bytes: 426, packets: 5, errors: 1, dropped: 2 }, sent: { bytes: 300, packets: 4, errors: 3, dropped: 6 } },
  ]);
});
