import { type DynamicModule, Module } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { systemClock, systemRandom } from '#base';
import { FileDriver, OciRegistry, RegistryHttp, RegistryMetrics, type RegistryOptions } from '#registry';
import type { Logger } from '#telemetry';

@Module({})
export class AppModule {
  static with(options: { rootDir: string; logger: Logger; metrics: Registry; access?: RegistryOptions['access'] }): DynamicModule {
    const registry = new OciRegistry({
      driver: new FileDriver(options.rootDir),
      clock: systemClock,
      random: systemRandom,
      logger: options.logger,
      metrics: new RegistryMetrics(options.metrics),
      ...(options.access && { access: options.access }),
    });
    return { module: AppModule, controllers: [RegistryHttp], providers: [{ provide: OciRegistry, useValue: registry }] };
  }
}
