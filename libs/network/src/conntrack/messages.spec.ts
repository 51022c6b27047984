import { parseReply } from '../netlink/codec.ts';
import { matcher } from './forget-connections.ts';
import { connectionsIn, deleteRequest, dumpRequest } from './messages.ts';

/** One entry as a 6.18 kernel sent it: 10.244.1.2:4000 → 10.96.0.20:53, answered by 10.244.2.2:8080, UDP; ended by DONE. */
const dump = Buffer.from(
  [
    '7c000000000102000100000000000000', // nlmsghdr: 124 bytes, conntrack NEW, MULTI, sequence 1
    '02000000', // nfgenmsg: AF_INET
    '34000180',
    '14000180',
    '080001000af40102',
    '080002000a600014',
    '1c000280',
    '0500010011000000',
    '060002000fa00000',
    '0600030000350000',
    '34000280',
    '14000180',
    '080001000af40202',
    '080002000af40102',
    '1c000280',
    '0500010011000000',
    '060002001f900000',
    '060003000fa00000',
    '14000000030002000100000000000000',
    '00000000',
  ].join(''),
  'hex',
);

describe('conntrack messages', () => {
  const [connection] = connectionsIn(parseReply(dump).messages);

  it('are read as the kernel sends them', () => {
    const reply = parseReply(dump);
    expect([reply.settled, reply.errno, reply.messages.length]).toEqual([1, 0, 1]);
    expect(connection).toMatchObject({
      original: { source: '10.244.1.2', destination: '10.96.0.20', protocol: 17, sourcePort: 4000, destinationPort: 53 },
      reply: { source: '10.244.2.2', destination: '10.244.1.2', sourcePort: 8080, destinationPort: 4000 },
    });
  });

  it('carry errors', () => {
    const error = Buffer.alloc(36);
    error.writeUInt32LE(36, 0);
    error.writeUInt16LE(2, 4);
    error.writeInt32LE(-2, 16);
    expect(parseReply(error)).toEqual({ messages: [], settled: 1, errno: 2 });
  });

  it('name what they delete by its original direction', () => {
    const request = deleteRequest(connection!);
    expect(request.readUInt32LE(0)).toBe(request.length);
    expect(request.subarray(4, 12).toString('hex')).toBe('0201050000000000');
    expect(request.subarray(20).toString('hex')).toBe(dump.subarray(20, 72).toString('hex'));
    expect(dumpRequest()).toHaveLength(20);
  });

  it.each([
    ['its address and endpoint', true, { address: '10.96.0.20', port: 53, endpoint: { ip: '10.244.2.2', port: 8080 } }],
    ['any address (a node port)', true, { port: 53, endpoint: { ip: '10.244.2.2', port: 8080 } }],
    ['another endpoint', false, { address: '10.96.0.20', port: 53, endpoint: { ip: '10.244.2.3', port: 8080 } }],
    ['another service', false, { address: '10.96.0.21', port: 53, endpoint: { ip: '10.244.2.2', port: 8080 } }],
  ])('match by %s', (_name, want, stale) => {
    expect(matcher([{ protocol: 'UDP', ...stale }])(connection!)).toBe(want);
  });
});
