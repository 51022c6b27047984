import type { Status } from '#api';
import { nextTurn } from '#base';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { pair, SpdyClient } from '../testing/spdy-client.ts';
import type { CommandStreams } from './command-client.ts';
import { spdyCommand } from './spdy-command.ts';

const all: CommandStreams = { stdin: true, stdout: true, stderr: true, tty: false };

function begin(streams: CommandStreams = all, protocol = 'v4.channel.k8s.io') {
  const [near, far] = pair();
  const clock = new ManualClock();
  const command = spdyCommand(near, Buffer.alloc(0), { protocol, streams, clock, logger: silentLogger });
  far.on('end', () => far.end());
  return { command, client: new SpdyClient(far), clock, near, far };
}

const openAll = async (client: SpdyClient, ...types: string[]): Promise<void> => {
  for (const [i, streamtype] of types.entries()) await client.open(2 * i + 1, { streamtype });
};

describe('what a client has to open', () => {
  it.each<{ name: string; streams: CommandStreams; protocol?: string; types: string[] }>([
    { name: 'what it asked for', streams: all, types: ['error', 'stdin', 'stdout', 'stderr'] },
    { name: 'no more than that', streams: { ...all, stdin: false, stderr: false }, types: ['error', 'stdout'] },
    { name: 'a terminal, which has one output and a size', streams: { ...all, tty: true }, types: ['error', 'stdin', 'stdout', 'resize'] },
    { name: 'a terminal before v3', streams: { ...all, tty: true }, protocol: 'v2.channel.k8s.io', types: ['error', 'stdin', 'stdout'] },
  ])('$name', async ({ streams, protocol, types }) => {
    const { command, client, far, clock } = begin(streams, protocol);
    await openAll(client, ...types.slice(0, -1));
    let isOpen = false;
    void command.then(() => (isOpen = true));
    await nextTurn();
    expect(isOpen).toBe(false);
    await client.open(2 * types.length + 1, { streamtype: types.at(-1)! });
    await command;
    expect(clock.pending).toBe(0);
    far.end();
  });

  it('within thirty seconds', async () => {
    const { command, client, clock } = begin();
    const refused = command.catch((err: Error) => err.message);
    await openAll(client, 'error', 'stdin');
    await clock.advance(30_000);
    expect(await refused).toBe('timed out waiting for client to create streams');
  });

  it('before it goes away', async () => {
    const { command, far } = begin();
    far.end();
    await expect(command).rejects.toThrow('the client went away before it had opened its streams');
  });

  it('once, and nothing else: others are reset', async () => {
    const { command, client, far } = begin({ ...all, stdin: false, stderr: false });
    await openAll(client, 'error', 'error', 'stdin', 'stdout');
    await command;
    expect(client.received.filter((what) => what === 'control 3')).toHaveLength(2);
    far.end();
  });
});

it('input, its end and sizes are events, until the client goes', async () => {
  const { command, client, far } = begin({ ...all, tty: true });
  await openAll(client, 'error', 'stdin', 'stdout', 'resize');
  const { events } = await command;
  client.send(3, 'hello');
  client.send(7, '{"Width":80,"Height":24}');
  client.send(3, '', true);
  const seen: unknown[] = [];
  for await (const event of events) {
    seen.push('data' in event ? { ...event, data: event.data.toString() } : event);
    if (seen.length === 3) far.end();
  }
  expect(seen).toEqual(
    expect.arrayContaining([{ do: 'input', data: 'hello' }, { do: 'resize', columns: 80, rows: 24 }, { do: 'end-input' }]),
  );
});

it.each<{ protocol: string; status: Partial<Status>; last: string[] }>([
  { protocol: 'v4.channel.k8s.io', status: { status: 'Success' }, last: ['data 1 {"status":"Success"}', 'data 1 fin'] },
  { protocol: 'v3.channel.k8s.io', status: { status: 'Success' }, last: ['data 1 fin'] },
  {
    protocol: 'channel.k8s.io',
    status: { status: 'Failure', message: 'no' },
    last: ['data 1 error executing command in container: no', 'data 1 fin'],
  },
])('$protocol: after all output comes how it ended: $status', async ({ protocol, status, last }) => {
  const { command, client } = begin({ ...all, stdin: false }, protocol);
  await openAll(client, 'error', 'stdout', 'stderr');
  const opened = await command;
  await opened.write('stdout', Buffer.from('out'));
  await opened.write('stderr', Buffer.from('err'));
  await opened.finish(status as Status);
  while (!client.received.includes('control 7')) await nextTurn();
  const data = client.received.filter((what) => what.startsWith('data'));
  expect(data.slice(0, 4)).toEqual(['data 3 out', 'data 5 err', 'data 3 fin', 'data 5 fin']);
  expect(data.slice(4)).toEqual(last);
});
