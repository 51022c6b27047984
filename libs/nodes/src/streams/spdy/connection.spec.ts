import { nextTurn } from '#base';
import { silentLogger } from '#telemetry';
import { pair, SpdyClient } from '../../testing/spdy-client.ts';
import { SpdyConnection, type SpdyStream } from './connection.ts';
import { controlFrame, FrameType, words } from './frames.ts';

describe('SPDY/3.1', () => {
  it('opens streams, replies first, carries data both ways and ends each direction apart', async () => {
    const [near, far] = pair();
    const streams: SpdyStream[] = [];
    const connection = new SpdyConnection(
      near,
      (stream) => {
        streams.push(stream);
        if (stream.headers.get('streamtype') !== 'stdin') return;
        let input = '';
        stream.on('data', (chunk: Buffer) => (input += chunk.toString()));
        stream.on('end', () =>
          streams.find((each) => each.headers.get('streamtype') === 'stdout')?.end(`got ${input}`, () => connection.close()),
        );
      },
      silentLogger,
    );
    const done = connection.run(Buffer.alloc(0));
    const client = new SpdyClient(far);
    await client.open(1, { streamtype: 'stdout' });
    await client.open(3, { streamtype: 'stdin' });
    client.send(3, 'abc');
    client.send(3, 'def', true);
    far.on('end', () => far.end());
    await done;
    expect(streams.map((stream) => [stream.id, stream.headers.get('streamtype')])).toEqual([
      [1, 'stdout'],
      [3, 'stdin'],
    ]);
    expect(client.received).toEqual(['control 2', 'control 2', 'data 1 got abcdef', 'data 1 fin', 'control 7']);
  });

  it('answers pings and ends with the connection', async () => {
    const [near, far] = pair();
    const connection = new SpdyConnection(near, () => {}, silentLogger);
    const done = connection.run(Buffer.alloc(0));
    const client = new SpdyClient(far);
    far.write(controlFrame(FrameType.ping, 0, words(1)));
    far.end();
    await done;
    expect(client.received).toEqual(['control 6']);
    expect(near.destroyed).toBe(true);
  });

  const refused = async (...opened: number[]): Promise<{ ids: number[]; received: string[]; ended: boolean }> => {
    const [near, far] = pair();
    const ids: number[] = [];
    const connection = new SpdyConnection(near, ({ id }) => ids.push(id), silentLogger);
    const done = connection.run(Buffer.alloc(0));
    const client = new SpdyClient(far);
    for (const id of opened) await client.open(id, {});
    far.end();
    await done;
    return { ids, received: client.received, ended: near.destroyed };
  };

  it.each([
    { name: 'even ids are the server’s', opened: [2], ids: [] },
    { name: 'ids go up', opened: [3, 1], ids: [3] },
    { name: 'no id comes twice', opened: [1, 1], ids: [1] },
    { name: 'ids may be left out', opened: [1, 9], ids: [1, 9] },
  ])('$name', async ({ opened, ids }) => expect((await refused(...opened)).ids).toEqual(ids));

  it('takes no more streams than it can hold, and resets the others', async () => {
    const ids = Array.from({ length: 4097 }, (_, i) => 2 * i + 1);
    const { ids: accepted, received } = await refused(...ids);
    expect(accepted).toHaveLength(4096);
    expect(received.filter((what) => what === 'control 3')).not.toEqual([]);
  });

  it('a stream that is reset by its client is destroyed, and others live', async () => {
    const [near, far] = pair();
    const streams: SpdyStream[] = [];
    const connection = new SpdyConnection(near, (stream) => streams.push(stream), silentLogger);
    const done = connection.run(Buffer.alloc(0));
    const client = new SpdyClient(far);
    await client.open(1, {});
    await client.open(3, {});
    far.write(controlFrame(FrameType.rstStream, 0, words(1, 5)));
    far.write(controlFrame(FrameType.ping, 0, words(1)));
    while (!client.received.includes('control 6')) await nextTurn();
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    far.end();
    await done;
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});
