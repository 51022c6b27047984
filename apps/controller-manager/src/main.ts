import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { AppModule, ControllerManager } from './app.module.ts';
import { readConfig } from './config.ts';

const config = await flagsOrExit('controller-manager', readConfig);
const logger = createLogger('controller-manager', { level: config.logLevel });
const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), { logger: false });
onShutdown(logger, () => app.close());
await app.get(ControllerManager).start();
await collectWhenIdle(systemClock);
