import { nameservers } from '../commands/engine.ts';
import { ownLinks, ownTables } from './engine-place.ts';

describe('what an engine leaves on its machine', () => {
  it('is known by its name, and nothing else is', () => {
    const links = [
      '1: lo: <LOOPBACK,UP> mtu 65536',
      '7: engie0123456789@if2: <BROADCAST,MULTICAST,UP> mtu 1500',
      '8: engie0123456789ab@if2: <BROADCAST> mtu 1500',
      '9: engineer0: <BROADCAST> mtu 1500',
      '10: engine-docker: <BROADCAST> mtu 1500',
      '11: engine2-docker: <BROADCAST> mtu 1500',
    ];
    expect(ownLinks(links.join('\n'), 'engine')).toEqual(['engie0123456789', 'engine-docker']);
    const tables = ['table ip engine-engine', 'table inet engine-engine-guard', 'table ip engine2-engine', 'table ip engine-engineer', ''];
    expect(ownTables(tables.join('\n'), 'engine')).toEqual([
      ['ip', 'engine-engine'],
      ['inet', 'engine-engine-guard'],
    ]);
  });
});

describe('where containers ask for names', () => {
  it('are those of this machine that they can reach', () => {
    const text =
      'search a.example\nnameserver 127.0.0.53\nnameserver 10.0.0.2 # ours\n nameserver\tfd00::2\n#nameserver 10.0.0.3\nnameserver ::1\n';
    expect(nameservers(text)).toEqual(['10.0.0.2', 'fd00::2']);
    expect(nameservers('')).toEqual([]);
  });
});
