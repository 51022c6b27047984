import { loadAll } from 'js-yaml';
import { type MirrorSettings, mirrorSettings } from './mirrors.ts';
import { type RetentionRule, retentionRule } from './retention.ts';
import { list, object, optional, SettingsError } from './reader.ts';
import { type AccessSettings, accessSettings } from './access.ts';

/** What `--config-file` says; docs/registry.md. Each part stands in a file of its own beside this one. */
export interface Settings {
  access?: AccessSettings | undefined;
  mirrors: readonly MirrorSettings[];
  retention: readonly RetentionRule[];
}

/** Of a registry without a file. */
export const noSettings: Settings = { mirrors: [], retention: [] };

const settings = object<Settings>({ access: optional(accessSettings), mirrors: list(mirrorSettings), retention: list(retentionRule) });

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
