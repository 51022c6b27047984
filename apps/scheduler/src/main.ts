import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { AppModule, SchedulerProcess } from './app.module.ts';
import { readConfig } from './config.ts';

const config = await flagsOrExit('scheduler', readConfig);
const logger = createLogger('scheduler', { level: config.logLevel });
const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), { logger: false });
onShutdown(logger, () => app.close());
await app.get(SchedulerProcess).start();
await collectWhenIdle(systemClock);
