import { hostConfigShape } from './settings.ts';
import { sysctlsOf } from './sysctls.ts';

const of = (sysctls: object, more: object = {}) => hostConfigShape({ Sysctls: sysctls, ...more }, '');
const usual = { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' };

it.each([
  { name: 'none', given: {}, want: usual },
  { name: 'of the network', given: { 'net.core.somaxconn': '7' }, want: { ...usual, 'net.core.somaxconn': '7' } },
  { name: 'with slashes', given: { 'net/ipv4/conf/eth0.1/forwarding': '1' }, want: { ...usual, 'net/ipv4/conf/eth0.1/forwarding': '1' } },
  { name: 'instead of the usual', given: { 'net.ipv4.ping_group_range': '1 0' }, want: { ...usual, 'net.ipv4.ping_group_range': '1 0' } },
  {
    name: 'of messages',
    given: { 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '2' },
    want: { ...usual, 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '2' },
  },
])('sets those of a namespace: $name', ({ given, want }) => expect(sysctlsOf(of(given), '', 'bridge')).toEqual(want));

it('names the domain', () => expect(sysctlsOf(of({}), 'example', 'none')).toEqual({ ...usual, 'kernel.domainname': 'example' }));
it('leaves the network of the node alone', () =>
  expect(sysctlsOf(of({ 'kernel.sem': '1' }), 'example', 'host')).toEqual({ 'kernel.sem': '1' }));

it.each<[string, object, 'bridge' | 'host', string]>([
  ['kernel.core_pattern', {}, 'bridge', 'sysctl "kernel.core_pattern" is not in a separate kernel namespace'],
  ['kernel/core_pattern', {}, 'bridge', 'sysctl "kernel.core_pattern" is not in a separate kernel namespace'],
  ['vm.overcommit_memory', {}, 'bridge', 'sysctl "vm.overcommit_memory" is not in a separate kernel namespace'],
  ['kernel.hostname', {}, 'bridge', 'conflicts with the OCI "hostname" field'],
  ['net.core.somaxconn', {}, 'host', 'sysctl "net.core.somaxconn" not allowed in host network namespace'],
  ['kernel.sem', { IpcMode: 'host' }, 'bridge', 'sysctl "kernel.sem" is not allowed in the hosts ipc namespace'],
  ['net./../kernel/core_pattern', {}, 'bridge', 'invalid sysctl'],
  ['net/../kernel/core_pattern', {}, 'bridge', 'invalid sysctl'],
  ['net', {}, 'bridge', 'sysctl "net" is not in a separate kernel namespace'],
])('refuses %s', (name, more, connection, words) => {
  expect(() => sysctlsOf(of({ [name]: '1' }, more), '', connection)).toThrow(
    expect.objectContaining({ code: 'start-failed', message: expect.stringContaining(words) }),
  );
});
