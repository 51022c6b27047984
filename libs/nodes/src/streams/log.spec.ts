import { jest } from '@jest/globals';
import { nextTurn } from '#base';
import { ManualClock } from '#base/testing';
import type { HttpSink } from '#api-server/contract';
import { Channel } from '#api-server';
import { frame, pod, StreamServer, success } from '../testing/stream-server.ts';

const streams = new StreamServer(new ManualClock('2026-01-01T00:00:00Z'));
beforeAll(() => streams.listen());
afterAll(() => streams.close());
beforeEach(() => streams.reset());

describe('the log of a container', () => {
  const log = async (query: string) => {
    const answer = await streams.handlers['pods/log']?.(streams.requestOf({ url: `/log?${query}`, method: 'GET', headers: {} }));
    if (!answer || typeof answer.body !== 'function') return answer?.body.toString();
    const out: string[] = [];
    const sink: HttpSink = {
      write: (chunk) => out.push(chunk.toString()) > 0,
      drained: async () => {},
      pendingBytes: 0,
      signal: new AbortController().signal,
    };
    await answer.body(sink);
    return out.join('');
  };

  it('passes the options on and copies what comes', async () => {
    streams.node.say(
      frame(Channel.CHANNEL_STDOUT, 'one\n'),
      frame(Channel.CHANNEL_STDOUT, 'two\n'),
      frame(Channel.CHANNEL_STATUS, JSON.stringify(success)),
    );
    expect(await log('tailLines=2&timestamps=true&follow')).toBe('one\ntwo\n');
    expect(streams.asked[0]?.what).toEqual({
      $case: 'log',
      value: {
        container: 'main',
        follow: true,
        previous: false,
        timestamps: true,
        tailLines: 2n,
        limitBytes: undefined,
        sinceTime: '',
        stream: '',
      },
    });
  });

  it.each([
    { query: 'stream=Stderr', stream: 'stderr' },
    { query: 'stream=Stdout', stream: 'stdout' },
    { query: 'stream=All&tailLines=1', stream: '' },
  ])('asks the node for one stream (KEP-3288): $query', async ({ query, stream }) => {
    streams.node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
    await log(query);
    expect(streams.asked[0]?.what).toMatchObject({ value: { stream } });
  });

  it.each([
    { query: '', sinceTime: '' },
    { query: 'sinceTime=2026-01-01T00:00:00Z', sinceTime: '2026-01-01T00:00:00Z' },
    { query: 'sinceSeconds=90', sinceTime: '2025-12-31T23:58:30.000Z' },
  ])('asks for what is younger: $query', async ({ query, sinceTime }) => {
    streams.node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
    await log(query);
    expect(streams.asked[0]?.what).toMatchObject({ value: { sinceTime } });
  });

  it('is what both streams say, and ends where the node fails', async () => {
    const failure = { ...success, status: 'Failure', message: 'lost' };
    streams.node.say(frame(Channel.CHANNEL_STDOUT, 'out '), frame(Channel.CHANNEL_STDERR, 'err'), frame(9, 'neither'));
    streams.node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(failure)), frame(Channel.CHANNEL_STDOUT, 'late'));
    expect(await log('')).toBe('out err');
  });

  it('waits for a reader that takes nothing, and ends with it', async () => {
    streams.node.say(frame(Channel.CHANNEL_STDOUT, 'one'), frame(Channel.CHANNEL_STDOUT, 'two'));
    const answer = await streams.handlers['pods/log']!(streams.requestOf({ url: '/log', method: 'GET', headers: {} }));
    const [gone, room, written] = [new AbortController(), Promise.withResolvers<void>(), [] as string[]];
    const drained = jest.fn(() => room.promise);
    const sink: HttpSink = { write: (chunk) => written.push(chunk.toString()) < 0, drained, pendingBytes: 0, signal: gone.signal };
    const copied = (answer!.body as (sink: HttpSink) => Promise<void>)(sink);
    while (drained.mock.calls.length === 0) await nextTurn();
    expect(written).toEqual(['one']);
    gone.abort();
    room.resolve();
    await copied;
    expect(written).toEqual(['one']);
  });

  it('is empty before the pod has a node', async () => {
    streams.object = pod({ spec: { containers: [{ name: 'main' }] } });
    expect(await log('')).toBe('');
  });

  const two = { spec: { nodeName: 'n1', containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'i' }] } };
  const waiting = (reason: string) => ({ status: { containerStatuses: [{ name: 'main', state: { waiting: { reason } } }] } });
  it.each([
    {
      query: '',
      object: two,
      says: 'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]',
    },
    { query: 'container=z', object: {}, says: 'container z is not valid for pod p' },
    { query: '', object: waiting('ContainerCreating'), says: 'container "main" in pod "p" is waiting to start: ContainerCreating' },
    {
      query: '',
      object: waiting('ImagePullBackOff'),
      says: 'container "main" in pod "p" is waiting to start: trying and failing to pull image',
    },
    { query: 'previous=true', object: {}, says: 'previous terminated container "main" in pod "p" not found' },
    {
      query: 'tailLines=-1',
      object: {},
      says: 'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      query: 'stream=stderr',
      object: {},
      says: 'stream: Unsupported value: "stderr": supported values: "All", "Stderr", "Stdout"',
    },
    { query: 'stream=', object: {}, says: 'stream: Unsupported value: ""' },
    {
      query: 'stream=Stdout&tailLines=3',
      object: {},
      says: 'Forbidden: `tailLines` and specific `stream` are mutually exclusive for now',
    },
    { query: 'limitBytes=0', object: {}, says: 'limitBytes: Invalid value: 0: must be greater than 0' },
    { query: 'sinceSeconds=0', object: {}, says: 'sinceSeconds: Invalid value: 0: must be greater than 0' },
    {
      query: 'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
      object: {},
      says: 'at most one of `sinceTime` or `sinceSeconds` may be specified',
    },
    { query: 'sinceSeconds=1&sinceTime=', object: {}, says: 'at most one of `sinceTime` or `sinceSeconds` may be specified' },
    { query: 'sinceTime=Jan+1+2026', object: {}, says: 'parsing time "Jan 1 2026" as "2006-01-02T15:04:05Z07:00": cannot parse' },
    { query: 'tailLines=x', object: {}, says: 'strconv.ParseInt: parsing "x": invalid syntax' },
  ])('refuses: $says', async ({ query, object, says }) => {
    streams.object = pod(object);
    await expect(log(query)).rejects.toThrow(says);
  });
});
