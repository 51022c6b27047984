import { internalError, type Status } from '#api';

const maxMessageLength = 32 * 1024;
const maxCauses = 16;

/**
 * The Status in what a node sent. Its code becomes that of an answer and its words go to the client, so whatever a node says, a Status comes
 * out whose parts are of their types and within their bounds.
 */
export function statusFrom(bytes: Uint8Array): Status {
  const said = objectOf(parsed(bytes));
  if (said?.status === 'Success') return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };
  if (said?.status !== 'Failure') return internalError('the node answered something that is no Status').status;
  const causes = causesOf(objectOf(said.details)?.causes);
  const reason = textOf(said.reason);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: textOf(said.message),
    ...(/^[A-Za-z]+$/.test(reason) && { reason }),
    ...(causes.length && { details: { causes } }),
    code: isFailure(said.code) ? said.code : 500,
  };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (err) {
    if (err instanceof SyntaxError) return undefined;
    throw err;
  }
}

const objectOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, maxMessageLength).toWellFormed() : '');

const isFailure = (code: unknown): code is number => Number.isInteger(code) && (code as number) >= 400 && (code as number) <= 599;

function causesOf(causes: unknown): { reason: string; message: string }[] {
  if (!Array.isArray(causes)) return [];
  return causes.slice(0, maxCauses).map((cause) => {
    const { reason, message } = objectOf(cause) ?? {};
    return { reason: textOf(reason), message: textOf(message) };
  });
}
