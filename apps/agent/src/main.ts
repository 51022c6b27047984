import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { collectWhenIdle, flagsOrExit, systemClock } from '#base';
import { createLogger, onShutdown } from '#telemetry';
import { AgentProcess, AppModule } from './app.module.ts';
import { readConfig } from './config.ts';

const config = await flagsOrExit('agent', readConfig);
const logger = createLogger('agent', { level: config.logLevel });
const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), { logger: false });
onShutdown(logger, () => app.close());
await app.get(AgentProcess).start();
await collectWhenIdle(systemClock);
