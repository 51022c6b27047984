import { hostConfigShape } from './settings.ts';
import { sysctlsOf } from './sysctls.ts';

const of = (sysctls: object, more: object = {}) => hostConfigShape({ Sysctls: sysctls, ...more }, '');
const own = { network: true, name: true };
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
])('sets those of a namespace: $name', ({ given, want }) => expect(sysctlsOf(of(given), '', own)).toEqual(want));

it('names the domain', () => expect(sysctlsOf(of({}), 'example', own)).toEqual({ ...usual, 'kernel.domainname': 'example' }));
it('leaves the network of the node alone', () =>
  expect(sysctlsOf(of({ 'kernel.sem': '1' }), 'example', { network: false, name: false })).toEqual({ 'kernel.sem': '1' }));

it.each<[string, object, 'own' | 'other', string]>([
  ['kernel.core_pattern', {}, 'own', 'sysctl "kernel.core_pattern" is not in a separate kernel namespace'],
  ['kernel/core_pattern', {}, 'own', 'sysctl "kernel.core_pattern" is not in a separate kernel namespace'],
  ['vm.overcommit_memory', {}, 'own', 'sysctl "vm.overcommit_memory" is not in a separate kernel namespace'],
  ['kernel.hostname', {}, 'own', 'conflicts with the OCI "hostname" field'],
  ['net.core.somaxconn', {}, 'other', 'sysctl "net.core.somaxconn" not allowed in host network namespace'],
  ['kernel.sem', { IpcMode: 'host' }, 'own', 'sysctl "kernel.sem" is not allowed in the hosts ipc namespace'],
  ['kernel.sem', { IpcMode: 'container:x' }, 'own', 'sysctl "kernel.sem" is not allowed in the hosts ipc namespace'],
  ['net./../kernel/core_pattern', {}, 'own', 'invalid sysctl'],
  ['net/../kernel/core_pattern', {}, 'own', 'invalid sysctl'],
  ['net', {}, 'own', 'sysctl "net" is not in a separate kernel namespace'],
])('refuses %s', (name, more, network, words) => {
  expect(() => sysctlsOf(of({ [name]: '1' }, more), '', { network: network === 'own', name: network === 'own' })).toThrow(
    expect.objectContaining({ code: 'start-failed', message: expect.stringContaining(words) }),
  );
});
