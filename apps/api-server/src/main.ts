import 'reflect-metadata';
import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { startApiServer } from './app.module.ts';
import { readConfig } from './config.ts';

const config = await flagsOrExit('api-server', readConfig);
const logger = createLogger('api-server', { level: config.logLevel });
const server = await startApiServer(config, logger);
onShutdown(logger, () => server.close());
await collectWhenIdle(systemClock);
