import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Status } from '#api';
import { nodeSession } from '#proto';
import { drain } from './drain.ts';

export const Channel = nodeSession.StreamFrame_Channel;
export type Frame = nodeSession.StreamFrame;

const nothing = Buffer.alloc(0);
const json = (bytes: Uint8Array): Status => JSON.parse(Buffer.from(bytes).toString('utf8')) as Status;

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
      return call.write({ channel, data: bytes, columns: size?.columns ?? 0, rows: size?.rows ?? 0 });
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
        yield next.value;
      }
    },
  };
}

/** The agent or the connection to it went away: for the reader that is the end of the stream. */
const end: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The Status in a last frame; undefined when the frame is another. */
export function statusIn(frame: Frame): Status | undefined {
  return frame.channel === Channel.CHANNEL_STATUS ? json(frame.data) : undefined;
}

export function statusFrom(bytes: Uint8Array): Status {
  return json(bytes);
}
