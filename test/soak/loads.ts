import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { api, image, lines, port, tls, until, watch } from '../bench/api.ts';

interface Load {
  atATime: number;
  /** One thing that comes and goes: in the namespace at `path`, under a name of its own. */
  round: (path: string, name: string) => Promise<void>;
}

const padding = 'x'.repeat(4096);
/** A load that leaves no processor for the rest would only be a benchmark. */
const pauseMs = 50;

export const loads: Record<string, Load> = {
  'pods with log and exec': { atATime: 3, round: pod },
  'config maps': { atATime: 4, round: configMap },
  watches: { atATime: 4, round: watchForAWhile },
};

async function pod(path: string, name: string): Promise<void> {
  const command = ['sh', '-c', 'echo begun; sleep 1000'];
  await api('POST', `${path}/pods`, {
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image, command }] },
  });
  await until(`${name} to run`, async () => (await api('GET', `${path}/pods/${name}`)).status?.phase === 'Running');
  await until(`the log of ${name}`, async () => (await api('GET', `${path}/pods/${name}/log`)) === 'begun\n');
  const following = lines(`${path}/pods/${name}/log?follow=true`, () => undefined);
  await following.open;
  const said = await exec(`${path}/pods/${name}/exec?stdout=true&command=echo&command=${name}`);
  if (said !== `${name}\n`) throw new Error(`exec in ${name} said ${JSON.stringify(said)}`);
  following.stop();
  await api('DELETE', `${path}/pods/${name}`);
  await until(`${name} to be gone`, () =>
    api('GET', `${path}/pods/${name}`).then(
      () => false,
      () => true,
    ),
  );
}

/** What the command writes to its standard output. KEP-4006: the first byte of a message is its channel, 3 has how it ended. */
function exec(path: string): Promise<string> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, ['v5.channel.k8s.io'], tls);
  return new Promise((resolve, reject) => {
    let out = '';
    socket.on('message', (data: Buffer) => {
      if (data[0] === 1) out += data.toString('utf8', 1);
    });
    socket.on('close', () => resolve(out));
    socket.on('error', reject);
  });
}

async function configMap(path: string, name: string): Promise<void> {
  await api('POST', `${path}/configmaps`, { metadata: { name }, data: { padding } });
  await api('PATCH', `${path}/configmaps/${name}`, { data: { more: padding } }, 'application/merge-patch+json');
  await api('DELETE', `${path}/configmaps/${name}`);
  await sleep(pauseMs);
}

async function watchForAWhile(path: string): Promise<void> {
  const { metadata } = await api('GET', `${path}/configmaps?limit=1`);
  const watches = ['configmaps', 'pods', 'events'].map((plural) => watch(`${path}/${plural}?watch=true`, () => undefined));
  const resumed = watch(`${path}/configmaps?watch=true&resourceVersion=${metadata.resourceVersion}`, ({ type, object }) => {
    if (type === 'ERROR') throw new Error(`a watch from ${metadata.resourceVersion} was refused: ${object.message}`);
  });
  await Promise.all([...watches, resumed].map(({ open }) => open));
  await sleep(10 * pauseMs);
  for (const { stop } of [...watches, resumed]) stop();
}
