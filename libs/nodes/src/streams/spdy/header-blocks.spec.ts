import { HeaderBlocks } from './header-blocks.ts';

describe('header blocks', () => {
  const open: HeaderBlocks[] = [];
  const ends = (): [HeaderBlocks, HeaderBlocks] => {
    open.push(new HeaderBlocks(), new HeaderBlocks());
    return [open.at(-2)!, open.at(-1)!];
  };
  afterEach(() => {
    for (const blocks of open.splice(0)) blocks.close();
  });

  it('come out as they went in, each in the state that the ones before have left', async () => {
    const [client, server] = ends();
    for (const headers of [{ streamtype: 'stdin' }, { streamtype: 'stdout', port: '80' }, {}, { ü: 'ß' }]) {
      const block = await client.encode(new Map(Object.entries(headers)));
      expect(Object.fromEntries(await server.decode(block))).toEqual(headers);
    }
  });

  it('have names in lower case', async () => {
    const [client, server] = ends();
    expect(await server.decode(await client.encode(new Map([['StreamType', 'Error']])))).toEqual(new Map([['streamtype', 'Error']]));
  });

  it('cannot be read out of their order', async () => {
    const [client, server] = ends();
    await client.encode(new Map([['a', 'first']]));
    await expect(server.decode(await client.encode(new Map([['a', 'second']])))).rejects.toThrow('incorrect header check');
  });

  it.each([
    ['no zlib', Buffer.from('what is this'), 'incorrect header check'],
    ['nothing', Buffer.alloc(0), 'outside buffer bounds'],
  ])('of %s are refused', async (_what, block, says) => {
    const [, server] = ends();
    await expect(server.decode(block)).rejects.toThrow(says);
  });

  it('that swell beyond all measure are refused', async () => {
    const [client, server] = ends();
    const block = await client.encode(
      new Map([
        ['a', 'x'.repeat(200 * 1024)],
        ['b', 'x'.repeat(100 * 1024)],
      ]),
    );
    expect(block.length).toBeLessThan(4096);
    await expect(server.decode(block)).rejects.toThrow('SPDY headers are too large');
  });

  it('that end before they have said all are refused', async () => {
    const [client, server] = ends();
    // One header is announced, and its name has no end.
    const short = await (client as unknown as { through(zlib: unknown, bytes: Buffer): Promise<Buffer> }).through(
      (client as unknown as { deflate: unknown }).deflate,
      Buffer.from([0, 0, 0, 1, 0, 0, 0]),
    );
    await expect(server.decode(short)).rejects.toThrow('out of range');
  });
});
