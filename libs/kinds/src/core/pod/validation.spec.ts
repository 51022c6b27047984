import { complaintsAbout, type Json, podSpec } from '../../testing.ts';
import { pod } from './kind.ts';

const about = (spec: Json, metadata: Json = {}): string[] =>
  complaintsAbout(pod, { metadata: { name: 'p', namespace: 'default', ...metadata }, spec: { serviceAccountName: 'default', ...spec } });

const withContainer = (container: Json): string[] => about(podSpec({}, container));
const one = 'spec.containers[0]';

describe('a pod', () => {
  it('is fine when it has a container with a name and an image', () => {
    expect(about(podSpec())).toEqual([]);
  });

  const whole: { name: string; spec: Json; want: string[] }[] = [
    { name: 'needs a container', spec: { containers: [] }, want: ['spec.containers: Required value'] },
    {
      name: 'may not have two containers of one name',
      spec: { containers: [podSpec().containers, podSpec().containers].flat() as unknown as Json[] },
      want: ['spec.containers[1].name: Duplicate value: "c"'],
    },
    {
      name: 'may not have an init container of the name of another',
      spec: podSpec({ initContainers: [{ name: 'c', image: 'i' }] }),
      want: ['spec.initContainers[0].name: Duplicate value: "c"'],
    },
    {
      name: 'has no probes in an init container that is not a sidecar',
      spec: podSpec({ initContainers: [{ name: 'i', image: 'i', livenessProbe: { tcpSocket: { port: 1 } } }] }),
      want: ['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    },
    {
      name: 'has probes in a sidecar',
      spec: podSpec({ initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always', livenessProbe: { tcpSocket: { port: 1 } } }] }),
      want: [],
    },
    {
      name: 'has a known DNS policy',
      spec: podSpec({ dnsPolicy: 'Mine' }),
      want: ['spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"'],
    },
    {
      name: 'has a deadline of at least a second',
      spec: podSpec({ activeDeadlineSeconds: 0 }),
      want: ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    },
    {
      name: 'needs name servers where DNS is None',
      spec: podSpec({ dnsPolicy: 'None' }),
      want: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    },
    {
      name: 'uses the same port on the host when it is on the host network',
      spec: podSpec({ hostNetwork: true }, { ports: [{ containerPort: 80, hostPort: 81 }] }),
      want: ['spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
    },
    {
      name: 'shares no namespace with the host when it has its own users',
      spec: podSpec({ hostUsers: false, hostPID: true }),
      want: ['spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false'],
    },
    {
      name: 'tolerates every key only with Exists',
      spec: podSpec({ tolerations: [{ operator: 'Equal', value: 'v' }] }),
      want: [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    },
    {
      name: 'says how long it tolerates only of NoExecute',
      spec: podSpec({ tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 3 }] }),
      want: ['spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set'],
    },
    {
      name: 'spreads by a positive skew',
      spec: podSpec({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] }),
      want: ['spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero'],
    },
    {
      name: 'names a topology in its affinity',
      spec: podSpec({
        affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {}, topologyKey: '' }] } },
      }),
      want: [
        'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
        'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    },
    {
      name: 'has at least one node selector term',
      spec: podSpec({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
      want: [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    },
    {
      name: 'has valid host aliases',
      spec: podSpec({ hostAliases: [{ ip: 'nope', hostnames: ['a'] }] }),
      want: ['spec.hostAliases[0].ip: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    },
    {
      name: 'gets no ephemeral containers at creation',
      spec: podSpec({ ephemeralContainers: [{ name: 'e', image: 'i' }] }),
      want: ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    },
  ];
  it.each(whole)('$name', ({ spec, want }) => expect(about(spec)).toEqual(want));
});

describe('a container', () => {
  const cases: { name: string; container: Json; want: string[] }[] = [
    { name: 'has an image', container: { image: '' }, want: [`${one}.image: Required value`] },
    {
      name: 'has an image without spaces around it',
      container: { image: ' a ' },
      want: [`${one}.image: Invalid value: " a ": must not have leading or trailing whitespace`],
    },
    {
      name: 'has a DNS label as its name',
      container: { name: 'A_b' },
      want: [
        `${one}.name: Invalid value: "A_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    },
    {
      name: 'mounts only volumes that exist',
      container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      want: [`${one}.volumeMounts[0].name: Not found: "v"`],
    },
    {
      name: 'has requests within its limits',
      container: { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      want: [`${one}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    },
    {
      name: 'has no negative resources',
      container: { resources: { requests: { cpu: '-1' } } },
      want: [`${one}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`],
    },
    {
      name: 'asks for resources that containers have',
      container: { resources: { requests: { gold: '1' } } },
      want: [
        `${one}.resources.requests[gold]: Invalid value: "gold": must be a standard resource type or fully qualified`,
        `${one}.resources.requests[gold]: Invalid value: "gold": must be a standard resource for containers`,
      ],
    },
    {
      name: 'limits what cannot be overcommitted to what it asks for',
      container: { resources: { requests: { 'example.com/gpu': '1' } } },
      want: [`${one}.resources.limits: Required value: Limit must be set for non overcommitable resources`],
    },
    {
      name: 'has ports in range',
      container: { ports: [{ containerPort: 70000 }] },
      want: [`${one}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    },
    {
      name: 'has a known protocol',
      container: { ports: [{ containerPort: 1, protocol: 'X' }] },
      want: [`${one}.ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"`],
    },
    {
      name: 'takes each host port once',
      container: {
        ports: [
          { containerPort: 1, hostPort: 5 },
          { containerPort: 2, hostPort: 5 },
        ],
      },
      want: [`${one}.ports[1].hostPort: Duplicate value: "TCP//5"`],
    },
    {
      name: 'names its variables',
      container: { env: [{ name: 'a=b', value: 'x' }] },
      want: [
        `${one}.env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      ],
    },
    {
      name: 'takes a variable from one place',
      container: { env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      want: [`${one}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    },
    {
      name: 'reads only fields that the downward API has',
      container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }] },
      want: [
        `${one}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nope": error converting fieldPath: field label not supported: spec.nope`,
      ],
    },
    {
      name: 'reads one label at a time',
      container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a/b']" } } }] },
      want: [],
    },
    {
      name: 'takes all variables of something',
      container: { envFrom: [{}] },
      want: [`${one}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
    },
    {
      name: 'has a probe that does one thing',
      container: { livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } },
      want: [`${one}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    },
    {
      name: 'has a probe that does something',
      container: { readinessProbe: {} },
      want: [`${one}.readinessProbe: Required value: must specify a handler type`],
    },
    {
      name: 'is alive after one success',
      container: { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } },
      want: [`${one}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    },
    {
      name: 'sleeps no longer before it stops than it has time',
      container: { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      want: [`${one}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`],
    },
    {
      name: 'is not privileged without escalation',
      container: { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      want: [
        `${one}.securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
      ],
    },
    {
      name: 'runs as a user that exists',
      container: { securityContext: { runAsUser: -1 } },
      want: [`${one}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`],
    },
  ];
  it.each(cases)('$name', ({ container, want }) => expect(withContainer(container)).toEqual(want));
});

describe('a volume', () => {
  const volumes = (...list: Json[]): string[] => about(podSpec({ volumes: list }));
  const cases: { name: string; volume: Json; want: string[] }[] = [
    { name: 'has a name', volume: { name: '', emptyDir: {} }, want: ['spec.volumes[0].name: Required value'] },
    {
      name: 'is of one type',
      volume: { name: 'v', emptyDir: {}, hostPath: { path: '/' } },
      want: ['spec.volumes[0].emptyDir: Forbidden: may not specify more than 1 volume type'],
    },
    { name: 'names its config map', volume: { name: 'v', configMap: {} }, want: ['spec.volumes[0].configMap.name: Required value'] },
    {
      name: 'keeps its files inside itself',
      volume: { name: 'v', secret: { secretName: 's', items: [{ key: 'k', path: '../x' }] } },
      want: ['spec.volumes[0].secret.items[0].path: Invalid value: "../x": must not contain \'..\''],
    },
    {
      name: 'has modes in nine bits',
      volume: { name: 'v', configMap: { name: 'c', defaultMode: 512 } },
      want: ['spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive'],
    },
    {
      name: 'has tokens that live ten minutes',
      volume: { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] } },
      want: [
        'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
      ],
    },
    { name: 'needs a server for NFS', volume: { name: 'v', nfs: { path: '/a' } }, want: ['spec.volumes[0].nfs.server: Required value'] },
  ];
  it.each(cases)('$name', ({ volume, want }) => expect(volumes(volume)).toEqual(want));

  it('has a name of its own', () => {
    expect(volumes({ name: 'v', emptyDir: {} }, { name: 'v', emptyDir: {} })).toEqual(['spec.volumes[1].name: Duplicate value: "v"']);
  });
});
