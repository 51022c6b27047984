import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { BuildError } from '#builder/contract';
import { type CommandContext, imageRules, UsageError } from '#cli';
import type { BuildFlags } from './build-flags.ts';

type Flags = BuildFlags & { quiet?: boolean; iidfile?: string };

/** `berth build`, with the flags of `docker buildx build` that have a meaning here. */
export function buildCommand(program: Command, setCode: (code: number) => void, contextOf: () => CommandContext): void {
  program
    .command('build <context>')
    .description('build an image from a Dockerfile and push it; the context is a folder, a Git repository or the address of an archive')
    .option('-t, --tag <name>', 'name and tag of the image, with its registry', repeated)
    .option('-f, --file <path>', 'the Dockerfile, <context>/Dockerfile unless given')
    .option('--target <stage>', 'the stage to build')
    .option('--build-arg <name=value>', 'values for ARG', repeated)
    .option('--label <name=value>', 'labels of the image', repeated)
    .option('--build-context <name=folder>', 'what FROM and --from mean by a name; docker-image://IMAGE too', repeated)
    .option('--secret <fields>', 'for RUN --mount=type=secret: id=NAME,src=FILE or id=NAME,env=NAME', repeated)
    .option('--ssh <id[=socket]>', 'for RUN --mount=type=ssh: the agent of SSH_AUTH_SOCK, or of that socket', repeated)
    .option('--platform <platforms>', 'platforms of the image, such as linux/amd64,linux/arm64; several make an index', repeated)
    .option('--network <mode>', 'of RUN: default or none')
    .option('--add-host <name:address>', 'more names in /etc/hosts of RUN', repeated)
    .option('--ulimit <name=soft[:hard]>', 'limits of RUN', repeated)
    .option('--shm-size <bytes>', 'of /dev/shm of RUN')
    .option('--allow <entitlement>', 'what the Dockerfile may ask for: security.insecure, network.host', repeated)
    .option('--cache-from <source>', 'use what others have built: an image, or type=local,src=FOLDER', repeated)
    .option('--cache-to <target>', 'leave it for others: type=registry,ref=IMAGE[,mode=max], type=local,dest=FOLDER, type=inline', repeated)
    .option('--compression <name>', 'how layers are pushed: gzip, which everybody reads, or zstd')
    .option('--progress <form>', 'auto, plain, tty or quiet')
    .option('--check', 'say what could be better in the Dockerfile, and build nothing')
    .option('--pull', 'ask registries for bases that are here')
    .option('--no-cache', 'build every step anew')
    .option('--no-push', 'leave the image in the builder’s store')
    .option('-q, --quiet', 'print the image id alone')
    .option('--iidfile <path>', 'write the image id to a file')
    .action(async (dir: string, flags: Flags) => setCode(await build(contextOf(), dir, flags)));
}

/** One value each time, as with docker: `-t a -t b ./dir`. */
function repeated(value: string, former: string[] = []): string[] {
  return [...former, value];
}

async function build(context: CommandContext, dir: string, flags: Flags): Promise<number> {
  const { buildRequestOf, isRemoteContext } = await import('./build-flags.ts');
  const request = buildRequestOf(flags, process.env);
  const remote = isRemoteContext(dir);
  const dockerfile = flags.file === undefined ? undefined : remote ? flags.file : resolve(flags.file);
  if (flags.check) return check(context, dockerfile ?? join(resolve(dir), 'Dockerfile'));
  const progress = await progressOf(context, flags);
  try {
    const { digest } = await context.buildImage({
      ...request,
      contextDir: remote ? dir : resolve(dir),
      ...(dockerfile !== undefined && { dockerfile }),
      storeDir: resolve(context.home, 'build'),
      mirrors: [],
      authFile: resolve(context.home, 'auth.json'),
      images: await imageRules(context),
      output: progress.output,
      ...(progress.report && { report: progress.report }),
    });
    progress.end();
    if (flags.iidfile !== undefined) await writeFile(flags.iidfile, digest);
    context.write(`${digest}\n`);
    return 0;
  } catch (err) {
    progress.end();
    if (!(err instanceof BuildError)) throw err;
    process.stderr.write(`${err.excerpt}ERROR: failed to build: ${err.message}\n`);
    return 1;
  }
}

async function progressOf(context: CommandContext, { progress = 'auto', quiet = false }: Flags): Promise<Progress> {
  if (!['auto', 'plain', 'tty', 'quiet'].includes(progress))
    throw new UsageError(`--progress ${progress}: must be auto, plain, tty or quiet`);
  if (quiet || progress === 'quiet') return { output: () => undefined, end: () => undefined };
  if (progress === 'plain' || (progress === 'auto' && !context.isTerminal)) return { output: context.write, end: () => undefined };
  const { TerminalProgress } = await import('./terminal-progress.ts');
  const { clock } = context;
  const drawn = new TerminalProgress(
    context.write,
    () => process.stdout.columns || 80,
    () => clock.monotonicMs(),
  );
  const ended = new AbortController();
  void (async () => {
    for await (const _now of clock.every(500, ended.signal)) drawn.tick();
  })();
  return {
    output: () => undefined,
    report: (event) => drawn.report(event),
    end: () => {
      ended.abort();
      drawn.end();
    },
  };
}

interface Progress {
  output: (text: string) => void;
  report?: NonNullable<Parameters<CommandContext['buildImage']>[0]['report']>;
  end: () => void;
}

async function check(context: CommandContext, path: string): Promise<number> {
  const { checkFile } = await import('#builder');
  const { text, count } = await checkFile(path);
  context.write(text);
  return count === 0 ? 0 : 1;
}
