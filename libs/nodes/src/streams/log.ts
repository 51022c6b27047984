import { type FieldError, forbiddenField, invalid, invalidValue, notSupported } from '#api';
import type { Pod } from '#api/types';
import type { ConnectHandler, ConnectRequest, HttpAnswer, HttpSink } from '#api-server/contract';
import { Channel, type NodeStream, statusIn } from '#api-server';
import { checkHasLog, chosenContainer } from './containers.ts';
import type { StreamParts } from './dependencies.ts';
import { booleanOf, integerOf, timeOf } from './query.ts';

const streams = ['All', 'Stderr', 'Stdout'];
const plain = { 'content-type': 'text/plain' };

interface LogOptions {
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: bigint | undefined;
  limitBytes: bigint | undefined;
  sinceSeconds: bigint | undefined;
  sinceTime: string | undefined;
  stream: string | undefined;
}

/** GET pods/log: the log of one container, from its node, as plain text. */
export function podLog({ nodes, clock }: StreamParts): ConnectHandler {
  return async (request) => {
    const pod = request.object as Pod;
    const options = optionsOf(request);
    const container = chosenContainer(pod, options.container);
    if (!pod.spec.nodeName) return { status: 200, headers: plain, body: Buffer.alloc(0) };
    checkHasLog(pod, container, options.previous);
    const { follow, previous, timestamps, tailLines, limitBytes } = options;
    const stream = await nodes.sessions.open(
      pod.spec.nodeName,
      {
        namespace: request.namespace,
        pod: request.name,
        podUid: pod.metadata.uid ?? '',
        what: {
          $case: 'log',
          value: {
            container,
            follow,
            previous,
            timestamps,
            tailLines,
            limitBytes,
            sinceTime: sinceOf(options, clock.now()),
            stream: options.stream === undefined || options.stream === 'All' ? '' : options.stream.toLowerCase(),
          },
        },
      },
      request.signal,
    );
    return { status: 200, headers: plain, body: (sink) => copy(stream, sink) } satisfies HttpAnswer;
  };
}

async function copy(stream: NodeStream, sink: HttpSink): Promise<void> {
  const stop = (): void => stream.close();
  if (sink.signal.aborted) stop();
  sink.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const frame of stream) {
      // A failure in the middle has no place in the answer: the text ends there, as with the real server.
      if (sink.signal.aborted || statusIn(frame)) return;
      if (frame.channel !== Channel.CHANNEL_STDOUT && frame.channel !== Channel.CHANNEL_STDERR) continue;
      if (!sink.write(frame.data)) await sink.drained();
    }
  } finally {
    sink.signal.removeEventListener('abort', stop);
    stream.close();
  }
}

/** Throws ApiError 400 and 422 as upstream's conversion and `ValidatePodLogOptions` do. */
function optionsOf({ query, name }: ConnectRequest): LogOptions {
  const options: LogOptions = {
    container: query.get('container') ?? '',
    follow: booleanOf(query, 'follow'),
    previous: booleanOf(query, 'previous'),
    timestamps: booleanOf(query, 'timestamps'),
    tailLines: integerOf(query, 'tailLines'),
    limitBytes: integerOf(query, 'limitBytes'),
    sinceSeconds: integerOf(query, 'sinceSeconds'),
    sinceTime: timeOf(query, 'sinceTime'),
    stream: query.get('stream') ?? undefined,
  };
  const errors = problems(options);
  if (errors.length) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
  return options;
}

function problems({ tailLines, limitBytes, sinceSeconds, sinceTime, stream }: LogOptions): FieldError[] {
  const errors: FieldError[] = [];
  const below = (field: string, value: bigint | undefined, least: bigint, says: string): void => {
    if (value !== undefined && value < least) errors.push(invalidValue(field, Number(value), says));
  };
  below('tailLines', tailLines, 0n, 'must be greater than or equal to 0');
  below('limitBytes', limitBytes, 1n, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else {
    below('sinceSeconds', sinceSeconds, 1n, 'must be greater than 0');
  }
  // KEP-3288
  if (stream !== undefined && !streams.includes(stream)) errors.push(notSupported('stream', stream, streams));
  if (stream !== undefined && stream !== 'All' && tailLines !== undefined)
    errors.push(forbiddenField('', '`tailLines` and specific `stream` are mutually exclusive for now'));
  return errors;
}

function sinceOf({ sinceSeconds, sinceTime }: LogOptions, now: Date): string {
  return sinceSeconds === undefined ? (sinceTime ?? '') : new Date(now.getTime() - Number(sinceSeconds) * 1000).toISOString();
}
