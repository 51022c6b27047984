import { lookUp } from '#base';
import type { Container, EnvVar, PodSecurityContext, SecurityContext } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { literal } from './literal.ts';
import { probeOf } from './probe.ts';
import type { Published } from './ports.ts';
import { Reader, words } from './reader.ts';
import { resourcesOf } from './resources.ts';

export interface ContainerInput {
  name: string;
  image: string;
  published: readonly Published[];
  mounts: Container['volumeMounts'];
}

/** The container of a service. */
export function containerOf(service: Reader, { name, image, published, mounts = [] }: ContainerInput): Container {
  const env = environmentOf(service);
  const security = securityOf(service);
  const probe = service.has('healthcheck') ? probeOf(service.at('healthcheck')) : undefined;
  const resources = resourcesOf(service);
  const hostPorts = published.filter(({ host }) => host);
  const postStart = hookOf(service, 'post_start');
  const preStop = hookOf(service, 'pre_stop');
  return {
    name,
    image,
    ...pullPolicy(service),
    ...commandOf(service),
    ...(service.has('working_dir') && { workingDir: service.at('working_dir').text() }),
    ...(env.length > 0 && { env }),
    ...(hostPorts.length > 0 && {
      ports: hostPorts.map(({ target, published: hostPort, protocol }) => ({ containerPort: target, hostPort: hostPort!, protocol })),
    }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    ...(probe && { readinessProbe: probe }),
    ...(resources && { resources }),
    ...(Object.keys(security).length > 0 && { securityContext: security }),
    ...((postStart ?? preStop) && { lifecycle: { ...(postStart && { postStart }), ...(preStop && { preStop }) } }),
    ...(service.at('stdin_open').bool() && { stdin: true }),
    ...(service.at('tty').bool() && { tty: true }),
  };
}

/** Kubernetes' `command` is Docker's entrypoint; a `command` alone leaves that of the image. An empty entrypoint takes it away. */
function commandOf(service: Reader): Pick<Container, 'command' | 'args'> {
  const entrypoint = service.has('entrypoint') ? words(service.at('entrypoint')) : undefined;
  const command = service.has('command') ? words(service.at('command')) : undefined;
  if (entrypoint?.length === 0) {
    if (!command || command.length === 0) throw invalid(service.at('entrypoint').path, 'without an entrypoint a command is needed');
    return { command: command.map(literal) };
  }
  return {
    ...(entrypoint && { command: entrypoint.map(literal) }),
    ...(command && command.length > 0 && { args: command.map(literal) }),
  };
}

function environmentOf(service: Reader): EnvVar[] {
  return service
    .at('environment')
    .entries()
    .map(([name, value]) => ({ name, value: literal(value.text()) }));
}

const policies: Readonly<Record<string, string>> = {
  always: 'Always',
  missing: 'IfNotPresent',
  if_not_present: 'IfNotPresent',
  never: 'Never',
};

function pullPolicy(service: Reader): Pick<Container, 'imagePullPolicy'> {
  if (!service.has('pull_policy')) return {};
  const policy = service.at('pull_policy');
  if (policy.text() === 'build') return {};
  const imagePullPolicy = lookUp(policies, policy.text());
  if (imagePullPolicy === undefined) throw unsupported(policy.path, 'always, missing, never and build are');
  return { imagePullPolicy };
}

const SECURITY: Readonly<Record<string, SecurityContext>> = {
  'no-new-privileges': { allowPrivilegeEscalation: false },
  'no-new-privileges:true': { allowPrivilegeEscalation: false },
  'no-new-privileges=true': { allowPrivilegeEscalation: false },
  'no-new-privileges:false': {},
  'seccomp:unconfined': { seccompProfile: { type: 'Unconfined' } },
  'seccomp=unconfined': { seccompProfile: { type: 'Unconfined' } },
};

function securityOf(service: Reader): SecurityContext {
  const capability = (text: string): string => text.toUpperCase().replace(/^CAP_/, '');
  const [add, drop] = [service.at('cap_add').texts().map(capability), service.at('cap_drop').texts().map(capability)];
  const options = service
    .at('security_opt')
    .items()
    .map((option) => {
      const known = lookUp(SECURITY, option.text());
      if (!known) throw unsupported(option.path, 'no-new-privileges and seccomp:unconfined are');
      return known;
    });
  const seccomp = options.length === 0 && !service.at('privileged').bool() ? { seccompProfile: { type: 'RuntimeDefault' } } : {};
  return {
    ...userOf(service),
    ...seccomp,
    ...Object.assign({}, ...options),
    ...((add.length > 0 || drop.length > 0) && { capabilities: { ...(add.length > 0 && { add }), ...(drop.length > 0 && { drop }) } }),
    ...(service.at('privileged').bool() && { privileged: true }),
    ...(service.at('read_only').bool() && { readOnlyRootFilesystem: true }),
  };
}

function userOf(service: Reader): SecurityContext {
  if (!service.has('user')) return {};
  const user = service.at('user');
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user.text()) ?? [];
  if (uid === undefined) throw unsupported(user.path, 'a name is only known in the image: give its number, or set USER in the image');
  return { runAsUser: Number(uid), ...(gid !== undefined && { runAsGroup: Number(gid) }) };
}

/** compose-spec, "post_start", "pre_stop": Kubernetes has one command each, as the container itself would run it. */
function hookOf(service: Reader, key: 'post_start' | 'pre_stop'): { exec: { command: string[] } } | undefined {
  const [hook, more] = service.at(key).items();
  if (more) throw unsupported(more.path, 'of each hook one command is');
  if (!hook) return undefined;
  const command = words(hook.at('command')).map(literal);
  hook.done({ user: 'it runs as the container', privileged: '', working_dir: '', environment: '' });
  return { exec: { command } };
}

/** What a pod as a whole has of `sysctls` and `group_add`. */
export function podSecurity(service: Reader): PodSecurityContext | undefined {
  const sysctls = service
    .at('sysctls')
    .entries()
    .map(([name, value]) => ({ name, value: value.text() }));
  const supplementalGroups = service
    .at('group_add')
    .items()
    .map((group) => {
      if (!/^\d+$/.test(group.text())) throw unsupported(group.path, 'a name is only known in the image: give its number');
      return group.whole();
    });
  if (sysctls.length === 0 && supplementalGroups.length === 0) return undefined;
  return { ...(sysctls.length > 0 && { sysctls }), ...(supplementalGroups.length > 0 && { supplementalGroups }) };
}
