import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '#base';
import { type EngineContext, engineRestart, engineSettingsFrom, engineStart, engineStatus, engineStop, podSecondsFrom } from '#cli';
import { installation } from './installation.ts';

type Flags = Record<string, string | string[] | boolean | undefined>;

/** `berth engine …`: the Docker Engine API without a cluster. */
export function engineCommands(program: Command, setCode: (code: number) => void): void {
  const engine = program.command('engine').description('the Docker Engine API on this machine, without a cluster');
  engineFlags(engine.command('start', { isDefault: true }).description('start it; what ran before runs on')).action((flags: Flags) =>
    engineStart(contextOf(program, flags)),
  );
  engineFlags(engine.command('restart').description('start its process anew; containers run on')).action((flags: Flags) =>
    engineRestart(contextOf(program, flags)),
  );
  engine
    .command('stop')
    .description('end its containers and the engine')
    .option('--purge', 'remove its data too')
    .option('--grace-period <duration>', 'what each container gets at most to end in order, 10s unless given; 0 kills them')
    .action((flags: Flags & { gracePeriod?: string }) =>
      engineStop(contextOf(program, {}), { purge: flags.purge === true, seconds: podSecondsFrom(flags.gracePeriod ?? '10s', {}) }),
    );
  engine
    .command('status')
    .description('show whether it runs, and where')
    .action(async () => setCode((await engineStatus(contextOf(program, {}))) ? 0 : 1));
}

function engineFlags(command: Command): Command {
  return command
    .option('--name <name>', 'name prefix of what it makes on this machine: links, tables, cgroups (BERTH_ENGINE_NAME)')
    .option('--cidr <network>', 'addresses of its containers (BERTH_ENGINE_CIDR)')
    .option('--socket <path>', 'its socket, docker.sock in its home unless given (BERTH_ENGINE_SOCKET)')
    .option('--dns <addresses>', 'where containers ask for names, as this machine does unless given (BERTH_ENGINE_DNS)')
    .option('--registry-mirror <host=url>', 'where to pull instead of from a registry', repeated)
    .option(
      '--image-pull-allowed <hosts>',
      'hosts and networks that registries may send pulls to all the same (BERTH_ENGINE_IMAGE_PULL_ALLOWED)',
    )
    .option('--image-limits <limits>', 'bounds of images, such as layer=64Gi,image=128Gi,entries=1000000 (BERTH_ENGINE_IMAGE_LIMITS)');
}

const repeated = (value: string, former: string[] = []): string[] => [...former, value];

/** It lives beside clusters: `--home` counts where it is given, and `BERTH_HOME` is a cluster's. */
function contextOf(program: Command, flags: Flags): EngineContext {
  const { home, logLevel } = program.opts<{ home: string; logLevel: string }>();
  const isGiven = (option: string): boolean => program.getOptionValueSource(option) === 'cli';
  return {
    home: resolve(isGiven('home') ? home : (process.env.BERTH_ENGINE_HOME ?? '/var/lib/berth-engine')),
    given: { ...engineSettingsFrom(flags, process.env), ...(isGiven('logLevel') && { logLevel }) },
    installation,
    nodeBinary: process.execPath,
    clock: systemClock,
    write: (text) => process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
  };
}
