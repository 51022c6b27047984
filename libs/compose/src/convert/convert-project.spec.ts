import type { Container, Deployment, Job, NetworkPolicy, PodSpec } from '#api/types';
import { load } from '../testing.ts';
import { type Converted, type ConvertedService, convertProject } from './convert-project.ts';

async function convert(text: string, files: Record<string, string> = {}, hostPaths = false): Promise<Converted> {
  const { project } = await load({ 'compose.yaml': text, ...files }, { name: 'shop' });
  return convertProject(project, { namespace: 'shop', registry: 'registry.berth.local:5000', hostPaths });
}

const webWith = (more: string): string => `services:\n  web:\n    image: i:1\n${more.replaceAll(/^/gm, '    ')}\n`;
const web = async (more: string, sections = ''): Promise<ConvertedService> => (await convert(webWith(more) + sections)).services[0]!;
const pod = async (more: string, sections = ''): Promise<PodSpec> => (await web(more, sections)).workload.spec!.template.spec!;
const container = async (more: string, sections = ''): Promise<Container> => (await pod(more, sections)).containers[0]!;

describe('a service as a container', () => {
  it.each<[string, Partial<Container>]>([
    ['command: a "b c" d\\ e', { args: ['a', 'b c', 'd e'] }],
    ['command: [a, "$$(X) $$$$"]', { args: ['a', '$$(X) $$$$'] }],
    ['entrypoint: [e]\ncommand: [c]', { command: ['e'], args: ['c'] }],
    ['entrypoint: []\ncommand: [c]', { command: ['c'] }],
    [
      'environment: {A: 1, B: true, C: ""}',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: 'true' },
          { name: 'C', value: '' },
        ],
      },
    ],
    ['working_dir: /w', { workingDir: '/w' }],
    ['pull_policy: always', { imagePullPolicy: 'Always' }],
    ['stdin_open: true\ntty: true', { stdin: true, tty: true }],
    [
      'user: "1000:2000"\nread_only: true',
      { securityContext: expect.objectContaining({ runAsUser: 1000, runAsGroup: 2000, readOnlyRootFilesystem: true }) },
    ],
    [
      'cap_add: [CAP_NET_ADMIN, sys_time]\ncap_drop: [ALL]',
      { securityContext: expect.objectContaining({ capabilities: { add: ['NET_ADMIN', 'SYS_TIME'], drop: ['ALL'] } }) },
    ],
    ['privileged: true', { securityContext: { privileged: true } }],
    ['security_opt: ["no-new-privileges:true"]', { securityContext: expect.objectContaining({ allowPrivilegeEscalation: false }) }],
    ['mem_limit: 64m\ncpus: 0.5', { resources: { limits: { memory: '67108864', cpu: '500m' }, requests: { memory: '0', cpu: '0' } } }],
    [
      'deploy: {resources: {limits: {memory: 1g, cpus: "2"}, reservations: {memory: 64M}}}',
      { resources: { limits: { memory: '1073741824', cpu: '2000m' }, requests: { memory: '67108864', cpu: '0' } } },
    ],
    [
      'healthcheck: {test: curl -f localhost, interval: 10s, timeout: 3s, retries: 5}',
      {
        readinessProbe: {
          exec: { command: ['/bin/sh', '-c', 'curl -f localhost'] },
          periodSeconds: 10,
          timeoutSeconds: 3,
          failureThreshold: 5,
        },
      },
    ],
    [
      'healthcheck: {test: [CMD, a], start_period: 1m, start_interval: 2s}',
      { readinessProbe: { exec: { command: ['a'] }, periodSeconds: 2, timeoutSeconds: 30, failureThreshold: 45 } },
    ],
    ['post_start: [{command: echo hi}]', { lifecycle: { postStart: { exec: { command: ['echo', 'hi'] } } } }],
  ])('%j', async (more, want) => {
    expect(await container(more)).toMatchObject(want);
  });

  it('has no probe where its health check is turned off', async () => {
    for (const check of ['{disable: true}', '{test: [NONE]}'])
      expect(await container(`healthcheck: ${check}`)).not.toHaveProperty('readinessProbe');
  });
});

describe('a service as a pod', () => {
  it.each<[string, Partial<PodSpec>]>([
    ['hostname: h', { hostname: 'h' }],
    ['stop_grace_period: 1m30s', { terminationGracePeriodSeconds: 90 }],
    ['labels: [a=b]', { terminationGracePeriodSeconds: 10 }],
    [
      'extra_hosts: ["a=1.2.3.4", "b:1.2.3.4", "c=[::1]"]',
      {
        hostAliases: [
          { ip: '1.2.3.4', hostnames: ['a', 'b'] },
          { ip: '::1', hostnames: ['c'] },
        ],
      },
    ],
    [
      'dns: 1.1.1.1\ndns_search: [x.y]\ndns_opt: ["ndots:2", rotate]',
      { dnsConfig: { nameservers: ['1.1.1.1'], searches: ['x.y'], options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }] } },
    ],
    [
      'sysctls: [net.core.somaxconn=1024]\ngroup_add: [5]',
      { securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1024' }], supplementalGroups: [5] } },
    ],
    ['platform: linux/arm64', { nodeSelector: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' } }],
    ['network_mode: host\npid: host\nipc: host', { hostNetwork: true, hostPID: true, hostIPC: true }],
    [
      'tmpfs: [/run, "/tmp:size=64m"]',
      {
        volumes: [
          { name: 'volume-0', emptyDir: { medium: 'Memory' } },
          { name: 'volume-1', emptyDir: { medium: 'Memory', sizeLimit: '67108864' } },
        ],
      },
    ],
    [
      'volumes: [/anonymous]\nshm_size: 1g',
      {
        volumes: [
          { name: 'volume-0', emptyDir: {} },
          { name: 'volume-1', emptyDir: { medium: 'Memory', sizeLimit: '1073741824' } },
        ],
      },
    ],
    [
      'deploy: {placement: {constraints: ["node.hostname == n1", "node.labels.disk != ssd", "node.role == worker"]}}',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] },
                    { key: 'disk', operator: 'NotIn', values: ['ssd'] },
                    { key: 'node-role.kubernetes.io/control-plane', operator: 'DoesNotExist' },
                  ],
                },
              ],
            },
          },
        },
      },
    ],
  ])('%j', async (more, want) => {
    expect(await pod(more)).toMatchObject(want);
  });

  it('mounts claims, configs and secrets where they are asked for', async () => {
    const more =
      'volumes: ["data:/a:ro", {type: volume, source: data, target: /b, volume: {subpath: s}}]\nconfigs: [conf, {source: conf, target: /etc/c, mode: 0400}]\nsecrets: [pw]';
    const sections = 'volumes: {data: {}}\nconfigs: {conf: {content: x}}\nsecrets: {pw: {content: y}}\n';
    const { containers, volumes } = await pod(more, sections);
    expect(volumes).toEqual([
      { name: 'volume-0', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'config-0', configMap: { name: 'conf', items: [{ key: 'content', path: 'content', mode: 0o444 }] } },
      { name: 'config-1', configMap: { name: 'conf', items: [{ key: 'content', path: 'content', mode: 0o400 }] } },
      { name: 'secret-0', secret: { secretName: 'pw', items: [{ key: 'content', path: 'content', mode: 0o444 }] } },
    ]);
    expect(containers[0]!.volumeMounts).toEqual([
      { name: 'volume-0', mountPath: '/a', readOnly: true },
      { name: 'volume-0', mountPath: '/b', subPath: 's' },
      { name: 'config-0', mountPath: '/conf', subPath: 'content', readOnly: true },
      { name: 'config-1', mountPath: '/etc/c', subPath: 'content', readOnly: true },
      { name: 'secret-0', mountPath: '/run/secrets/pw', subPath: 'content', readOnly: true },
    ]);
  });

  it('brings new pods when what a config holds has changed', async () => {
    const annotations = async (content: string) =>
      (await web('configs: [conf]', `configs: {conf: {content: ${content}}}\n`)).workload.spec!.template.metadata!.annotations;
    expect(await annotations('a')).not.toEqual(await annotations('b'));
  });

  it('mounts paths of nodes only where that is allowed', async () => {
    const text = webWith('volumes: ["./html:/www:ro"]');
    await expect(convert(text)).rejects.toThrow(
      'services.web.volumes[0] is not supported by berth compose: /project/html is a path of this machine',
    );
    const { services } = await convert(text, {}, true);
    expect(services[0]!.workload.spec!.template.spec!.volumes).toEqual([
      { name: 'volume-0', hostPath: { path: '/project/html', type: '' } },
    ]);
  });
});

describe('how long a service lives', () => {
  it.each([
    ['', 'Deployment', { replicas: 1 }],
    ['scale: 3', 'Deployment', { replicas: 3 }],
    ['restart: unless-stopped\ndeploy: {replicas: 2}', 'Deployment', { replicas: 2 }],
    ['deploy: {mode: global}', 'DaemonSet', {}],
    ['restart: "no"', 'Job', { backoffLimit: 0, completions: 1, parallelism: 1 }],
    ['restart: "on-failure:4"', 'Job', { backoffLimit: 4 }],
    ['deploy: {mode: replicated-job, replicas: 2}', 'Job', { completions: 2, parallelism: 2 }],
    ['deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}', 'Job', { backoffLimit: 2 }],
    [
      'deploy: {update_config: {parallelism: 2, delay: 5s}}',
      'Deployment',
      { minReadySeconds: 5, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } },
    ],
    [
      'deploy: {update_config: {order: start-first}}',
      'Deployment',
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    ],
  ])('%j makes a %s', async (more, kind, spec) => {
    const { workload } = await web(more);
    expect(workload).toMatchObject({ kind, spec });
  });

  it('is once where another waits for its end', async () => {
    const { services } = await convert(
      'services:\n  web: {image: i, depends_on: {job: {condition: service_completed_successfully}}}\n  job: {image: i}\n',
    );
    expect(services.map(({ name, workload }) => [name, workload.kind])).toEqual([
      ['job', 'Job'],
      ['web', 'Deployment'],
    ]);
    expect((services[0]!.workload as Job).spec!.template.spec!.restartPolicy).toBe('Never');
  });
});

describe('how a service is reached', () => {
  it('by its name, at any port, and by its aliases', async () => {
    const { services } = await web('networks: {default: {aliases: [site]}}\ncontainer_name: the-web');
    expect(services.map(({ metadata, spec }) => [metadata.name, spec!.clusterIP, spec!.publishNotReadyAddresses])).toEqual([
      ['web', 'None', true],
      ['site', 'None', true],
      ['the-web', 'None', true],
    ]);
  });

  it('from outside: at node ports in their range and where any will do, else at a load balancer', async () => {
    const { services } = await web('ports: ["8080:80", "30080:80", "81", "53:53/udp"]');
    expect(
      services
        .slice(1)
        .map(({ metadata, spec }) => [
          metadata.name,
          spec!.type,
          spec!.ports!.map(({ port, targetPort, nodePort }) => [port, targetPort, nodePort]),
        ]),
    ).toEqual([
      [
        'web-node-ports',
        'NodePort',
        [
          [30080, 80, 30080],
          [81, 81, undefined],
        ],
      ],
      [
        'web-ports',
        'LoadBalancer',
        [
          [8080, 80, undefined],
          [53, 53, undefined],
        ],
      ],
    ]);
    expect(await container('ports: [{target: 80, published: "8080", mode: host}]')).toMatchObject({
      ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }],
    });
  });

  it('only by those on the same network, where a file has several', async () => {
    const text =
      'services:\n  a: {image: i, networks: [front], ports: ["80:80"]}\n  b: {image: i, networks: [front, back]}\nnetworks: {front: {}, back: {internal: true}}\n';
    const { objects, services } = await convert(text);
    expect(objects.map((object) => [object.metadata.name, (object as NetworkPolicy).spec!.egress!.length])).toEqual([
      ['network-front', 1],
      ['network-back', 2],
    ]);
    const labels = ({ workload }: ConvertedService) =>
      Object.keys(workload.spec!.template.metadata!.labels!).filter((key) => key.startsWith('network.'));
    expect(services.map(labels)).toEqual([
      ['network.compose.berth.dev/front'],
      ['network.compose.berth.dev/front', 'network.compose.berth.dev/back'],
    ]);
    expect(services[0]!.policies.map(({ metadata }) => metadata.name)).toEqual(['ports-a']);
    expect((await convert(webWith(''))).objects).toEqual([]);
  });

  it('with what is built named as its nodes pull it', async () => {
    const { build, workload } = await web('build: {context: ./src, args: [A=1], target: t}\n'.replace('i:1', ''));
    expect(build).toEqual({
      contextDir: '/project/src',
      args: { A: '1' },
      target: 't',
      noCache: false,
      tags: ['i:1'],
      image: 'registry.berth.local:5000/i:1',
    });
    expect((workload as Deployment).spec!.template.spec!.containers[0]!.image).toBe('registry.berth.local:5000/i:1');
    const { services } = await convert('services:\n  web: {build: .}\n');
    expect(services[0]!.build!.tags).toEqual(['shop-web:latest']);
  });
});

describe('what cannot be served is refused by its place', () => {
  it.each([
    ['cgroup_parent: x', 'services.web.cgroup_parent is not supported by berth compose'],
    ['ulimits: {nofile: 5}', 'services.web.ulimits is not supported by berth compose'],
    ['devices: [/dev/x]', 'services.web.devices is not supported by berth compose'],
    ['logging: {driver: syslog}', 'services.web.logging is not supported by berth compose: nodes keep what containers print'],
    ['imgae: x', "services.web: additional properties 'imgae' not allowed"],
    ['deploy: {mod: x}', "services.web.deploy: additional properties 'mod' not allowed"],
    ['deploy: {endpoint_mode: vip}', 'services.web.deploy.endpoint_mode is not supported'],
    ['deploy: {resources: {limits: {pids: 5}}}', 'services.web.deploy.resources.limits.pids is not supported'],
    ['deploy: {update_config: {failure_action: rollback}}', 'services.web.deploy.update_config.failure_action is not supported'],
    ['deploy: {placement: {constraints: ["node.id==x"]}}', 'services.web.deploy.placement.constraints[0] is not supported'],
    ['user: postgres', 'services.web.user is not supported by berth compose: a name is only known in the image'],
    ['ports: ["127.0.0.1:80:80"]', 'services.web.ports[0].host_ip is not supported'],
    ['network_mode: "service:a"', 'services.web.network_mode is not supported by berth compose: host and bridge is'],
    ['networks: {default: {ipv4_address: 1.2.3.4}}', 'services.web.networks.default.ipv4_address is not supported'],
    ['networks: [other]', 'services.web.networks.other: service refers to undefined network other'],
    ['volumes: ["none:/a"]', 'services.web.volumes[0]: service refers to undefined volume none'],
    ['configs: [none]', 'services.web.configs[0]: service refers to undefined config none'],
    ['depends_on: [none]', 'services.web.depends_on.none: service depends on undefined service none'],
    ['depends_on: [web]', 'dependency cycle detected: web -> web'],
    ['healthcheck: {interval: 1s}', 'services.web.healthcheck.test: is required'],
    ['healthcheck: {test: [x]}', 'services.web.healthcheck.test: must begin with NONE, CMD or CMD-SHELL'],
    ['stop_grace_period: soon', 'services.web.stop_grace_period: "soon" is not a duration'],
    ['mem_limit: lots', 'services.web.mem_limit: "lots" is not a size'],
    ['scale: 2\ndeploy: {replicas: 3}', "can't set distinct values on 'scale' and 'deploy.replicas'"],
    ['restart: sometimes', 'services.web.restart: invalid restart policy sometimes'],
    ['privileged: maybe', 'services.web.privileged: must be a boolean'],
    ['command: "a \'b"', 'services.web.command: invalid command line string'],
    ['extra_hosts: ["a=host-gateway"]', 'services.web.extra_hosts.a is not supported'],
    ['build: {context: ., platforms: [linux/arm64]}', 'services.web.build.platforms is not supported'],
    ['build: https://example.com/x.git', 'services.web.build.context is not supported'],
    ['labels: {"a b": c}', 'services.web.labels.a b is not supported'],
  ])('%j', async (more, want) => {
    await expect(web(more)).rejects.toThrow(want);
  });

  it.each([
    ['services:\n  my_app: {image: i}\n', 'services.my_app: "my_app" is no DNS label'],
    ['services:\n  a: {}\n', 'services.a: has neither an image nor a build context specified'],
    [
      'services:\n  a: {image: i, depends_on: {b: {condition: service_healthy}}}\n  b: {image: i}\n',
      'services.a.depends_on.b: service b has no healthcheck',
    ],
    ['services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, profiles: [p]}\n', 'service b is disabled: its profile is not on'],
    ['services:\n  a: {image: i, ports: ["80:80"]}\n  a-ports: {image: i}\n', 'a-ports is a name of services.a already'],
    [webWith('') + 'networks: {n: {external: true}}\n', 'networks.n.external is not supported'],
    [webWith('') + 'volumes: {v: {driver: nfs}}\n', 'volumes.v.driver is not supported'],
    [webWith('') + 'volumes: {v: {driver_opts: {a: b}}}\n', 'volumes.v.driver_opts is not supported'],
    [webWith('') + 'secrets: {s: {}}\n', 'secrets.s: one of file, environment, content and external must be set'],
  ])('%j', async (text, want) => {
    await expect(convert(text)).rejects.toThrow(want);
  });
});
