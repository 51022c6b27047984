import { badParameter } from '../errors.ts';
import { goArchitecture } from './versions.ts';

/** Throws 400 for a `platform` that is not this machine's: nothing here runs programs of another. */
export function checkPlatform(query: URLSearchParams): void {
  const platform = query.get('platform') ?? '';
  const [os, architecture] = platform.split('/');
  if (platform === '' || (os === 'linux' && (architecture ?? goArchitecture()) === goArchitecture())) return;
  throw badParameter(`platform ${platform} is not supported by this engine: it runs linux/${goArchitecture()}`);
}

/** `linux/arm64/v8`, for what need not run here; this machine's when none is asked for. Throws 400. */
export function platformOf(query: URLSearchParams): { os: string; architecture: string; variant?: string } {
  const text = query.get('platform') ?? '';
  const [os = '', architecture = goArchitecture(), variant, ...more] = (text || 'linux').toLowerCase().split('/');
  if (os !== 'linux' || more.length > 0 || ![architecture, variant ?? 'v1'].every((part) => /^[a-z0-9]+$/.test(part)))
    throw badParameter(`${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
  return { os, architecture, ...(variant !== undefined && { variant }) };
}
