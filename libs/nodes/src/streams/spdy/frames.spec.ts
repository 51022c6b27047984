import { controlFrame, dataFrame, FrameReader, FrameType, flagFin, words } from './frames.ts';

it('puts frames together from pieces of any size', () => {
  const bytes = Buffer.concat([
    dataFrame(1, 0, Buffer.from('hello')),
    controlFrame(FrameType.ping, 0, words(7)),
    dataFrame(3, flagFin, Buffer.alloc(0)),
  ]);
  for (const size of [1, 3, 9, bytes.length]) {
    const reader = new FrameReader(1024);
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)));
    const data = frames.filter((each) => !each.control).map(({ streamId, body }) => [streamId, body.toString()]);
    const texts = Object.groupBy(data, ([id]) => String(id));
    expect(Object.entries(texts).map(([id, parts]) => [id, parts!.map(([, text]) => text).join('')])).toEqual([
      ['1', 'hello'],
      ['3', ''],
    ]);
    expect(frames.filter(({ control }) => control)).toEqual([{ control: true, type: FrameType.ping, flags: 0, body: words(7) }]);
    expect(frames.at(-1)).toEqual({ control: false, streamId: 3, flags: flagFin, body: Buffer.alloc(0) });
  }
});

it('passes data on as it comes, whatever length its frame has, and keeps none of it', () => {
  const reader = new FrameReader(1024);
  const bytes = dataFrame(1, flagFin, Buffer.alloc(8 << 20));
  let [pieces, length] = [0, 0];
  for (let at = 0; at < bytes.length; at += 16_384) {
    for (const { body } of reader.push(bytes.subarray(at, at + 16_384))) [pieces, length] = [pieces + 1, length + body.length];
    expect(length).toBe(Math.min(at + 16_384, bytes.length) - 8);
  }
  expect(pieces).toBeGreaterThan(500);
});

it('refuses another version and control frames that are too large', () => {
  expect(() => [...new FrameReader(1024).push(words(0x80020001, 0))]).toThrow('SPDY version 2');
  expect(() => [...new FrameReader(4).push(controlFrame(FrameType.headers, 0, Buffer.from('hello')))]).toThrow('too large');
});

it.each([
  ['control', controlFrame(FrameType.ping, 0, words(7)), '80 03 00 06 00 00 00 04 00 00 00 07'],
  ['control with flags', controlFrame(FrameType.synStream, flagFin, Buffer.alloc(0)), '80 03 00 01 01 00 00 00'],
  ['data', dataFrame(3, 0, Buffer.from('ab')), '00 00 00 03 00 00 00 02 61 62'],
  ['data, the last', dataFrame(0x7fffffff, flagFin, Buffer.alloc(0)), '7f ff ff ff 01 00 00 00'],
])('a frame of %s', (_what, bytes, hex) => expect(bytes.toString('hex').replace(/(..)(?=.)/g, '$1 ')).toBe(hex));

it('reads ids of 31 bits, and an empty control frame', () => {
  const bytes = Buffer.concat([words(0x7fffffff, 1), Buffer.from('a'), controlFrame(FrameType.settings, 0, Buffer.alloc(0))]);
  expect([...new FrameReader(0).push(bytes)]).toEqual([
    { control: false, streamId: 0x7fffffff, flags: 0, body: Buffer.from('a') },
    { control: true, type: FrameType.settings, flags: 0, body: Buffer.alloc(0) },
  ]);
});
