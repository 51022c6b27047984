import { ApiError, badRequest, type Status } from '#api';
import type { HttpAnswer, HttpSink } from '../contract.ts';
import type { Chain } from '../chain.ts';
import type { HttpCall } from '../rest/call.ts';

/** GET through the whole chain, as HTTPS has it. Throws ApiError: what was answered is a refusal, or does not end by itself. */
export async function readPath(
  chain: Pick<Chain, 'admit' | 'serve'>,
  { url, ...caller }: Pick<HttpCall, 'url' | 'certificate' | 'signal'>,
): Promise<Buffer> {
  const entered = await chain.admit({ method: 'GET', url, headers: { accept: 'application/json' }, ...caller });
  if ('refused' in entered) return bodyOf(entered.refused);
  const answer = await chain.serve(entered.admitted, Buffer.alloc(0));
  entered.done(answer.status);
  return bodyOf(answer);
}

async function bodyOf({ status, body }: HttpAnswer): Promise<Buffer> {
  if (typeof body === 'function') {
    await body(gone); // lets go of what it holds
    throw badRequest('what does not end by itself is not read this way');
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.concat([...body]);
  if (status < 300) return bytes;
  throw statusIn(bytes) ?? new ApiError({ code: status, reason: status === 404 ? 'NotFound' : '', message: textOf(status, bytes) });
}

/** Of a reader who has left. */
const gone: HttpSink = { write: () => true, drained: () => Promise.resolve(), pendingBytes: 0, signal: AbortSignal.abort() };

function statusIn(bytes: Buffer): ApiError | undefined {
  try {
    const said = JSON.parse(bytes.toString()) as Partial<Status>;
    return said.kind === 'Status' ? ApiError.fromStatus(said as Status) : undefined;
  } catch (err) {
    if (err instanceof SyntaxError) return undefined; // plain text, as of a path that nobody serves
    throw err;
  }
}

/** In the words of clients, who make a Status of a plain 404. */
const textOf = (status: number, bytes: Buffer): string =>
  status === 404 ? 'the server could not find the requested resource' : bytes.toString('utf8', 0, 1024).trim();
