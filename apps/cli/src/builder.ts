import { isAbsolute, join } from 'node:path';
import { buildImage, fetchContext } from '#builder';
import type { BuildRequest } from '#cli';
import { CrunBuildRunner, openImages, parseMirror, parseUnpackLimits } from '#runtime';
import { createLogger } from '#telemetry';
import { loginFiles, readLogins } from './logins.ts';

/** Builds on this machine, outside any node, with a store of its own under the cluster's home; pushes what it built. */
export async function buildAndPush(request: BuildRequest): Promise<{ digest: string }> {
  const { storeDir, mirrors, authFile, images: rules, push, compression, ...options } = request;
  const logger = createLogger('builder', { level: 'warn' });
  const logins = await readLogins([authFile, ...loginFiles(process.env)]);
  const { images, building } = await openImages({
    rootDir: storeDir,
    mirrors: new Map(mirrors.map(parseMirror)),
    credentialsFor: (host) => logins.get(host),
    destinations: rules,
    limits: parseUnpackLimits(rules.limits),
    logger,
  });
  const runner = new CrunBuildRunner({ building, workDir: join(storeDir, 'runs') });
  await runner.clear();
  const fetched = isRemote(options.contextDir) ? await building.newUpper() : undefined;
  try {
    const context = fetched && (await fetchContext(options.contextDir, { directory: fetched.path, building, signal: options.signal }));
    // In a context that is elsewhere the path of the Dockerfile is one of its own.
    const dockerfile = context ? (context.dockerfile ?? join(context.contextDir, request.dockerfile ?? 'Dockerfile')) : request.dockerfile;
    const { digest } = await buildImage({
      ...options,
      ...context,
      dockerfile,
      images,
      building,
      runner,
      cacheDir: join(storeDir, 'cache'),
    });
    if (push) for (const tag of request.tags) await images.push(tag, { compression, signal: options.signal });
    return { digest };
  } finally {
    await fetched?.remove();
  }
}

const isRemote = (context: string): boolean => !isAbsolute(context);
