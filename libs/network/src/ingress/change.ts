import type { ProxyFiles } from './config.ts';
import type { Slots } from './slots.ts';

/** What a running proxy has been told. */
export interface Applied {
  /** With a generation of nothing and no endpoints: what only a new process can take in. */
  structure: ProxyFiles;
  slots: ReadonlyMap<string, Slots>;
}

export type ProxyChange = { do: 'reload' } | { do: 'tell'; commands: readonly string[] };

/** What it takes to bring a running proxy from one state to the next. Pure. */
export function proxyChange(before: Applied, next: Applied, directory: string): ProxyChange {
  if (!sameTexts(before.structure.texts, next.structure.texts)) return { do: 'reload' };
  const commands: string[] = [];
  for (const [backend, slots] of next.slots) {
    const old = before.slots.get(backend);
    if (old?.length !== slots.length) return { do: 'reload' };
    slots.forEach((endpoint, i) => {
      const was = old[i];
      const server = `${backend}/s${i}`;
      if (endpoint?.ip === was?.ip && endpoint?.port === was?.port) return;
      if (!endpoint) commands.push(`set server ${server} state maint`);
      else
        commands.push(
          `set server ${server} addr ${endpoint.ip} port ${endpoint.port}`,
          ...(was ? [] : [`set server ${server} state ready`]),
        );
    });
  }
  for (const [name, pem] of next.structure.pems) {
    if (before.structure.pems.get(name) === pem) continue;
    // A command has to fit into one buffer.
    if (pem.length > maxCommandBytes) return { do: 'reload' };
    commands.push(`set ssl cert ${directory}/${name} <<\n${pem}`, `commit ssl cert ${directory}/${name}`);
  }
  return { do: 'tell', commands };
}

const maxCommandBytes = 14_000;

function sameTexts(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, text]) => b.get(name) === text);
}
