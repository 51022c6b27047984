import { announcement } from './frames.ts';

const hex = (text: string): string => text.replaceAll(/\s/g, '');

describe('announcements', () => {
  it('of IPv4 are ARP requests of the address for itself, to everybody', () => {
    expect(announcement('192.0.2.240', { mac: '0a:58:00:00:00:01', ip: '192.0.2.11' }).toString('hex')).toBe(
      hex('ffffffffffff 0a5800000001 0806 0001 0800 06 04 0001 0a5800000001 c00002f0 000000000000 c00002f0'),
    );
  });

  it('of IPv6 are neighbour advertisements with a checksum, to all nodes of the link', () => {
    const frame = announcement('2001:db8::f0', { mac: '0a:58:00:00:00:01', ip: '2001:db8::b' }).toString('hex');
    expect(frame).toBe(
      hex(`333300000001 0a5800000001 86dd 60000000 0020 3a ff 20010db8${'0'.repeat(22)}0b ff02${'0'.repeat(26)}01
        8800 ${frame.slice(112, 116)} a0000000 20010db8${'0'.repeat(22)}f0 0201 0a5800000001`),
    );
    const summed = Buffer.from(frame.slice(44) + '000000200000003a', 'hex'); // addresses, ICMPv6 and the rest of the pseudo-header
    let sum = 0;
    for (let at = 0; at < summed.length; at += 2) sum += summed.readUInt16BE(at);
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
  });
});
