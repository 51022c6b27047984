import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import { Notifications, type RegistryMetrics, type RegistryOptions, WatchedSettings } from '#registry';
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

/** Each process that serves the directory has a queue of its own, and finds it again. */
export async function openNotifications(
  { rootDir, port }: RegistryConfig,
  { watched }: OpenSettings,
  parts: { logger: Logger; metrics: RegistryMetrics },
): Promise<Notifications> {
  const instance = `${hostname()}:${port}`;
  const notifications = new Notifications({
    ...parts,
    instance,
    folder: join(rootDir, 'notifications', instance.replace(/[^\w.-]/g, '-')),
    settings: async () => (await watched.current()).notifications,
    clock: systemClock,
    random: systemRandom,
  });
  await notifications.open();
  return notifications;
}
