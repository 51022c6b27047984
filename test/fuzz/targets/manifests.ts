import type { Random } from '#base';
import { RuntimeError } from '#runtime/contract';
import { type ImageManifest, parseConfig, parseDocument } from '#runtime/testing';
import type { Target } from '../contract.ts';
import { excerpt, mutated, oneOf, sizeUpTo } from '../inputs/bytes.ts';
import { type Json, oddValue, withOnePlaceChanged } from '../inputs/objects.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 10 };
const image: Json = {
  schemaVersion: 2,
  config: { ...descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' },
  layers: [descriptor],
};
const index: Json = { schemaVersion: 2, manifests: [{ ...descriptor, platform: { os: 'linux', architecture: 'amd64' } }] };
const config: Json = {
  os: 'linux',
  architecture: 'amd64',
  rootfs: { type: 'layers', diff_ids: [digest] },
  config: { Env: ['A=b'], Cmd: ['sh'] },
};
const manifest = { config: descriptor, layers: [descriptor] } as ImageManifest;

interface Input {
  as: 'document' | 'config';
  bytes: Buffer;
  type: string;
}

/** Manifests, indexes and configurations, as a node reads them from a registry. */
export const manifests: Target<Input> = {
  name: 'manifests',
  share: 2,
  open: async () => ({
    make: (random) => ({
      as: oneOf(random, ['document', 'config'] as const),
      bytes: json(random),
      type: oneOf(random, ['', 'application/vnd.oci.image.index.v1+json']),
    }),
    show: ({ as, bytes }) => `${as} ${excerpt(bytes)}`,
    async feed({ as, bytes, type }) {
      try {
        if (as === 'config') parseConfig(bytes, manifest);
        else parseDocument(bytes, type);
      } catch (err) {
        if (!(err instanceof RuntimeError) || err.code !== 'bad-image') throw err;
      }
      return undefined;
    },
    close: async () => {},
  }),
};

function json(random: Random): Buffer {
  let value: Json = oneOf(random, [image, index, config]);
  for (let left = random.below(3); left > 0; left--) value = withOnePlaceChanged(value, random);
  if (random.below(50) === 0)
    value = { ...value, layers: Array.from({ length: sizeUpTo(random, 20_000) }, () => descriptor), x: oddValue(random) };
  const bytes = Buffer.from(JSON.stringify(value));
  return random.below(2) === 0 ? mutated(bytes, random) : bytes;
}
