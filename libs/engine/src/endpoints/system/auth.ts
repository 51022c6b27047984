import { RuntimeError } from '#runtime/contract';
import { badParameter, EngineError } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';
import { credentialsIn } from '../../images/registry-auth.ts';

/** `docker login`: Docker Engine API, "Check auth configuration". The client keeps what it asked with. */
export const auth: Endpoint = {
  method: 'POST',
  path: '/auth',
  async handle({ body, signal }, engine) {
    const asked = await jsonBody(body);
    const credentials = credentialsIn(asked);
    if (!credentials) throw badParameter('no user name and password to log in with');
    try {
      await engine.options.registries.login(hostOf(asked?.['serveraddress']), credentials, signal);
    } catch (err) {
      if (!(err instanceof RuntimeError)) throw err;
      throw new EngineError(err.code === 'unauthorized' ? 401 : 500, err.message, { cause: err });
    }
    return { status: 200, json: { Status: 'Login Succeeded', IdentityToken: '' } };
  },
};

/** Of `https://index.docker.io/v1/`, `localhost:5000` and the like. */
function hostOf(address: unknown): string {
  const host = (typeof address === 'string' ? address : '').replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return host === '' || host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}
