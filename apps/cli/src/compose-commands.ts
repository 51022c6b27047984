import type { Command } from 'commander';
import {
  type CommandContext,
  composeConfig,
  type ComposeContext,
  composeConvert,
  composeDown,
  composeLifecycle,
  composeLogs,
  composePs,
  composeUp,
  UsageError,
} from '#cli';

interface Flags {
  projectName?: string;
  projectDirectory?: string;
  envFile?: string[];
  profile?: string[];
  namespace?: string;
  hostPaths?: boolean;
  scale?: string[];
  service?: string[];
  output?: string;
}

const repeated = (value: string, former: string[] = []): string[] => [...former, value];

/** `berth compose …`: a Compose file in the cluster. */
export function composeCommands(program: Command, contextOf: (flags: Record<string, never>) => CommandContext): void {
  const compose = program.command('compose').description('run a Compose file in the cluster');
  const command = (name: string, description: string): Command =>
    compose
      .command(`${name} [file...]`)
      .description(description)
      .option('-p, --project-name <name>', 'name of the project (COMPOSE_PROJECT_NAME)')
      .option('--project-directory <dir>', 'what paths are relative to, the folder of the first file unless given')
      .option('--env-file <path>', 'variables instead of those in .env', repeated)
      .option('--profile <name>', 'a profile that is on, * for all (COMPOSE_PROFILES)', repeated)
      .option('--namespace <name>', 'an existing namespace instead of one of the project’s own')
      .option('--host-paths', 'allow bind mounts, as paths of whichever node a service runs on');
  const context: Context = (files, flags) => composeContext(contextOf({}), files, flags);
  some(command('up', 'bring a project up, and wait until it is healthy'))
    .option('-d, --detach', 'wait for what services depend on alone')
    .option('--wait', 'wait until all is healthy, as without --detach')
    .option('--no-build', 'leave images as they are')
    .option('--remove-orphans', 'remove services that the file has no more')
    .option('--scale <service=number>', 'another number of replicas', repeated)
    .option('--wait-timeout <seconds>', 'how long to wait for a service', '300')
    .action(
      (
        files: string[],
        flags: Flags & { detach?: boolean; wait?: boolean; build?: boolean; removeOrphans?: boolean; waitTimeout: string },
      ) =>
        composeUp(context(files, flags), {
          detach: flags.detach === true && flags.wait !== true,
          build: flags.build !== false,
          removeOrphans: flags.removeOrphans === true,
          services: flags.service ?? [],
          timeoutSeconds: seconds('wait-timeout', flags.waitTimeout),
        }),
    );
  command('down', 'end and remove the services of a project')
    .option('-v, --volumes', 'remove its volumes too')
    .option('--remove-orphans', 'they go in any case')
    .action((files: string[], flags: Flags & { volumes?: boolean }) =>
      composeDown(context(files, flags), { volumes: flags.volumes === true }),
    );
  lookCommands(command, context);
}

type Context = (files: string[], flags: Flags) => ComposeContext;

const some = (to: Command): Command => to.option('--service <name>', 'this service, and whom it needs; all unless given', repeated);

function lookCommands(command: (name: string, description: string) => Command, context: Context): void {
  command('ps', 'show what runs')
    .option('-a, --all', 'what has ended too')
    .option('-o, --output <format>', 'json, yaml or wide')
    .action((files: string[], flags: Flags & { all?: boolean }) =>
      composePs(context(files, flags), { all: flags.all === true, ...(flags.output !== undefined && { output: flags.output }) }),
    );
  some(command('logs', 'show what services print'))
    .option('-f, --follow', 'go on')
    .option('-n, --tail <lines>', 'the last lines of each')
    .option('--since <seconds>', 'of so many seconds')
    .option('-t, --timestamps', 'with their times')
    .option('--no-log-prefix', 'without the name of the pod')
    .action(
      (files: string[], flags: Flags & { follow?: boolean; tail?: string; since?: string; timestamps?: boolean; logPrefix?: boolean }) =>
        composeLogs(context(files, flags), {
          follow: flags.follow === true,
          timestamps: flags.timestamps === true,
          prefix: flags.logPrefix !== false,
          services: flags.service ?? [],
          ...(flags.tail !== undefined && { tail: flags.tail }),
          ...(flags.since !== undefined && { since: String(seconds('since', flags.since.replace(/s$/, ''))) }),
        }),
    );
  for (const verb of ['stop', 'start', 'restart'] as const)
    some(command(verb, `${verb} services`)).action((files: string[], flags: Flags) =>
      composeLifecycle(context(files, flags), verb, flags.service ?? []),
    );
  command('config', 'print the file as it is after merging')
    .option('-o, --output <format>', 'yaml or json')
    .action((files: string[], flags: Flags) => composeConfig(context(files, flags), flags.output));
  command('convert', 'print the objects that up makes')
    .option('-o, --output <format>', 'yaml or json')
    .action((files: string[], flags: Flags) => composeConvert(context(files, flags), flags.output));
}

function seconds(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`--${flag} ${text}: must be a number of seconds`);
}

function composeContext(context: CommandContext, files: string[], flags: Flags): ComposeContext {
  const { projectName, projectDirectory, envFile, profile = [], namespace, scale = [] } = flags;
  return {
    ...context,
    flags: {
      files,
      profiles: profile,
      scale,
      hostPaths: flags.hostPaths === true,
      ...(projectName !== undefined && { projectName }),
      ...(projectDirectory !== undefined && { projectDirectory }),
      ...(envFile && { envFiles: envFile }),
      ...(namespace !== undefined && { namespace }),
    },
    directory: process.cwd(),
    environment: process.env,
    warn: (text) => process.stderr.write(`warning: ${text}\n`),
  };
}
