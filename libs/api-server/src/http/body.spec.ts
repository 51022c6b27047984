import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '#base/testing';
import { readBody } from './body.ts';

describe('a body', () => {
  it.each([
    ['a byte a second', 1, 1, 15],
    ['nothing', 0, 1, 15],
    ['much at first, and nothing then', 20_000, 1000, 30],
    ['a KiB a second without an end', 1024, 1, 60],
  ])('of %s is given up (%i bytes every %i s) after %i s', async (_what, bytes, everySeconds, after) => {
    const clock = new ManualClock();
    const request = new PassThrough();
    let failure: unknown;
    readBody(request as unknown as IncomingMessage, clock).catch((err: unknown) => (failure = err));
    for (let second = 0; second < after; second++) {
      if (second % everySeconds === 0) request.write(Buffer.alloc(bytes));
      await clock.advance(1000);
      if (second < after - 1) expect(failure).toBeUndefined();
    }
    expect(failure).toMatchObject({ code: 408, reason: 'Timeout' });
  });

  it('that comes slowly and ends is taken', async () => {
    const clock = new ManualClock();
    const request = new PassThrough();
    const body = readBody(request as unknown as IncomingMessage, clock);
    for (let second = 0; second < 40; second++) {
      request.write(Buffer.alloc(2000, 'a'));
      await clock.advance(1000);
    }
    request.end();
    expect((await body).length).toBe(80_000);
  });
});
