import { cells, complaintsAbout, created } from '../../testing.ts';
import { endpoints } from './kind.ts';

const subset = (addresses: string[], ports: object[] = [{ port: 80 }]) => ({
  subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports }],
});

describe('endpoints', () => {
  it.each([
    ['elsewhere', subset(['10.1.1.1']), []],
    [
      'of this machine',
      subset(['127.0.0.1']),
      ['subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      'at a link-local address',
      subset(['169.254.169.254']),
      ['subsets[0].addresses[0].ip: Invalid value: "169.254.169.254": may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    ],
    ['nowhere', { subsets: [{ ports: [{ port: 80 }] }] }, ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']],
    [
      'at two ports without names',
      subset(['10.1.1.1'], [{ port: 80 }, { port: 81 }]),
      ['subsets[0].ports[0].name: Required value', 'subsets[0].ports[1].name: Required value'],
    ],
  ])('%s', (_name, body, want) => expect(complaintsAbout(endpoints, body)).toEqual(want));

  it('are shown up to three', () => {
    const shown = (addresses: string[]) => cells(endpoints, created(endpoints, subset(addresses))).Endpoints;
    expect(shown(['10.0.0.2', '10.0.0.1'])).toBe('10.0.0.2:80,10.0.0.1:80');
    expect(shown(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'])).toBe('10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...');
    expect(cells(endpoints, created(endpoints, {})).Endpoints).toBe('<none>');
  });
});
