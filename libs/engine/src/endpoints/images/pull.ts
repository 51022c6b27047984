import { RuntimeError } from '#runtime/contract';
import type { PullProgress, PullStatus, RegistryCredentials } from '#runtime/images.contract';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError } from '../../errors.ts';
import type { Call, Endpoint, Reply } from '../../http/endpoint.ts';
import { familiar, inWords, repositoryOf, shortId } from '../../images/images.ts';
import { checkPlatform } from '../../system/platform.ts';
import { importImage } from '../../images/import-image.ts';

export const pull: Endpoint = {
  method: 'POST',
  path: '/images/create',
  async handle(call, engine) {
    const source = call.query.get('fromSrc');
    if (source !== null) return importImage(engine, call, source);
    const [name, tag] = [call.query.get('fromImage') ?? '', call.query.get('tag') ?? ''];
    if (name === '') throw badParameter('invalid reference format');
    checkPlatform(call.query);
    return pulled(engine, call, tag === '' ? engine.images.withTag(name) : tag.startsWith('sha256:') ? `${name}@${tag}` : `${name}:${tag}`);
  },
};

/** What fails before the first layer has come is an error of its own; afterwards it is a line of the progress. */
async function pulled(engine: Engine, call: Call, reference: string): Promise<Reply> {
  const credentials = credentialsOf(call.headers['x-registry-auth']);
  const lines: string[] = [];
  let write = (line: string): void => void lines.push(line);
  const begun = Promise.withResolvers<void>();
  const onProgress = (progress: PullProgress): void => {
    write(progressLine(progress));
    begun.resolve();
  };
  const done = engine.images.service
    .pull(reference, { ...(credentials && { credentials }), signal: call.signal, onProgress })
    .then(async (image) => {
      await engine.images.service.pin(image.id);
      engine.events.emit('image', 'pull', familiar(reference), { name: familiar(reference) });
      const digest = image.repoDigests[0]?.split('@')[1];
      if (digest) write(status(`Digest: ${digest}`));
      write(status(`Status: Downloaded newer image for ${familiar(reference)}`));
    });
  await Promise.race([begun.promise, done]).catch((err: unknown) => {
    throw inPullWords(err);
  });
  return {
    status: 200,
    type: 'application/json',
    async stream(out) {
      write = (line) => void out.write(line);
      out.write(status(`Pulling from ${repositoryOf(familiar(reference))}`));
      for (const line of lines) out.write(line);
      await done.catch((err: unknown) => {
        const { message } = inPullWords(err) as Error;
        out.write(`${JSON.stringify({ errorDetail: { message }, error: message })}\n`);
      });
    },
  };
}

function inPullWords(err: unknown): unknown {
  if (err instanceof RuntimeError && err.code === 'image-not-found') return new EngineError(404, err.message, { cause: err });
  return inWords(err);
}

const status = (text: string): string => `${JSON.stringify({ status: text })}\n`;

/** Docker's words, distribution/pull_v2.go and xfer/download.go. */
const statusWords: Readonly<Record<PullStatus, string>> = {
  queued: 'Pulling fs layer',
  exists: 'Already exists',
  downloading: 'Downloading',
  verifying: 'Verifying Checksum',
  extracting: 'Extracting',
  done: 'Pull complete',
};

function progressLine({ layer, status, doneBytes, totalBytes }: PullProgress): string {
  const isMeasured = status === 'downloading' || status === 'extracting';
  const progressDetail = isMeasured ? { current: doneBytes, total: totalBytes } : {};
  return `${JSON.stringify({ status: statusWords[status], progressDetail, id: shortId(layer) })}\n`;
}

/** Of `docker login`: base64url of `{"username": …, "password": …}`. Throws 400 for what is not that. */
export function credentialsOf(header: string | string[] | undefined): RegistryCredentials | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  try {
    const { username, password } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Partial<Record<string, unknown>>;
    return typeof username === 'string' && typeof password === 'string' && username !== '' ? { username, password } : undefined;
  } catch (err) {
    throw badParameter(`invalid X-Registry-Auth header: ${(err as Error).message}`);
  }
}
