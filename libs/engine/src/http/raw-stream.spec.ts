import { PassThrough, type Writable } from 'node:stream';
import fc from 'fast-check';
import { nextTurn } from '#base';
import { DetachFilter, detachKeys, frame, framed, unframed } from './raw-stream.ts';

const text = (stream: PassThrough): Buffer => (stream.read() as Buffer | null) ?? Buffer.alloc(0);

describe('frames', () => {
  it('begin with the stream and the length', () => {
    expect([...frame('stderr', Buffer.from('ab'))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
  });

  it.each<[string, (out: PassThrough) => Writable, string]>([
    ['in frames', (out) => framed('stdout', out), '\u0001\0\0\0\0\0\0\u0002hi'],
    ['as it is', (out) => unframed(out), 'hi'],
  ])('are passed on %s', async (_how, make, want) => {
    const out = new PassThrough();
    const to = make(out);
    await new Promise((resolve) => to.end('hi', () => resolve(undefined)));
    expect(text(out).toString()).toBe(want);
    expect(out.writableEnded).toBe(false);
  });

  it('wait while the client does not read, and end when it goes', async () => {
    const out = new PassThrough({ highWaterMark: 1 });
    const to = unframed(out);
    const written = new Promise((resolve) => to.write('more than fits', resolve));
    let isWritten = false;
    void written.then(() => (isWritten = true));
    await nextTurn();
    expect(isWritten).toBe(false);
    out.destroy();
    await written;
    await new Promise((resolve) => to.write('to nobody', resolve));
  });
});

describe('the keys of detaching', () => {
  it.each([
    ['ctrl-p,ctrl-q', [16, 17]],
    ['a', [97]],
    ['ctrl-@,ctrl-[,x', [0, 27, 120]],
  ])('%s', (keys, codes) => expect([...detachKeys(keys)]).toEqual(codes));

  it.each(['', 'ctrl-', 'ctrl-pp', 'ctrl-P', 'ab'])('%j are none', (keys) => expect(() => detachKeys(keys)).toThrow('Invalid detach keys'));

  const typed = (keys: Buffer, chunks: readonly Buffer[]): { passed: Buffer; detached: boolean } => {
    let detached = false;
    const filter = new DetachFilter(keys, () => (detached = true));
    for (const chunk of chunks) filter.write(chunk);
    return { passed: text(filter as unknown as PassThrough), detached };
  };
  const keys = detachKeys('ctrl-p,ctrl-q');

  it.each([
    { what: 'the keys at once', chunks: ['ab\x10\x11cd'], passed: 'ab', detached: true },
    { what: 'the keys one by one', chunks: ['\x10', '\x11'], passed: '', detached: true },
    { what: 'the first key, then others', chunks: ['\x10', 'x'], passed: '\x10x', detached: false },
    { what: 'the first key twice, then the second', chunks: ['\x10\x10\x11'], passed: '\x10', detached: true },
    { what: 'the second key alone', chunks: ['\x11'], passed: '\x11', detached: false },
  ])('$what', ({ chunks, passed, detached }) => {
    expect(
      typed(
        keys,
        chunks.map((chunk) => Buffer.from(chunk)),
      ),
    ).toEqual({ passed: Buffer.from(passed), detached });
  });

  it('that are never typed change nothing, however the input is cut', () => {
    const input = fc.array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 1 });
    fc.assert(
      fc.property(input, (chunks) => {
        const all = Buffer.concat([...chunks, Buffer.from('.')]);
        fc.pre(!all.includes(keys));
        expect(typed(keys, [...chunks.map((chunk) => Buffer.from(chunk)), Buffer.from('.')])).toEqual({ passed: all, detached: false });
      }),
    );
  });
});
