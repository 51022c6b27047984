import type { BuildRequest } from '#cli';

/** The builder and its image store are loaded when an image is built, and not by every other command. */
export async function buildImage(request: BuildRequest): Promise<{ digest: string }> {
  const { buildAndPush } = await import('./builder.ts');
  return buildAndPush(request);
}
