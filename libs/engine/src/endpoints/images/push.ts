import { RuntimeError } from '#runtime/contract';
import type { PushProgress } from '#runtime/images.contract';
import type { Engine } from '../../engine.ts';
import type { Call, Endpoint } from '../../http/endpoint.ts';
import { Messages } from '../../http/messages.ts';
import { familiar, inWords, repositoryOf, shortId } from '../../images/images.ts';
import { credentialsOf } from '../../images/registry-auth.ts';

/** `docker push`: Docker Engine API, "Push an image". Without a tag all of the repository's. What goes wrong is a message. */
export const push: Endpoint = {
  method: 'POST',
  path: '/images/{name...}/push',
  async handle(call, engine) {
    const name = call.param('name');
    const tag = call.query.get('tag') || (repositoryOf(name) === name ? '' : name.slice(repositoryOf(name).length + 1));
    const repository = repositoryOf(name);
    await engine.images.demandReference(tag === '' ? repository : `${repository}:${tag}`);
    return {
      status: 200,
      type: 'application/json',
      async stream(out) {
        const messages = new Messages(out);
        try {
          await pushAll(engine, call, { repository, tag, messages });
        } catch (err) {
          messages.error(inPushWords(err));
        }
      },
    };
  },
};

async function pushAll(
  engine: Engine,
  { headers, signal }: Call,
  { repository, tag, messages }: { repository: string; tag: string; messages: Messages },
): Promise<void> {
  const isWhole = /^(?:[^/]*[.:][^/]*|localhost)\//.test(repository);
  messages.status(
    `The push refers to repository [${isWhole ? repository : `docker.io/${repository.includes('/') ? '' : 'library/'}${repository}`}]`,
  );
  const credentials = credentialsOf(headers['x-registry-auth']);
  const known = (await engine.images.service.list())
    .flatMap(({ names }) => names)
    .filter((name) => familiar(repositoryOf(name)) === familiar(repository));
  if (known.length === 0) throw new Error(`An image does not exist locally with the tag: ${familiar(repository)}`);
  const wanted = tag === '' ? known : known.filter((name) => name.endsWith(`:${tag}`));
  if (wanted.length === 0) throw new Error(`tag does not exist: ${familiar(repository)}:${tag}`);
  for (const reference of wanted) {
    const options = { ...(credentials && { credentials }), signal, onProgress: layerTeller(messages) };
    const { digest, sizeBytes } = await engine.images.service.push(reference, options);
    const pushed = reference.slice(repositoryOf(reference).length + 1);
    messages.status(`${pushed}: digest: ${digest} size: ${sizeBytes}`);
    messages.aux({ Tag: pushed, Digest: digest, Size: sizeBytes });
    engine.events.emit('image', 'push', familiar(reference), { name: familiar(repository) });
  }
}

const stepBytes = 512 * 1024;
const words = { queued: 'Preparing', exists: 'Layer already exists', done: 'Pushed' } as const;

function layerTeller(messages: Messages): (progress: PushProgress) => void {
  const last = new Map<string, number>();
  return ({ layer, status, doneBytes, totalBytes }) => {
    const id = shortId(layer);
    if (status !== 'pushing') return messages.status(words[status], id);
    const before = last.get(layer);
    if (before !== undefined && doneBytes < totalBytes && doneBytes - before < stepBytes) return;
    last.set(layer, doneBytes);
    messages.progress('Pushing', id, { current: doneBytes, total: totalBytes });
  };
}

/** The registry's own code and words, as Docker shows them. */
function inPushWords(err: unknown): unknown {
  if (!(err instanceof RuntimeError) || err.code !== 'unauthorized') return inWords(err);
  const [, code, message] = /: (DENIED|UNAUTHORIZED)(?:: ([^;]*))?/.exec(err.message) ?? [];
  if (code === 'UNAUTHORIZED') return new Error(`unauthorized: ${message ?? 'authentication required'}`, { cause: err });
  return new Error(`denied: ${message ?? 'requested access to the resource is denied'}`, { cause: err });
}
