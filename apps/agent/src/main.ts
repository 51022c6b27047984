import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { AgentProcess, AppModule } from './app.module.ts';
import { readConfig } from './config.ts';

const config = await flagsOrExit('agent', readConfig);
const logger = createLogger('agent', { level: config.logLevel });
const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), { logger: false });
onShutdown(logger, () => app.close(), {
  /** The machine goes down in order: pods end too, within the time that the file says. */
  SIGUSR2: async () => {
    await app.get(AgentProcess).shutDown();
    await app.close();
  },
});
await app.get(AgentProcess).start();
await collectWhenIdle(systemClock);
