import { loadAll } from 'js-yaml';
import { type QuotaSettings, quotaSettings, type RateLimit, rateLimit } from './limits.ts';
import { type EndpointSettings, endpointSettings } from './notifications.ts';
import { type MirrorSettings, mirrorSettings } from './mirrors.ts';
import { type RetentionRule, retentionRule } from './retention.ts';
import { list, object, optional, SettingsError } from './reader.ts';
import { type AccessSettings, accessSettings } from './access.ts';

/** What `--config-file` says; docs/registry.md. Each part stands in a file of its own beside this one. */
export interface Settings {
  access?: AccessSettings | undefined;
  mirrors: readonly MirrorSettings[];
  retention: readonly RetentionRule[];
  quotas: readonly QuotaSettings[];
  rateLimits: readonly RateLimit[];
  notifications: readonly EndpointSettings[];
}

/** Of a registry without a file. */
export const noSettings: Settings = { mirrors: [], retention: [], quotas: [], rateLimits: [], notifications: [] };

const settings = object<Settings>({
  access: optional(accessSettings),
  mirrors: list(mirrorSettings),
  retention: list(retentionRule),
  quotas: list(quotaSettings),
  rateLimits: list(rateLimit),
  notifications: list(endpointSettings),
});

/** Of YAML or JSON; an empty file sets nothing. Throws SettingsError. */
export function parseSettings(content: string): Settings {
  let value: unknown;
  try {
    value = loadAll(content)[0];
  } catch (err) {
    throw new SettingsError(err instanceof Error ? err.message : String(err), { cause: err });
  }
  return settings(value ?? {}, '');
}
