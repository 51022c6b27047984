import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { systemClock } from '#base';
import {
  type CommandContext,
  down,
  nodeStart,
  nodeStop,
  podSecondsFrom,
  PreflightError,
  registrySecret,
  settingsFrom,
  status,
  supervise,
  up,
  UsageError,
} from '#cli';
import { createLogger } from '#telemetry';
import { buildCommand } from './build-command.ts';
import { buildImage } from './build-image.ts';
import { composeCommands } from './compose-commands.ts';
import { engineCommands } from './engine-commands.ts';
import { imageCommands } from './image-commands.ts';
import { installation } from './installation.ts';
import { becomeRegistry } from './registry-alone.ts';

type Flags = Record<string, string | string[] | boolean | undefined>;

/** The `berth` command. Answers the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram((failed) => {
    code = failed;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (err) {
    return explain(err);
  }
}

function createProgram(setCode: (code: number) => void): Command {
  const program = new Command('berth')
    .description('A Kubernetes-API-compatible container orchestrator')
    .exitOverride()
    .option('--home <dir>', 'where the cluster lives (BERTH_HOME)', process.env.BERTH_HOME ?? '/var/lib/berth')
    .option('--log-level <level>', 'how much to log', 'info');
  clusterFlags(program.command('up').description('make and start the cluster of this machine'))
    .option('--no-demo', 'leave the demo service out')
    .action((flags: Flags) => up(contextOf(program, flags), { demo: flags.demo !== false }));
  program
    .command('down')
    .description('stop the cluster')
    .option('--purge', 'remove its data too')
    .option('--grace-period <duration>', 'what pods get at most to end in order; 0 kills them (BERTH_GRACE_PERIOD)')
    .action((flags: Flags & { gracePeriod?: string }) =>
      down(contextOf(program, flags), { purge: flags.purge === true, podSeconds: podSecondsFrom(flags.gracePeriod, process.env) }),
    );
  program
    .command('status')
    .description('show parts and nodes')
    .action(async (flags: Flags) => setCode((await status(contextOf(program, flags))) ? 0 : 1));
  const node = program.command('node').description('take a node down and bring it back');
  node
    .command('stop <node>')
    .option('--grace-period <time>', 'end its pods in order and for good, such as 30s; a power cut unless given')
    .action((name: string, flags: Flags & { gracePeriod?: string }) => nodeStop(contextOf(program, flags), name, flags.gracePeriod));
  node.command('start <node>').action((name: string, flags: Flags) => nodeStart(contextOf(program, flags), name));
  buildCommand(program, setCode, () => contextOf(program, {}));
  engineCommands(program, setCode);
  imageCommands(program, (flags) => contextOf(program, flags));
  composeCommands(program, (flags) => contextOf(program, flags));
  program
    .command('registry-secret <namespace>')
    .description('give a namespace the login of the cluster’s registry, for builders in pods')
    .action((namespace: string, flags: Flags) => registrySecret(contextOf(program, flags), namespace));
  program
    .command('registry')
    .description('serve the registry alone, without a cluster; its flags: berth registry --help')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_flags: Flags, command: Command) => becomeRegistry(installation, command.args));
  program.command('supervise', { hidden: true }).action((flags: Flags) => supervise(contextOf(program, flags)));
  return program;
}

/** One value each time, as with docker: `-t a -t b ./dir`. */
function repeated(value: string, former: string[] = []): string[] {
  return [...former, value];
}

function clusterFlags(command: Command): Command {
  return command
    .option('--name <name>', 'name prefix of everything the cluster makes (BERTH_NAME)')
    .option('--nodes <number>', 'number of nodes (BERTH_NODES)')
    .option('--port-offset <number>', 'added to every port (BERTH_PORT_OFFSET)')
    .option('--node-cidr <network>', 'network of the nodes (BERTH_NODE_CIDR)')
    .option('--pod-cidr <network>', 'network of the pods, or two, IPv4 and IPv6, with a comma (BERTH_POD_CIDR)')
    .option('--service-cidr <network>', 'network of the services (BERTH_SERVICE_CIDR)')
    .option('--node-monitor-grace-period <seconds>', 'silence after which a node is NotReady (BERTH_NODE_MONITOR_GRACE_PERIOD)')
    .option('--node-share <part>', 'what of this machine each node has, such as 1/3 or 1 (BERTH_NODE_SHARE)')
    .option('--image-pull-allowed <hosts>', 'hosts and networks that registries may send pulls to all the same (BERTH_IMAGE_PULL_ALLOWED)')
    .option('--image-limits <limits>', 'bounds of images, such as layer=64Gi,image=128Gi,entries=1000000 (BERTH_IMAGE_LIMITS)')
    .option('--set <part.flag=value>', 'a flag of a part, such as agent.pod-max-pids=1024 (BERTH_SET)', repeated)
    .option('--redis-url <url>', 'use this Redis instead of a private one (BERTH_REDIS_URL)');
}

function contextOf(program: Command, flags: Flags): CommandContext {
  const { home, logLevel } = program.opts<{ home: string; logLevel: string }>();
  const dashed = Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`), value]),
  );
  return {
    home: resolve(home),
    given: settingsFrom(dashed, process.env),
    installation,
    nodeBinary: process.execPath,
    clock: systemClock,
    logger: createLogger('berth', { level: logLevel }),
    write: (text) => process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    buildImage,
  };
}

function explain(err: unknown): number {
  if (err instanceof CommanderError) return err.exitCode === 0 ? 0 : 2;
  const message = err instanceof Error ? err.message : String(err);
  process.stderr.write(`berth: ${message}\n`);
  if (err instanceof PreflightError) process.stderr.write(`mend it: ${err.mend}\n`);
  if (process.env.BERTH_DEBUG && err instanceof Error) process.stderr.write(`${err.stack}\n`);
  return err instanceof UsageError ? 2 : 1;
}
