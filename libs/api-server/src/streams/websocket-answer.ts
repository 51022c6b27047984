import { lookUp } from '#base';
import type { WebSocket } from 'ws';
import type { ConnectRequest, HttpAnswer, HttpSink } from '../contract.ts';
import { acceptWebSocket } from './websocket.ts';

const highWaterBytes = 256 * 1024;

/** How the bytes of an answer become messages: one a line as text, or as they come, plain or in base64. */
const forms = {
  lines: { text: true, split: linesOf },
  binary: { text: false, split: (chunk: Buffer): Buffer[] => [chunk] },
  base64: { text: true, split: (chunk: Buffer): Buffer[] => [Buffer.from(chunk.toString('base64'))] },
} as const;
type Form = (typeof forms)[keyof typeof forms];

/** `k8s.io/apiserver/pkg/endpoints/handlers/watch.go`, HandleWS: an event a message, whatever protocol the client names. */
export const watchProtocols = (offered: readonly string[]): Record<string, Form> =>
  Object.fromEntries(['', ...offered].map((name) => [name, forms.lines]));

/** `k8s.io/streaming/pkg/wsstream`, NewDefaultReaderProtocols. */
export const logProtocols: Readonly<Record<string, Form>> = {
  '': forms.binary,
  'binary.k8s.io': forms.binary,
  'base64.binary.k8s.io': forms.base64,
};

/** Sends an answer's body as WebSocket messages: what browsers, and clients that watch over WebSocket, ask of watches and logs. */
export async function answerOverWebSocket(
  request: Pick<ConnectRequest, 'upgrade' | 'headers'>,
  protocols: Readonly<Record<string, Form>>,
  { body }: HttpAnswer,
): Promise<void> {
  const accepted = await acceptWebSocket(request, Object.keys(protocols)).catch(async (err: unknown) => {
    await abandon(body);
    throw err;
  });
  if (!accepted) return abandon(body);
  const { client, protocol } = accepted;
  client.resume();
  const sink = new MessageSink(client, lookUp(protocols, protocol)!);
  try {
    if (typeof body === 'function') await body(sink);
    else sink.write(Buffer.isBuffer(body) ? body : Buffer.concat(body));
    client.close(1000);
  } catch {
    // As over HTTP: a stream that breaks off without its end tells the client that this was not the end.
    client.terminate();
  }
}

/** Lets an answer that nobody takes end what it stands on. */
async function abandon(body: HttpAnswer['body']): Promise<void> {
  if (typeof body === 'function') await body({ write: () => false, drained: async () => {}, pendingBytes: 0, signal: AbortSignal.abort() });
}

class MessageSink implements HttpSink {
  private readonly gone = new AbortController();
  private wake: (() => void) | undefined;

  constructor(
    private readonly client: WebSocket,
    private readonly form: Form,
  ) {
    client.once('close', () => {
      this.gone.abort();
      this.wake?.();
    });
  }

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  get pendingBytes(): number {
    return this.client.bufferedAmount;
  }

  write(chunk: Buffer): boolean {
    if (this.signal.aborted) return false;
    for (const message of this.form.split(chunk)) this.client.send(message, { binary: !this.form.text }, () => this.sent());
    return this.client.bufferedAmount < highWaterBytes;
  }

  private sent(): void {
    if (this.client.bufferedAmount < highWaterBytes) this.wake?.();
  }

  drained(): Promise<void> {
    if (this.signal.aborted || this.client.bufferedAmount < highWaterBytes) return Promise.resolve();
    return new Promise((resolve) => (this.wake = resolve));
  }
}

function linesOf(chunk: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < chunk.length; ) {
    const end = chunk.indexOf(10, from);
    lines.push(chunk.subarray(from, end < 0 ? chunk.length : end));
    from = end < 0 ? chunk.length : end + 1;
  }
  return lines;
}
