import { systemClock } from '#base';
import { type RegistryOptions, WatchedSettings } from '#registry';
import { Destinations, HttpClient } from '#runtime';
import type { Logger } from '#telemetry';
import type { RegistryConfig } from './config.ts';
import { openUpstream } from './upstream.ts';

export interface OpenSettings {
  watched: WatchedSettings;
  options: Pick<RegistryOptions, 'settings' | 'openUpstream'>;
}

/** What `--config-file` says, where there is one. */
export async function openSettings({ configFile }: RegistryConfig, logger: Logger): Promise<OpenSettings | undefined> {
  if (configFile === undefined) return undefined;
  const watched = await WatchedSettings.open(configFile, { clock: systemClock, logger });
  const http = new HttpClient(new Destinations());
  return {
    watched,
    options: { settings: () => watched.current(), openUpstream: (mirror) => openUpstream(mirror, { http, clock: systemClock }) },
  };
}
