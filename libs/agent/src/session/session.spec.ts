import { EventEmitter } from 'node:events';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nodeSession } from '#proto';
import { FrameStream } from './frame-stream.ts';

type Frame = nodeSession.StreamFrame;
const { CHANNEL_STDIN, CHANNEL_RESIZE, CHANNEL_CLOSE } = nodeSession.StreamFrame_Channel;

/** The call that carries a stream, as far as the agent sees it. */
class FakeCall extends EventEmitter {
  paused = false;
  cancelled = false;
  readonly written: Frame[] = [];
  write(frame: Frame): boolean {
    this.written.push(frame);
    return true;
  }
  end(): void {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  cancel(): void {
    this.cancelled = true;
  }
}

const open = (): { call: FakeCall; stream: FrameStream } => {
  const call = new FakeCall();
  return { call, stream: new FrameStream(call as unknown as ClientDuplexStream<Frame, Frame>) };
};
const frame = (channel: number, data = '', columns = 0, rows = 0): Frame => ({ channel, data: Buffer.from(data), columns, rows });

it('takes whatever frames come, in whatever order', () => {
  const anyFrame = fc.record({
    channel: fc.oneof(fc.nat(8), fc.integer()),
    data: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    columns: fc.nat(0xffffffff),
    rows: fc.nat(0xffffffff),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(anyFrame, fc.constantFrom<unknown>({}, { channel: CHANNEL_STDIN })), { maxLength: 30 }), (frames) => {
      const { call, stream } = open();
      stream.input.resume();
      for (const each of frames) call.emit('data', each);
      call.emit('end');
      expect(stream.signal.aborted).toBe(true);
    }),
  );
});

it('stops reading while nobody takes the input', () => {
  const { call } = open();
  while (!call.paused) call.emit('data', frame(CHANNEL_STDIN, 'x'.repeat(16_384)));
  call.emit('data', frame(CHANNEL_CLOSE));
  call.emit('data', frame(CHANNEL_STDIN, 'after the end'));
  expect(call.cancelled).toBe(false);
});

it('keeps the last size only, and none that is no size', async () => {
  const { call, stream } = open();
  for (let columns = 1; columns <= 1000; columns++) call.emit('data', frame(CHANNEL_RESIZE, '', columns, 24));
  for (const [columns, rows] of [
    [0, 24],
    [80, 0],
    [70_000, 24],
  ]) {
    call.emit('data', frame(CHANNEL_RESIZE, '', columns, rows));
  }
  call.emit('end');
  const seen = [];
  for await (const size of stream.resizes()) seen.push(size);
  expect(seen).toEqual([{ columns: 1000, rows: 24 }]);
});
