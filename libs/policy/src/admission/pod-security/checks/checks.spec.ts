import { describe, expect, it } from '@jest/globals';
import type { PodSpec } from '#api/types';
import type { PodLike } from '../check.ts';
import { checks } from './index.ts';

/** What one check of one version says, as `reason: detail`; 'allowed'. Versions are minor ones; the last unless told otherwise. */
function says(id: string, pod: PodLike, version = 99): string {
  const check = checks.find((each) => each.id === id)!;
  const found = check.versions.findLast(({ since }) => since <= version)?.check(pod);
  return found ? `${found.reason}: ${found.detail}` : 'allowed';
}

type Spec = Partial<Omit<PodSpec, 'containers' | 'initContainers' | 'ephemeralContainers'>>;
type Given = object[];
const container = (given: object, i: number) => ({ name: 'abcdef'[i]!, ...given });
/** Containers a, b, … with these fields. */
const pod = (containers: Given, spec: Spec = {}, annotations?: Record<string, string>): PodLike => ({
  metadata: { ...(annotations && { annotations }) },
  spec: { ...spec, containers: containers.map((given, i) => ({ image: 'i', ...container(given, i) })) } as PodSpec,
});
/** Containers a, b, … with these security contexts. */
const secured = (contexts: (object | undefined)[], spec: Spec = {}): PodLike =>
  pod(
    contexts.map((securityContext) => (securityContext ? { securityContext } : {})),
    spec,
  );
const windows: Spec = { os: { name: 'windows' } };
const own: Spec = { hostUsers: false };

type Row = [why: string, given: PodLike, want: string, version?: number];
const table = (id: string, rows: Row[]): void =>
  describe(`the check ${id}`, () => {
    it.each(rows.map(([why, given, want, version]) => ({ why, given, want, version })))('$why', ({ given, want, version }) => {
      expect(says(id, given, version)).toBe(want);
    });
  });

const bad = { securityContext: { privileged: true } };
const everyList = {
  spec: { containers: [{ name: 'c', ...bad }], initContainers: [{ name: 'i', ...bad }], ephemeralContainers: [{ name: 'e', ...bad }] },
} as unknown as PodLike;

table('privileged', [
  ['unset', secured([undefined, {}, { privileged: false }]), 'allowed'],
  ['set', secured([{ privileged: true }]), 'privileged: container "a" must not set securityContext.privileged=true'],
  ['in every list of containers', everyList, 'privileged: containers "i", "c", "e" must not set securityContext.privileged=true'],
]);

const escalation = 'allowPrivilegeEscalation != false: containers "a", "b", "c" must set securityContext.allowPrivilegeEscalation=false';
const escalating = [undefined, {}, { allowPrivilegeEscalation: true }, { allowPrivilegeEscalation: false }];
table('allowPrivilegeEscalation', [
  ['unset, empty and true', secured(escalating), escalation],
  ['below Windows', secured(escalating, windows), 'allowed'],
  ['below Windows before it was told apart', secured(escalating, windows), escalation, 24],
  ['before there was the field', secured([{ allowPrivilegeEscalation: true }]), 'allowed', 7],
]);

const armor = 'container.apparmor.security.beta.kubernetes.io';
table('appArmorProfile', [
  [
    'what is allowed',
    pod([{ securityContext: { appArmorProfile: { type: 'Localhost' } } }], {
      securityContext: { appArmorProfile: { type: 'RuntimeDefault' } },
    }),
    'allowed',
  ],
  ['annotations', pod([{}], {}, { [`${armor}/a`]: 'runtime/default', [`${armor}/b`]: 'localhost/x', [`${armor}/c`]: '' }), 'allowed'],
  [
    'an annotation',
    pod([{}], {}, { [`${armor}/a`]: 'unconfined' }),
    `forbidden AppArmor profile: annotation must not set AppArmor profile type to "${armor}/a="unconfined""`,
  ],
  [
    'fields',
    pod([{ securityContext: { appArmorProfile: { type: 'Unconfined' } } }], { securityContext: { appArmorProfile: { type: 'Odd' } } }),
    'forbidden AppArmor profiles: pod and container "a" must not set AppArmor profile type to "Odd", "Unconfined"',
  ],
]);

table('capabilities_baseline', [
  ['the default set', secured([{ capabilities: { add: ['CHOWN', 'MKNOD', 'SETPCAP'], drop: ['x'] } }, undefined]), 'allowed'],
  [
    'others',
    secured([
      { capabilities: { add: ['FOO', 'BAR'] } },
      { capabilities: { add: ['CHOWN'] } },
      { capabilities: { add: ['NET_RAW', 'FOO'] } },
    ]),
    'non-default capabilities: containers "a", "c" must not include "BAR", "FOO", "NET_RAW" in securityContext.capabilities.add',
  ],
]);

const keeping = secured([undefined, { capabilities: { drop: ['CHOWN'] } }, { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }]);
const drops = 'unrestricted capabilities: containers "a", "b" must set securityContext.capabilities.drop=["ALL"]';
table('capabilities_restricted', [
  ['nothing dropped', keeping, drops],
  ['below Windows', { ...keeping, spec: { ...keeping.spec, ...windows } }, 'allowed'],
  ['below Windows before it was told apart', { ...keeping, spec: { ...keeping.spec, ...windows } }, drops, 24],
  ['before 1.22', keeping, 'allowed', 21],
  [
    'more added',
    secured([{ capabilities: { drop: ['ALL'], add: ['CHOWN', 'BAR', 'NET_BIND_SERVICE'] } }, undefined]),
    'unrestricted capabilities: container "b" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "BAR", "CHOWN" in securityContext.capabilities.add',
  ],
]);

table('hostNamespaces', [
  ['none', pod([{}], { hostNetwork: false, hostPID: false }), 'allowed'],
  ['all', pod([{}], { hostIPC: true, hostNetwork: true, hostPID: true }), 'host namespaces: hostNetwork=true, hostPID=true, hostIPC=true'],
]);

const hostPath = { name: 'h', hostPath: { path: '/' } };
table('hostPathVolumes', [
  ['others', pod([{}], { volumes: [{ name: 'v', emptyDir: {} }] }), 'allowed'],
  ['one', pod([{}], { volumes: [hostPath] }), 'hostPath volumes: volume "h"'],
  ['two', pod([{}], { volumes: [hostPath, { ...hostPath, name: 'i' }] }), 'hostPath volumes: volumes "h", "i"'],
]);

const port = (hostPort?: number) => ({ containerPort: 80, ...(hostPort !== undefined && { hostPort }) });
table('hostPorts', [
  ['none', pod([{ ports: [port(), port(0)] }]), 'allowed'],
  ['one', pod([{ ports: [port(), port(10)] }]), 'hostPort: container "a" uses hostPort 10'],
  ['several', pod([{ ports: [port(20), port(10)] }, { ports: [port(10)] }]), 'hostPort: containers "a", "b" use hostPorts 10, 20'],
]);

table('hostProbesAndHostLifecycle', [
  [
    'of the pod itself',
    pod([{ livenessProbe: { httpGet: { port: 80 } }, readinessProbe: { tcpSocket: { host: '', port: 1 } } }]),
    'allowed',
  ],
  [
    'of others',
    pod([
      { livenessProbe: { httpGet: { host: 'z' } }, startupProbe: { tcpSocket: { host: 'y' } } },
      { lifecycle: { postStart: { httpGet: { host: 'z' } }, preStop: { tcpSocket: { host: 'x' } } } },
    ]),
    'probe or lifecycle host: containers "a", "b" use probe or lifecycle hosts "x", "y", "z"',
  ],
  ['one', pod([{ readinessProbe: { httpGet: { host: 'z' } } }]), 'probe or lifecycle host: container "a" uses probe or lifecycle host "z"'],
  ['before 1.34', pod([{ readinessProbe: { httpGet: { host: 'z' } } }]), 'allowed', 33],
]);

const unmasked = [undefined, {}, { procMount: 'Default' }, { procMount: 'Unmasked' }, { procMount: 'other' }];
const masks = 'procMount: containers "d", "e" must not set securityContext.procMount to "Unmasked", "other"';
table('procMount', [
  ['others than Default', secured(unmasked), masks],
  ['in a user namespace', secured(unmasked, own), 'allowed'],
  ['in a user namespace before that was told apart', secured(unmasked, own), masks, 34],
]);
table('procMount_restricted', [
  ['in a user namespace', secured(unmasked, own), masks],
  ['before 1.35', secured(unmasked), 'allowed', 34],
]);

const allVolumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const volumes = (...types: string[]): Spec => ({ volumes: types.map((type, i) => ({ name: `v${i}`, [type]: {} })) }) as Spec;
table('restrictedVolumes', [
  ['what is allowed', pod([{}], volumes(...allVolumes)), 'allowed'],
  ['one', pod([{}], volumes('hostPath')), 'restricted volume types: volume "v0" uses restricted volume type "hostPath"'],
  [
    'several',
    pod([{}], volumes('nfs', 'hostPath', 'nfs', 'new')),
    'restricted volume types: volumes "v0", "v1", "v2", "v3" use restricted volume types "hostPath", "nfs", "unknown"',
  ],
]);

const root = secured([undefined, {}, { runAsNonRoot: true }]);
table('runAsNonRoot', [
  ['unset', root, 'runAsNonRoot != true: pod or containers "a", "b" must set securityContext.runAsNonRoot=true'],
  ['set for the pod', secured([undefined, {}], { securityContext: { runAsNonRoot: true } }), 'allowed'],
  ['set for every container', secured([{ runAsNonRoot: true }]), 'allowed'],
  [
    'false for the pod',
    secured([undefined], { securityContext: { runAsNonRoot: false } }),
    'runAsNonRoot != true: pod must not set securityContext.runAsNonRoot=false',
  ],
  [
    'false for containers',
    secured([{ runAsNonRoot: false }, { runAsNonRoot: false }], { securityContext: { runAsNonRoot: true } }),
    'runAsNonRoot != true: containers "a", "b" must not set securityContext.runAsNonRoot=false',
  ],
  [
    'false for both',
    secured([{ runAsNonRoot: false }], { securityContext: { runAsNonRoot: false } }),
    'runAsNonRoot != true: pod and container "a" must not set securityContext.runAsNonRoot=false',
  ],
  ['in a user namespace', { spec: { ...root.spec, ...own } }, 'allowed'],
  [
    'in a user namespace before that was told apart',
    { spec: { ...root.spec, ...own } },
    'runAsNonRoot != true: pod or containers "a", "b" must set securityContext.runAsNonRoot=true',
    34,
  ],
]);

const zero = secured([{ runAsUser: 0 }, { runAsUser: 1 }], { securityContext: { runAsUser: 0 } });
table('runAsUser', [
  ['others', secured([{ runAsUser: 1 }, undefined]), 'allowed'],
  ['0', zero, 'runAsUser=0: pod and container "a" must not set runAsUser=0'],
  ['before 1.23', zero, 'allowed', 22],
  ['in a user namespace', { spec: { ...zero.spec, ...own } }, 'allowed'],
  [
    'in a user namespace before that was told apart',
    { spec: { ...zero.spec, ...own } },
    'runAsUser=0: pod and container "a" must not set runAsUser=0',
    34,
  ],
]);

const selinux = (...options: object[]): PodLike => secured(options.map((seLinuxOptions) => ({ seLinuxOptions })));
const set = 'set forbidden securityContext.seLinuxOptions:';
table('seLinuxOptions', [
  [
    'types',
    selinux({}, { type: '' }, { type: 'container_t' }, { type: 'container_init_t' }, { type: 'container_kvm_t', level: 's0' }),
    'allowed',
  ],
  ['container_engine_t', selinux({ type: 'container_engine_t' }), 'allowed'],
  [
    'container_engine_t before 1.31',
    selinux({ type: 'container_engine_t' }),
    `seLinuxOptions: container "a" ${set} type "container_engine_t"`,
    30,
  ],
  ['a user', selinux({ user: 'u' }), `seLinuxOptions: container "a" ${set} user may not be set`],
  [
    'everything',
    secured([{ seLinuxOptions: { type: 'foo', role: 'r' } }, { seLinuxOptions: { user: 'u' } }], {
      securityContext: { seLinuxOptions: { type: 'bar' } },
    }),
    `seLinuxOptions: pod and containers "a", "b" ${set} types "bar", "foo"; user may not be set; role may not be set`,
  ],
]);

const seccomp = (...types: (string | undefined)[]): PodLike =>
  secured(types.map((type) => (type ? { seccompProfile: { type } } : undefined)));
const ofPod = (type: string): Spec => ({ securityContext: { seccompProfile: { type } } });
const alpha = 'seccomp.security.alpha.kubernetes.io/pod';
table('seccompProfile_baseline', [
  ['what is allowed', seccomp(undefined, 'RuntimeDefault', 'Localhost'), 'allowed'],
  [
    'what is not',
    secured([{ seccompProfile: { type: 'Unconfined' } }], ofPod('Odd')),
    'seccompProfile: pod and container "a" must not set securityContext.seccompProfile.type to "Odd", "Unconfined"',
  ],
  ['annotations, once', pod([{}], {}, { [alpha]: 'unconfined' }), `seccompProfile: forbidden annotation ${alpha}="unconfined"`, 18],
  [
    'annotations of containers',
    pod([{}, {}], {}, { [`container.${alpha.replace('/pod', '')}/a`]: 'unconfined', [alpha]: 'docker/default' }),
    'seccompProfile: forbidden annotation container.seccomp.security.alpha.kubernetes.io/a="unconfined"',
    0,
  ],
  ['annotations, now', pod([{}], {}, { [alpha]: 'unconfined' }), 'allowed'],
]);
const profile =
  'seccompProfile: pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
table('seccompProfile_restricted', [
  ['unset', seccomp(undefined, undefined, 'Localhost'), profile],
  ['set for the pod', secured([undefined], ofPod('RuntimeDefault')), 'allowed'],
  ['below Windows', secured([undefined, undefined], windows), 'allowed'],
  ['below Windows before it was told apart', secured([undefined, undefined], windows), profile, 24],
  ['before 1.19', seccomp(undefined), 'allowed', 18],
  [
    'wrong',
    seccomp('Unconfined', undefined),
    'seccompProfile: container "a" must not set securityContext.seccompProfile.type to "Unconfined"',
  ],
]);

const sysctls = (...names: string[]): PodLike => pod([{}], { securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) } });
const first = ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range'];
table('sysctls', [
  ['of the first', sysctls(...first, 'net.ipv4.ip_unprivileged_port_start'), 'allowed', 0],
  ['of 1.27', sysctls('net.ipv4.ip_local_reserved_ports'), 'allowed', 27],
  ['of 1.27, in 1.26', sysctls('net.ipv4.ip_local_reserved_ports'), 'forbidden sysctls: net.ipv4.ip_local_reserved_ports', 26],
  [
    'of 1.29',
    sysctls('net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'),
    'allowed',
    29,
  ],
  ['of 1.32', sysctls('net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'), 'allowed'],
  ['of 1.32, in 1.31', sysctls('net.ipv4.tcp_rmem'), 'forbidden sysctls: net.ipv4.tcp_rmem', 31],
  ['others', sysctls('a', 'kernel.shm_rmid_forced', 'b'), 'forbidden sysctls: a, b'],
]);

table('windowsHostProcess', [
  ['no', secured([{ windowsOptions: { hostProcess: false } }, { windowsOptions: {} }]), 'allowed'],
  [
    'yes',
    secured([{ windowsOptions: { hostProcess: true } }], { securityContext: { windowsOptions: { hostProcess: true } } }),
    'hostProcess: pod and container "a" must not set securityContext.windowsOptions.hostProcess=true',
  ],
]);
