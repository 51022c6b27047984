import { must, type Runner } from '../runner.ts';

/** The interface that has an address of the node. Throws an Error where none has. */
export async function deviceOf(ip: string, runner: Runner): Promise<string> {
  const shown = JSON.parse(await must(runner, ['ip', '-j', 'addr', 'show', 'to', ip])) as { ifname?: string }[];
  const device = shown.find(({ ifname }) => ifname !== undefined)?.ifname;
  if (device === undefined) throw new Error(`no interface of this node has the address ${ip}`);
  return device;
}

/** What frames need that are sent over it. */
export async function linkOf(device: string, runner: Runner): Promise<{ index: number; mac: string }> {
  const [link] = JSON.parse(await must(runner, ['ip', '-j', 'link', 'show', 'dev', device])) as [{ ifindex: number; address: string }];
  return { index: link.ifindex, mac: link.address };
}
