import { NestFactory } from '@nestjs/core';
import { OciRegistry, RegistryMetrics } from '#registry';
import { createRegistry, type Logger } from '#telemetry';
import { AppModule } from './app.module.ts';
import type { RegistryConfig } from './config.ts';
import { openSettings } from './settings.ts';
import { storageOf } from './storage.ts';

/** One run of mark and sweep; may run beside a serving registry on the same directory. */
export async function collectGarbage(config: RegistryConfig, logger: Logger): Promise<void> {
  const settings = await openSettings(config, logger);
  const module = AppModule.with({
    driver: await storageOf(config),
    logger,
    metrics: new RegistryMetrics(createRegistry()),
    ...settings?.options,
  });
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const { removedBlobs, ...report } = await app.get(OciRegistry).collectGarbage({ graceMs: config.garbage.graceMs });
  logger.info({ ...report, removedBlobs: removedBlobs.length }, 'garbage collected');
  await app.close();
}
