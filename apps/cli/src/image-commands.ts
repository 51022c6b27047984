import { join } from 'node:path';
import type { Command } from 'commander';
import {
  type CommandContext,
  EngineClient,
  type ImageContext,
  imageHistory,
  imageInspect,
  imageList,
  imagePrune,
  imagePull,
  imagePush,
  imageRemove,
  imageTrees,
  engineSocket,
} from '#cli';
import { loginFiles, readLogins } from './logins.ts';

interface Flags {
  socket?: string;
  node?: string;
  engine?: boolean;
  output?: string;
  all?: boolean;
  force?: boolean;
}

/** `berth image …`: images of a node, or of the engine without a cluster. */
export function imageCommands(program: Command, contextOf: (flags: Record<string, never>) => CommandContext): void {
  const image = program.command('image').description('images of a node or of the engine alone, and what their layers hold');
  const command = (usage: string, description: string): Command =>
    image
      .command(usage)
      .description(description)
      .option('--node <name>', 'of this node, the first unless given')
      .option('--engine', 'of "berth engine" on this machine')
      .option('--socket <path>', 'of whichever engine has this socket')
      .option('-o, --output <format>', 'json, yaml or wide');
  const open = async (flags: Flags): Promise<ImageContext> => {
    const { home, write, isTerminal } = contextOf({});
    return {
      engine: new EngineClient(await engineSocket({ home, environment: process.env, ...flags })),
      write,
      isTerminal,
      output: flags.output,
    };
  };
  command('ls', 'list images').action(async (flags: Flags) => imageList(await open(flags)));
  command('inspect <image...>', 'show what is known of images').action(async (names: string[], flags: Flags) =>
    imageInspect(await open(flags), names),
  );
  command('history <image>', 'show the steps that made an image').action(async (name: string, flags: Flags) =>
    imageHistory(await open(flags), name),
  );
  command('tree [image...]', 'show layers, who shares them, and files that travel in them unseen')
    .option('--all', 'each of those files')
    .action(async (names: string[], flags: Flags) => imageTrees(await open(flags), names, flags.all === true));
  command('rm <image...>', 'remove names, and images that have none left')
    .option('-f, --force', 'whoever uses it')
    .action(async (names: string[], flags: Flags) => imageRemove(await open(flags), names, flags.force === true));
  command('prune', 'remove images without a name that nobody uses')
    .option('-a, --all', 'those with a name too')
    .action(async (flags: Flags) => imagePrune(await open(flags), flags.all === true));
  command('pull <image>', 'fetch an image').action(async (name: string, flags: Flags) =>
    imagePull(await open(flags), name, await authorizationFor(name, contextOf({}).home)),
  );
  command('push <image>', 'send an image to its registry').action(async (name: string, flags: Flags) =>
    imagePush(await open(flags), name, await authorizationFor(name, contextOf({}).home)),
  );
}

/** Docker Engine API, "Authentication". Of the cluster's own registry, or what somebody logged in with. */
async function authorizationFor(name: string, home: string): Promise<string | undefined> {
  const [first = ''] = name.split('/');
  const host = name.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
  const login = (await readLogins([join(home, 'auth.json'), ...loginFiles(process.env)])).get(host);
  return login && Buffer.from(JSON.stringify({ ...login, serveraddress: host })).toString('base64url');
}
