import { badParameter } from '../errors.ts';
import { goArchitecture } from './versions.ts';

/** Throws 400 for a `platform` that is not this machine's: nothing here runs programs of another. */
export function checkPlatform(query: URLSearchParams): void {
  const platform = query.get('platform') ?? '';
  const [os, architecture] = platform.split('/');
  if (platform === '' || (os === 'linux' && (architecture ?? goArchitecture()) === goArchitecture())) return;
  throw badParameter(`platform ${platform} is not supported by this engine: it runs linux/${goArchitecture()}`);
}
