import 'reflect-metadata';
import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { collectGarbage } from './collect-garbage.ts';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';
import { usage } from './usage.ts';

if (process.argv.includes('--help')) {
  process.stdout.write(usage);
  process.exit(0);
}
const config = await flagsOrExit('registry', readConfig);
const logger = createLogger('registry', { level: config.logLevel });
if (config.garbageCollect) await collectGarbage(config, logger);
else {
  onShutdown(logger, await serve(config, logger));
  await collectWhenIdle(systemClock);
}
