import { configShape, hostConfigShape } from '../containers/settings.ts';
import { exposedPorts, wantedPorts } from './ports.ts';

const config = (exposed: readonly string[] = []) => configShape({ ExposedPorts: Object.fromEntries(exposed.map((key) => [key, {}])) }, '');
const host = (value: object) => hostConfigShape(value, '');

describe('ports that a container has', () => {
  it.each([
    [['80/tcp'], {}, ['80/tcp']],
    [['80', '80/TCP'], {}, ['80/tcp']],
    [['8080/tcp', '53/udp', '53/tcp'], {}, ['53/tcp', '53/udp', '8080/tcp']],
    [['80-82/udp'], {}, ['80/udp', '81/udp', '82/udp']],
    [[], { PortBindings: { '9/sctp': [{ HostPort: '9' }] } }, ['9/sctp']],
  ])('%j %j are %j', (exposed, hostConfig, keys) => {
    expect(exposedPorts(config(exposed), host(hostConfig))).toEqual(keys);
  });
});

describe('what is to be published', () => {
  const one = { key: '80/tcp', protocol: 'tcp', containerPort: 80 };
  it.each([
    ['a port', { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, [{ ...one, hostIp: '', from: 8080, to: 8080 }]],
    ['any port', { PortBindings: { '80': [{ HostPort: '' }] } }, [{ ...one, hostIp: '', from: 0, to: 0 }]],
    ['0 is any', { PortBindings: { '80/tcp': [{ HostPort: '0' }] } }, [{ ...one, hostIp: '', from: 0, to: 0 }]],
    ['one of a range', { PortBindings: { '80/tcp': [{ HostPort: '90-99' }] } }, [{ ...one, hostIp: '', from: 90, to: 99 }]],
    [
      'at an address, and at another',
      {
        PortBindings: {
          '80/tcp': [
            { HostIp: '127.0.0.1', HostPort: '1' },
            { HostIp: '[FD00::0:1]', HostPort: '1' },
          ],
        },
      }, // prettier-ignore
      [
        { ...one, hostIp: '127.0.0.1', from: 1, to: 1 },
        { ...one, hostIp: 'fd00::1', from: 1, to: 1 },
      ],
    ],
    ['all that it has', { PublishAllPorts: true }, [{ ...one, hostIp: '', from: 0, to: 0 }]],
    [
      'all, but one where it was asked for',
      { PublishAllPorts: true, PortBindings: { '80/tcp': [{ HostPort: '8' }] } },
      [{ ...one, hostIp: '', from: 8, to: 8 }],
    ], // prettier-ignore
    ['none', { PortBindings: { '80/tcp': [] } }, []],
  ])('%s: %j', (_name, hostConfig, wanted) => {
    expect(wantedPorts(config(['80/tcp']), host(hostConfig))).toEqual(wanted);
  });

  it.each([
    [{ PortBindings: { 'x/tcp': [] } }, 'invalid port specification: "x/tcp"'],
    [{ PortBindings: { '0/tcp': [] } }, 'invalid port specification: "0/tcp"'],
    [{ PortBindings: { '65536/tcp': [] } }, 'invalid port specification: "65536/tcp"'],
    [{ PortBindings: { '80/icmp': [] } }, 'invalid protocol: icmp'],
    [{ PortBindings: { '80/tcp': [{ HostPort: 'http' }] } }, 'invalid port specification: "http"'],
    [{ PortBindings: { '80/tcp': [{ HostPort: '99-90' }] } }, 'invalid port specification: "99-90"'],
    [{ PortBindings: { '80/tcp': [{ HostPort: '70000' }] } }, 'invalid port specification: "70000"'],
    [{ PortBindings: { '80/tcp': [{ HostIp: 'localhost', HostPort: '1' }] } }, 'invalid IP address: localhost'],
  ])('%j is refused', (hostConfig, message) => {
    expect(() => wantedPorts(config(), host(hostConfig))).toThrow(expect.objectContaining({ status: 400, message }));
  });
});
