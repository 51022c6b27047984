import type { RuntimeError } from '#runtime/contract';
import type { PullProgress, PullStatus, RegistryCredentials } from '#runtime/images.contract';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError } from '../../errors.ts';
import type { Call, Endpoint, Reply } from '../../http/endpoint.ts';
import { type Messages, WaitingMessages } from '../../http/messages.ts';
import { familiar, inWords, repositoryOf, shortId } from '../../images/images.ts';
import { importImage } from '../../images/import-image.ts';
import { credentialsOf } from '../../images/registry-auth.ts';
import { platformOf } from '../../system/platform.ts';

export const pull: Endpoint = {
  method: 'POST',
  path: '/images/create',
  async handle(call, engine) {
    const source = call.query.get('fromSrc');
    if (source !== null) return importImage(engine, call, source);
    const [name, tag] = [(call.query.get('fromImage') ?? '').replace(/:$/, ''), call.query.get('tag') ?? ''];
    if (name === '') throw badParameter('invalid reference format');
    if (familiar(repositoryOf(name)) === 'scratch') throw badParameter("'scratch' is a reserved name");
    const full = tag === '' ? name : tag.startsWith('sha256:') ? `${repositoryOf(name)}@${tag}` : `${name}:${tag}`;
    await engine.images.demandReference(full);
    return pulled(engine, call, await references(engine, call, full));
  },
};

/** Without a tag all of a repository's are meant: `docker pull --all-tags`. */
async function references(engine: Engine, call: Call, full: string): Promise<string[]> {
  if (full.includes('@') || repositoryOf(full) !== full) return [full];
  const credentials = credentialsOf(call.headers['x-registry-auth']);
  try {
    const tags = await engine.options.registries.tags(full, { ...(credentials && { credentials }), signal: call.signal });
    return tags.map((tag) => `${full}:${tag}`);
  } catch (err) {
    throw inWords(err);
  }
}

/** What fails before the first layer has come is an error of its own; afterwards it is a line of the progress. */
async function pulled(engine: Engine, call: Call, all: readonly string[]): Promise<Reply> {
  const credentials = credentialsOf(call.headers['x-registry-auth']);
  const waiting = new WaitingMessages();
  const begun = Promise.withResolvers<void>();
  const done = (async () => {
    for (const reference of all) await pullOne(engine, call, { reference, credentials, messages: waiting.messages, begun: begun.resolve });
  })();
  await Promise.race([begun.promise, done]).catch((err: unknown) => {
    throw inPullWords(err, all[0] ?? '');
  });
  return {
    status: 200,
    type: 'application/json',
    async stream(out) {
      waiting.to(out);
      await done.catch((err: unknown) => waiting.messages.error(inPullWords(err, all[0] ?? '')));
    },
  };
}

/** Docker tells nobody whether what he may not see is there. */
function inPullWords(err: unknown, reference: string): unknown {
  const { code } = err as Partial<RuntimeError>;
  const name = familiar(reference);
  if (code === 'image-not-found' && !/no match for platform/.test((err as Error).message))
    return new EngineError(404, `manifest for ${name} not found: manifest unknown: manifest unknown`, { cause: err });
  if (code === 'unauthorized') {
    const words = `pull access denied for ${repositoryOf(name)}, repository does not exist or may require 'docker login'`;
    return new EngineError(404, `${words}: denied: requested access to the resource is denied`, { cause: err });
  }
  return inWords(err);
}

interface OnePull {
  reference: string;
  credentials: RegistryCredentials | undefined;
  messages: Messages;
  begun: () => void;
}

async function pullOne(engine: Engine, { query, signal }: Call, { reference, credentials, messages, begun }: OnePull): Promise<void> {
  const { service } = engine.images;
  const before = await service.get(reference);
  const repository = repositoryOf(reference);
  let told = false;
  const tell = layerTeller(messages);
  const first = (): void => {
    if (!told) messages.status(`Pulling from ${pathOf(repository)}`, reference.slice(repository.length + 1));
    told = true;
  };
  const onProgress = (progress: PullProgress): void => {
    first();
    tell(progress);
    begun();
  };
  const platform = query.get('platform') ? { platform: platformOf(query) } : {};
  const image = await service.pull(reference, { ...(credentials && { credentials }), ...platform, signal, onProgress });
  first();
  await service.pin(image.id);
  engine.events.emit('image', 'pull', familiar(reference), { name: familiar(repository) });
  const digest = image.repoDigests.find((name) => familiar(repositoryOf(name)) === familiar(repository))?.split('@')[1];
  if (digest) messages.status(`Digest: ${digest}`);
  const news = before?.id === image.id ? 'Image is up to date for' : 'Downloaded newer image for';
  messages.status(`Status: ${news} ${familiar(reference)}`);
}

/** Without the registry's host. */
function pathOf(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  if (rest.length === 0) return `library/${first}`;
  return /[.:]/.test(first) || first === 'localhost' ? rest.join('/') : repository;
}

/** A line for each half megabyte is enough for anybody to see that it moves. */
const stepBytes = 512 * 1024;

const words: Readonly<Partial<Record<PullStatus, string>>> = {
  queued: 'Pulling fs layer',
  exists: 'Already exists',
  done: 'Pull complete',
};

function layerTeller(messages: Messages): (progress: PullProgress) => void {
  const last = new Map<string, { status: PullStatus; doneBytes: number }>();
  return ({ layer, status, doneBytes, totalBytes }) => {
    const before = last.get(layer);
    const isDone = doneBytes >= totalBytes;
    if (before?.status === status && (!isDone || before.doneBytes >= totalBytes) && doneBytes - before.doneBytes < stepBytes) return;
    last.set(layer, { status, doneBytes });
    const id = shortId(layer);
    if (status === 'verifying') {
      messages.status('Verifying Checksum', id);
      return messages.status('Download complete', id);
    }
    const plain = words[status];
    if (plain !== undefined) return messages.status(plain, id);
    messages.progress(status === 'extracting' ? 'Extracting' : 'Downloading', id, { current: doneBytes, total: totalBytes });
  };
}
