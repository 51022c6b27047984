import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import {
  type Access,
  type AccessRule,
  type AccessSettings,
  Htpasswd,
  openToAll,
  openTokenKey,
  passwordForAll,
  Passwords,
  Rights,
  TokenAccess,
  type TokenPolicy,
  Tokens,
  type WatchedSettings,
} from '#registry';
import type { Logger } from '#telemetry';
import type { RegistryConfig } from './config.ts';

/** The audience of tokens where the settings name none. */
const defaultService = 'berth-registry';

/** Who may use the registry, as flags and settings say; undefined: everybody may do everything. */
export async function accessOf(config: RegistryConfig, settings: WatchedSettings | undefined, logger: Logger): Promise<Access | undefined> {
  const { anonymousAccess, htpasswdFile, serving } = config;
  const inSettings = settings && (await settings.current()).access !== undefined;
  if (htpasswdFile === undefined && !inSettings) return undefined;
  if (!serving) logger.info('passwords travel unencrypted without --tls-cert-file');
  const htpasswd = htpasswdFile === undefined ? undefined : await Htpasswd.open(htpasswdFile);
  const passwords = await Passwords.open(async (user) => {
    const access = await accessSettings(settings);
    return access?.users.get(user) ?? (await htpasswd?.hashOf(user));
  });
  if (!inSettings && anonymousAccess === 'none') return passwordForAll((authorization) => passwords.userOf(authorization));
  // Settings that have lost their access open nothing.
  const fallback = inSettings ? [] : openToAll;
  const keys = await openTokenKey(config.tokenKeyFile ?? join(config.rootDir, 'token.key'), systemRandom);
  const tokens = new Tokens(keys, { clock: systemClock, random: systemRandom });
  return new TokenAccess({ passwords, tokens, policy: async () => policyOf(await accessSettings(settings), fallback) });
}

const accessSettings = async (settings: WatchedSettings | undefined): Promise<AccessSettings | undefined> =>
  (await settings?.current())?.access;

function policyOf(access: AccessSettings | undefined, fallback: readonly AccessRule[]): TokenPolicy {
  return {
    rights: new Rights(access?.rules ?? fallback, access?.groups),
    service: access?.service ?? defaultService,
    realm: access?.realm,
  };
}
