import type { Endpoint } from '../../http/endpoint.ts';
import { inWords } from '../../images/images.ts';
import { credentialsOf } from '../../images/registry-auth.ts';

/** Docker Engine API, "Get image information from the registry". */
export const distribution: Endpoint = {
  method: 'GET',
  path: '/distribution/{name...}/json',
  async handle({ param, headers, signal }, engine) {
    const credentials = credentialsOf(headers['x-registry-auth']);
    try {
      const { descriptor, platforms } = await engine.options.registries.inspect(param('name'), {
        ...(credentials && { credentials }),
        signal,
      });
      return { status: 200, json: { Descriptor: descriptor, Platforms: platforms } };
    } catch (err) {
      throw inWords(err);
    }
  },
};
