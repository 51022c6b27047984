import type { ServerDuplexStream } from '@grpc/grpc-js';
import { badRequest, type Status } from '#api';
import { nodeSession } from '#proto';
import { drain } from './drain.ts';
import { statusFrom } from './status-from.ts';

export const Channel = nodeSession.StreamFrame_Channel;
export type Frame = nodeSession.StreamFrame;

const nothing = Buffer.alloc(0);
/** A message of the client's may be longer than what the node takes in one frame. */
const maxSentBytes = 256 * 1024;
/** What an agent sends is a sixteenth of it. */
const maxReceivedBytes = 1 << 20;

/** One connection to a node: a log, a process's input and output, or a TCP connection. */
export interface NodeStream extends AsyncIterable<Frame> {
  /** False: the node's window is full; await `drained` before sending more. Nothing is sent after the end. */
  send(channel: number, data?: Uint8Array, size?: { columns: number; rows: number }): boolean;
  drained(): Promise<void>;
  /** Tells the node that this side is done; what the node still sends is discarded. Idempotent. */
  close(): void;
}

export type NodeCall = ServerDuplexStream<nodeSession.StreamFrame, nodeSession.StreamFrame>;

/** `call` is what the agent opened after the message that asked for it. */
export function nodeStreamOf(call: NodeCall): NodeStream {
  let closed = false;
  let stopReading: () => void = () => {};
  const over = (): boolean => closed || call.cancelled || call.destroyed;
  return {
    send(channel, data = nothing, size) {
      if (over()) return true;
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      let room = true;
      for (let at = 0; at === 0 || at < bytes.length; at += maxSentBytes) {
        const part = bytes.subarray(at, at + maxSentBytes);
        room = call.write({ channel, data: part, columns: size?.columns ?? 0, rows: size?.rows ?? 0 });
      }
      return room;
    },
    async drained() {
      if (!over() && call.writableNeedDrain) await drain(call);
    },
    close() {
      if (closed) return;
      closed = true;
      stopReading();
      call.end();
    },
    async *[Symbol.asyncIterator]() {
      const frames: AsyncIterator<Frame> = (call.iterator({ destroyOnReturn: false }) as AsyncIterable<Frame>)[Symbol.asyncIterator]();
      while (!closed) {
        // A new promise each time: racing against one for the whole stream would keep a reaction for every frame.
        const next = await new Promise<IteratorResult<Frame>>((resolve, reject) => {
          stopReading = () => resolve(end);
          frames.next().then(resolve, (err: unknown) => (over() ? resolve(end) : reject(err as Error)));
        });
        if (next.done) return;
        if (next.value.data.length > maxReceivedBytes) throw badRequest(`a frame of ${next.value.data.length} bytes is too large`);
        yield next.value;
      }
    },
  };
}

/** The agent or the connection to it went away: for the reader that is the end of the stream. */
const end: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The Status in a last frame; undefined when the frame is another. */
export function statusIn(frame: Frame): Status | undefined {
  return frame.channel === Channel.CHANNEL_STATUS ? statusFrom(frame.data) : undefined;
}
